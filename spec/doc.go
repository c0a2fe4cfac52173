// Command spec writes docs/spec-index.md: which section of which specification is enforced where, and which test holds
// it. Its own test fails if the page is old, if the code cites what is not in the list of known sections, or a range of attacks
// in place of those that are tested, and if a test of the protocol names neither a section nor an attack.
//
//	go run ./spec
package main
