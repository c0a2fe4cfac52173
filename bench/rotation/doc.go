// Command rotation rotates every sealing and signing key under load and counts what fails for it.
//
//	go run ./bench/rotation -rotations 10 [-database postgres://…]
//
// It runs the real server with a schedule of seconds (bench/rotation/server): a key is published for three seconds, used for
// four, and retired when what it made has ended. Meanwhile apps and a person get codes, tokens and consent pages, and use
// each at random moments of its life: sealed and JWT calls of the API, introspection, refreshes. A relying party verifies
// the JWTs with a key set that it fetches now and then, and never because of a kid that it does not know. On PostgreSQL two
// nodes answer at random.
//
// Then it revokes keys by the command line and measures how long until every node refuses what they made.
//
// It ends with status 1 if anything was refused that was good, or good for over a second after its key was revoked.
package main
