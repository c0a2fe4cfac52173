// Package manual serves the documentation that errors and pages link to.
//
// The text is in the docs folder; this room only draws it. It may import F0 to F3 and docs.
package manual
