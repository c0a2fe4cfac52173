// Package lptest gives tests a running server with a clock that they move, on every engine at hand, and a browser
// and flows to talk to it.
//
// SQLite is always at hand. PostgreSQL is when LAUNCHPAD_TEST_POSTGRES names a server on which databases may be
// created; LAUNCHPAD_TEST_REQUIRE=postgres makes its absence a failure, so that a run that was meant for both
// engines cannot pass with one.
package lptest
