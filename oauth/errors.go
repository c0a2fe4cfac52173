package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Error is a protocol error in two halves. Code, Slug, Description and the hints go to the caller; the cause
// stays with the operator's log. Only a surface writes an Error to the wire.
type Error struct {
	Code        string // from the specification, e.g. "invalid_grant"
	Slug        string // stable name of the case, a heading in docs/errors.md
	Description string // for the integrating developer: what was wrong and how to mend it
	Brief       string // in place of the description in a challenge, where clients compare all of it
	Received    string // what arrived, if it is not secret
	Expected    string // what should have arrived
	Status      int
	Scope       string        // RFC 6750 §3: the scopes that the resource needs
	Scheme      string        // authentication scheme of the challenge that goes along, or ""
	Metadata    string        // RFC 9728 §5.1: where the metadata of the API lies, for the challenge
	RetryAfter  time.Duration // for passing faults
	Allow       string        // RFC 9110 §15.5.6: methods of a 405
	Quota       Quota         // what was used up, of a 429

	cause error
}

func (e *Error) Error() string {
	s := e.Code + " (" + e.Slug + "): " + e.Description
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives the private half.
func (e *Error) Unwrap() error { return e.cause }

// Because attaches the private half: logged, never sent.
func (e *Error) Because(cause error) *Error { e.cause = cause; return e }

// Got records what arrived and what should have. Neither may hold a secret.
func (e *Error) Got(received, expected string) *Error {
	e.Received, e.Expected = received, expected
	return e
}

// WithStatus replaces the status that the code has by default.
func (e *Error) WithStatus(status int) *Error { e.Status = status; return e }

// WithScope names the scopes that would have been enough.
func (e *Error) WithScope(scope string) *Error { e.Scope = scope; return e }

// Briefly gives the sentence by which clients know the case.
func (e *Error) Briefly(sentence string) *Error { e.Brief = sentence; return e }

func newError(status int, code, slug, format string, args []any) *Error {
	return &Error{Status: status, Code: code, Slug: slug, Description: clean(fmt.Sprintf(format, args...))}
}

// InvalidRequest: a parameter is missing, repeated, malformed or contradicts another. RFC 6749 §5.2.
func InvalidRequest(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "invalid_request", slug, format, args)
}

// InvalidClient: client authentication failed. RFC 6749 §5.2 wants 401 with the scheme the client used.
func InvalidClient(slug, format string, args ...any) *Error {
	e := newError(http.StatusUnauthorized, "invalid_client", slug, format, args)
	e.Scheme = "Basic"
	return e
}

// InvalidGrant: the code or refresh token is unknown, expired, revoked, used, or another client's. RFC 6749 §5.2.
func InvalidGrant(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "invalid_grant", slug, format, args)
}

// UnauthorizedClient: this client may not use this grant or act. RFC 6749 §5.2.
func UnauthorizedClient(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "unauthorized_client", slug, format, args)
}

// UnsupportedGrantType: no grant of that name. RFC 6749 §5.2.
func UnsupportedGrantType(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "unsupported_grant_type", slug, format, args)
}

// UnsupportedResponseType: no response type of that name. RFC 6749 §4.1.2.1.
func UnsupportedResponseType(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "unsupported_response_type", slug, format, args)
}

// InvalidScope: unknown, malformed or more than was granted. RFC 6749 §5.2.
func InvalidScope(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "invalid_scope", slug, format, args)
}

// AccessDenied: the person, or a rule, said no. RFC 6749 §4.1.2.1.
func AccessDenied(slug, format string, args ...any) *Error {
	return newError(http.StatusForbidden, "access_denied", slug, format, args)
}

// LoginRequired: prompt=none, and nobody is signed in. OIDC Core §3.1.2.6.
func LoginRequired(slug, format string, args ...any) *Error {
	return newError(http.StatusForbidden, "login_required", slug, format, args)
}

// ConsentRequired: prompt=none, and the person has not yet agreed. OIDC Core §3.1.2.6.
func ConsentRequired(slug, format string, args ...any) *Error {
	return newError(http.StatusForbidden, "consent_required", slug, format, args)
}

// InvalidToken: the access token is expired, revoked or malformed. RFC 6750 §3.1.
func InvalidToken(slug, format string, args ...any) *Error {
	e := newError(http.StatusUnauthorized, "invalid_token", slug, format, args)
	e.Scheme = "Bearer"
	return e
}

// What Doorkeeper, and so the clients of its portals, call what is wrong with a token.
const (
	TokenExpired = "The access token expired"
	TokenRevoked = "The access token was revoked"
	TokenInvalid = "The access token is invalid"
)

// InsufficientScope: the token is good but does not allow this. RFC 6750 §3.1.
func InsufficientScope(slug, format string, args ...any) *Error {
	e := newError(http.StatusForbidden, "insufficient_scope", slug, format, args)
	e.Scheme = "Bearer"
	return e
}

// InvalidClientMetadata: what an app says of itself at its registration cannot stand. RFC 7591 §3.2.2.
func InvalidClientMetadata(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "invalid_client_metadata", slug, format, args)
}

// InvalidRedirectURI: a redirect URI that must not be registered. RFC 7591 §3.2.2.
func InvalidRedirectURI(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "invalid_redirect_uri", slug, format, args)
}

// MethodNotAllowed is plain HTTP (RFC 9110 §15.5.6) in the shape of the other errors.
func MethodNotAllowed(allow string) *Error {
	e := newError(http.StatusMethodNotAllowed, "invalid_request", "method_not_allowed", "this endpoint answers %s only", []any{allow})
	e.Allow = allow
	return e
}

// NotFound is for pages and APIs; its code is the closest the specifications have.
func NotFound(slug, format string, args ...any) *Error {
	return newError(http.StatusNotFound, "invalid_request", slug, format, args)
}

// BadGateway: what stands behind this server did not answer it. RFC 9110 §15.6.3; the code is the closest there is.
func BadGateway(slug, format string, args ...any) *Error {
	return newError(http.StatusBadGateway, "temporarily_unavailable", slug, format, args)
}

// Unavailable is a passing fault. It must never look like invalid_grant: clients delete their tokens on that. A cause that
// says itself what to answer stays what it is.
func Unavailable(cause error) *Error {
	if e, ok := errors.AsType[*Error](cause); ok {
		return e
	}
	e := newError(http.StatusServiceUnavailable, "temporarily_unavailable", "temporarily_unavailable",
		"the server cannot answer right now; keep your tokens and try again in a few seconds", nil)
	e.RetryAfter = 2 * time.Second
	return e.Because(cause)
}

// TooManyRequests asks to wait. RFC 6585 §4: 429, and Retry-After says for how long; the code is the one of RFC 6749
// §4.1.2.1 that clients try again on.
func TooManyRequests(slug string, wait time.Duration, format string, args ...any) *Error {
	e := newError(http.StatusTooManyRequests, "temporarily_unavailable", slug, format, args)
	e.RetryAfter = (wait + time.Second - 1).Truncate(time.Second) // it is told in whole seconds, and must be enough
	return e
}

// Under names the limit that was met.
func (e *Error) Under(q Quota) *Error { e.Quota = q; return e }

// ServerError is what an unknown error becomes: a fixed sentence, the cause for the log only.
func ServerError(cause error) *Error {
	return newError(http.StatusInternalServerError, "server_error", "server_error",
		"something went wrong on our side; the trace id helps us find it", nil).Because(cause)
}

// Challenge asks a caller that sent no credentials at all for some. RFC 6750 §3.1: then no error code is sent.
func Challenge(slug, format string, args ...any) *Error {
	e := newError(http.StatusUnauthorized, "", slug, format, args)
	e.Scheme = "Bearer"
	return e
}

// AsError gives err as an Error: itself if it is one, else server_error.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return ServerError(err)
}

// Sentence is the description together with what was received and expected, for the wire.
func (e *Error) Sentence() string {
	if e.Received == "" && e.Expected == "" {
		return e.Description
	}
	return e.Description + " (received: " + clean(e.Received) + "; expected: " + clean(e.Expected) + ")"
}

// URI is the page of this server that explains the error. RFC 6749 §5.2: error_uri.
func (e *Error) URI(issuer string) string { return issuer + "/docs/errors/" + e.Slug }

// Printable makes text from outside fit to be shown in an error.
func Printable(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	return clean(s)
}

// clean keeps a description inside the characters that RFC 6749 §5.2 allows (%x20-21 / %x23-5B / %x5D-7E):
// quotes become apostrophes, anything else outside becomes a question mark.
func clean(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c == '"':
			b[i] = '\''
		case c == '\\':
			b[i] = '/'
		case c < 0x20 || c > 0x7e:
			b[i] = '?'
		}
	}
	return string(b)
}
