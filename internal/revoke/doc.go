// Package revoke is the revocation endpoint, /oauth/revoke (RFC 7009).
//
// Possession of the token is enough; client authentication, if it comes along, must be right and the token the
// client's own. It may import F0 to F3.
package revoke
