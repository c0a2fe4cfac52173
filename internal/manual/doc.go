// Package manual serves the documentation that errors and pages link to.
//
// The text is in the docs folder. draw, a program of its own, makes it HTML before the binary is built, so that no server
// carries a reader of Markdown; this room embeds what it made and puts it into pages. It may import F0 to F3.
package manual

//go:generate go run ./draw
