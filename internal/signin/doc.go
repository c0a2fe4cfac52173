// Package signin is the room where people prove who they are: the sign-in page, signing out, and the one-time link
// that makes the first operator.
//
// It draws the pages and reads the forms; the acts are session's. It may import F0 to F3.
package signin
