// Package core holds the nouns of Launchpad, their identifiers, the sentinels that every floor understands, and
// the clock.
//
// It owns no behaviour beyond questions a noun can answer about itself (Expired, Confidential). It does no I/O
// and may import only oauth.
package core
