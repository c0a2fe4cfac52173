// Package keys owns the signing and sealing keys: it makes them on first use and then on schedule, keeps them in the
// store encrypted under the master key, publishes the public ones, follows what other processes do to them, and seals
// and opens each kind of token.
//
// A key is published, then active, then retiring while what was made with it lives, then retired and at last destroyed;
// schedule.go derives all of that from the rows and the clock. It does not decide what goes into a token, nor whether
// an opened one is still good, nor where the master key comes from. It may import F0 and the store.
package keys
