// Command feed times how soon the library refuses what was revoked.
//
//	go run ./bench/feed [-n 1000]                          one process, embedded database
//	go run ./bench/feed -database postgres://… [-n 1000]   two nodes; the library hears the one that did not revoke
//
// Tokens, every other one a JWT, are used through the library, which keeps what it knows of them; then they are revoked, and
// the time goes from the server's answer to the library's first refusal. It ends with status 1 if any took a second or more.
package main
