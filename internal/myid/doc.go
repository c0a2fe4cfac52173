// Package myid is the room where people look after their own ID: name, password, where they are signed in, what is held
// about them, and its end.
//
// It owns these pages and the shape of the export. Sessions are session's, what may be a password is policy's. It may
// import F0 to F3.
package myid
