// Package imported recognises the tokens of another server that came with an import.
//
// It owns the question whether there can be any, and the way from the string that a client sends to what it stands for.
// It does not decide whether a token is good now, and brings none. It may import F0 to F2.
package imported
