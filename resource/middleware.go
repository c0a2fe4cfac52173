package resource

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"launchpad/oauth"
)

// Need is what an operation asks of a token.
type Need struct {
	// Scopes are all that the operation needs.
	Scopes []string
	// Account: the operation is about one account, which AccountOf then gives.
	Account bool
	// ACR lists the ways of signing in of which one is enough, the best first; none: any. RFC 9470 §3. The tokens of this
	// version of the server say nothing of it, so whoever sets it refuses them all.
	ACR []string
	// MaxAge is how long ago the person may have signed in; 0: whenever. RFC 9470 §3. The tokens of this version of the
	// server do not say it, and what is not said counts as too long ago: whoever sets it refuses them all.
	MaxAge time.Duration
}

// Require lets calls pass that bring a good token which the operation may be done with. Everybody else is told what is
// missing, in a challenge that clients can act on.
func (v *Verifier) Require(need Need) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, refusal := v.admit(r, need)
			if refusal != nil {
				v.refuse(w, need, refusal)
				return
			}
			h := w.Header()
			// RFC 9111 §3.5: what one caller may see is not for the next one.
			h.Set("Cache-Control", "private")
			h.Add("Vary", "Authorization, "+AccountHeader)
			if c.account != (Account{}) {
				h.Set(AccountHeader, or(c.account.Slug, c.account.ID))
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
		})
	}
}

type callKey struct{}

// call is what was found out about a request.
type call struct {
	token   *Token
	account Account
}

// TokenOf gives the token of a call that Require has let pass; nil otherwise.
func TokenOf(ctx context.Context) *Token {
	c, _ := ctx.Value(callKey{}).(call)
	return c.token
}

// AccountOf gives the account that a call is about; the zero Account if the operation asked for none.
func AccountOf(ctx context.Context) Account {
	c, _ := ctx.Value(callKey{}).(call)
	return c.account
}

// admit is the whole decision, in its order: credentials, token, proof, scopes, sign-in, account.
func (v *Verifier) admit(r *http.Request, need Need) (call, *refusal) {
	presented, refusal := present(r)
	if refusal != nil {
		return call{}, refusal
	}
	t, err := v.verify(r.Context(), presented.token)
	switch {
	case errors.Is(err, ErrInvalid):
		return call{}, invalidToken("The access token is unknown, expired, revoked, or not for this API")
	case err != nil:
		v.o.Log.Warn("a token could not be verified", "cause", err)
		return call{}, unavailable()
	}
	if refusal := v.bound(r, presented, t); refusal != nil {
		return call{}, refusal
	}
	if !t.Scope.Covers(oauth.Scopes(need.Scopes...)) {
		return call{}, v.insufficientScope(need, t)
	}
	if refusal := v.signedInWell(need, t); refusal != nil {
		return call{}, refusal
	}
	c := call{token: t}
	if need.Account {
		if c.account, refusal = v.accountOf(r, presented.token, t); refusal != nil {
			return call{}, refusal
		}
	}
	return c, nil
}

// presented is a token as it came.
type presented struct {
	token string
	proof bool // by the scheme DPoP
}

// present reads the token. It comes in the header alone: addresses end up in logs, and the body is the operation's.
func present(r *http.Request) (presented, *refusal) {
	elsewhere := inQuery(r.URL.RawQuery)
	lines := r.Header["Authorization"]
	if len(lines) > 1 || len(lines) == 1 && elsewhere {
		// RFC 6750 §2: clients MUST NOT use more than one method.
		return presented{}, invalidRequest("the token came in more than one way; send it once, in the Authorization header")
	}
	if len(lines) == 1 {
		if scheme, token, found := strings.Cut(lines[0], " "); found && strings.EqualFold(scheme, "DPoP") {
			// RFC 9449 §7.1: the token has the same shape as after Bearer.
			if bearer, ok, err := oauth.BearerHeader(http.Header{"Authorization": {"Bearer " + token}}); ok && err == nil {
				return presented{bearer, true}, nil
			}
			return presented{}, invalidToken("The Authorization header must be the word DPoP, one space and the token")
		}
	}
	token, ok, err := oauth.BearerHeader(r.Header)
	switch {
	case err != nil:
		return presented{}, invalidToken("The Authorization header must be the word Bearer, one space and the token")
	case ok:
		return presented{token, false}, nil
	case elsewhere:
		return presented{}, invalidToken("The token came in the address, where this API takes none; send it in the Authorization header")
	}
	// RFC 6750 §3.1: who brings no credentials is told no error.
	return presented{}, &refusal{status: http.StatusUnauthorized}
}

func inQuery(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && name == "access_token" {
			return true
		}
	}
	return false
}

// signedInWell: RFC 9470 §3. What a token does not say counts as not so.
func (v *Verifier) signedInWell(need Need, t *Token) *refusal {
	switch {
	case len(need.ACR) > 0 && !slices.Contains(need.ACR, t.ACR):
		return stepUp("The operation needs another way of signing in")
	case need.MaxAge > 0 && (t.AuthTime.IsZero() || v.o.Now().Sub(t.AuthTime) > need.MaxAge):
		return stepUp("The operation needs a more recent sign-in")
	}
	return nil
}
