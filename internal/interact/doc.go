// Package interact carries one authorization request from room to room while the human signs in and consents.
//
// It owns the sealed record, its binding to the browser, and its end of life. Nothing is stored: the record
// travels in forms and addresses of our own. It may import F0 and keys.
package interact
