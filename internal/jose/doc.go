// Package jose signs and verifies JWTs and prints public keys, over one library and with a fixed list of
// algorithms.
//
// It owns the algorithm list and strict parsing; it does not own keys (keys does) or claims (mint does). It may
// import core and secret.
package jose
