// Package mint makes token answers: it puts claims together and seals or signs them.
//
// It owns lifetimes and the token response's members. It reads and writes no storage, so nothing it does can be
// inside a transaction. It may import F0 and keys.
package mint
