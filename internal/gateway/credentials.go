package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/oauth"
)

// presented is how a token came.
type presented struct {
	token   string
	inQuery bool
}

// credentials reads the token. RFC 6750 §2: one method only.
func credentials(r *http.Request) (presented, error) {
	header, inHeader, err := oauth.BearerHeader(r.Header)
	if err != nil {
		return presented{}, err
	}
	query, inQuery, err := fromQuery(r)
	switch {
	case err != nil:
		return presented{}, err
	case inHeader && inQuery:
		e := oauth.InvalidRequest("two_tokens", "the token came twice, in the Authorization header and in the query; send it once").Got("header and query", "the header")
		e.Scheme = "Bearer"
		return presented{}, e
	case inHeader:
		return presented{token: header}, nil
	case inQuery:
		return presented{token: query, inQuery: true}, nil
	}
	// RFC 6750 §3.1: no error code where no credentials were sent.
	return presented{}, oauth.Challenge("token_missing_at_api", "this call needs an access token: send Authorization: Bearer and the token")
}

// fromQuery: RFC 6750 §2.3.
func fromQuery(r *http.Request) (string, bool, error) {
	if r.URL.RawQuery == "" {
		return "", false, nil
	}
	form, err := oauth.ReadQuery(r)
	if err != nil {
		return "", false, err
	}
	if err := form.Once("access_token"); err != nil {
		return "", false, err
	}
	token := form.Get("access_token")
	return token, token != "", nil
}

// queryAllowed: tokens in addresses end up in logs and histories, so only those who were promised it may: people
// with their own tokens, and apps of a profile that has it, at APIs that take it.
func (g *Room) queryAllowed(ctx context.Context, api API, token access.Token) error {
	if !api.QueryTokens {
		return oauth.InvalidToken("query_token_refused", "this API takes tokens in the Authorization header only").Got("?access_token=", "Authorization: Bearer")
	}
	if token.Personal {
		return nil
	}
	app, err := g.Apps.ByID(ctx, token.AppID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return oauth.InvalidToken("access_token_revoked", "the app of this token does not exist any more")
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("load app: %w", err))
	case !app.Profile.Rules().QueryTokens:
		return oauth.InvalidToken("query_token_refused", "this app's tokens are taken in the Authorization header only").Got("?access_token=", "Authorization: Bearer")
	}
	return nil
}

// protect marks answers to tokens in the query: nobody may keep or pass on the address.
func protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	// An address with a token can be opened in a browser: then whatever the API answers must not act as a page of ours.
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
}
