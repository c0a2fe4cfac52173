package oauth

import (
	"net/http"
	"strings"
)

// BearerHeader reads the token of an Authorization: Bearer header. RFC 6750 §2.1; the scheme is
// case-insensitive (RFC 9110 §11.1). ok is false if the header is absent; a header of another shape is an error.
func BearerHeader(h http.Header) (token string, ok bool, err error) {
	lines := h["Authorization"]
	if len(lines) == 0 {
		return "", false, nil
	}
	if len(lines) > 1 {
		return "", false, InvalidRequest("two_credentials", "the Authorization header was sent more than once; send one")
	}
	scheme, token, found := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		// RFC 6750 §3.1: wrong kind of credentials is "no authentication information" for us.
		return "", false, nil
	}
	if !found || !b64token(token) {
		return "", false, InvalidToken("malformed_bearer", "the Authorization header must be the word Bearer, one space and the token").Briefly(TokenInvalid)
	}
	return token, true, nil
}

// b64token: RFC 6750 §2.1. Every call of every API passes here, hence the table.
func b64token(s string) bool {
	trimmed := strings.TrimRight(s, "=")
	for i := range len(trimmed) {
		if !b64byte[trimmed[i]] {
			return false
		}
	}
	return trimmed != ""
}

var b64byte = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") {
		table[c] = true
	}
	return table
}()
