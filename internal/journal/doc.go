// Package journal is the process's log: JSON lines, written together a few times a second.
//
// It owns the stream and its buffer, and how a line is spelled so that nothing in it can end it, forge another one, or
// speak to a terminal. What a line may say is decided by who writes it (server/seen.go). It knows nobody.
package journal
