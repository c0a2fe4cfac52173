// Package secret makes, recognises, digests, compares, seals and opens secrets.
//
// It is the only user of crypto/rand. It owns the form of every string that must not be guessed, and the hash of
// passwords; it does not know what a secret is for, where it is stored, or who holds it. It may import oauth and
// core.
package secret
