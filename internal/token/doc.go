// Package token is the token endpoint, /oauth/token.
//
// The endpoint owns the phases, once for all grants: parse, grant, client, allowed, prove, mint, commit, write. A
// grant is one file with what is special about it and one line in grants.go; everything else it inherits and the
// contract test proves that it does. It may import F0 to F3.
package token
