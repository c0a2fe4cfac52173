// Package keys owns the signing and sealing keys: it makes them on first use, keeps them in the store encrypted
// under the master key, publishes the public ones, and seals and opens each kind of token.
//
// It does not decide what goes into a token, nor whether an opened one is still good. It may import F0 and the
// store.
package keys
