package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// MethodS256 is the only code challenge method here. RFC 9700 §2.1.1: "plain" gives the challenge away.
const MethodS256 = "S256"

// CheckChallenge validates the authorization request's half of PKCE. An empty challenge with an empty method is
// valid here; whether one is required is the profile's business.
func CheckChallenge(challenge, method string) error {
	switch {
	case challenge == "" && method == "":
		return nil
	case challenge == "":
		return InvalidRequest("pkce_challenge_missing", "code_challenge_method was sent without code_challenge")
	case method != MethodS256:
		// RFC 7636 §4.3: an absent method means plain, which is not accepted either.
		return InvalidRequest("pkce_method", "only code_challenge_method=S256 is accepted").Got(orAbsent(method), MethodS256)
	case len(challenge) != 43 || !unreserved(challenge, false):
		// RFC 7636 §4.2: BASE64URL(SHA256(verifier)) is always 43 characters without padding.
		return InvalidRequest("pkce_challenge_malformed", "code_challenge must be the base64url SHA-256 of the verifier: 43 characters, no padding")
	}
	return nil
}

// CheckVerifier validates the syntax of the token request's half. RFC 7636 §4.1: 43 to 128 unreserved characters.
func CheckVerifier(verifier string) error {
	if len(verifier) < 43 || len(verifier) > 128 || !unreserved(verifier, true) {
		return InvalidGrant("pkce_verifier_malformed", "code_verifier must be 43 to 128 characters out of A-Z a-z 0-9 - . _ ~")
	}
	return nil
}

// VerifierMatches compares in constant time. RFC 7636 §4.6.
func VerifierMatches(verifier, challenge string) bool {
	return subtle.ConstantTimeCompare([]byte(S256(verifier)), []byte(challenge)) == 1
}

// S256 derives the challenge of a verifier. RFC 7636 §4.2.
func S256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// unreserved tells base64url (without dot and tilde) and RFC 3986 §2.3 characters apart by withDots.
func unreserved(s string, withDots bool) bool {
	for i := range len(s) {
		c := s[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && c != '-' && c != '_' && !(withDots && (c == '.' || c == '~')) {
			return false
		}
	}
	return true
}

func orAbsent(s string) string {
	if s == "" {
		return "(absent)"
	}
	return clean(s)
}
