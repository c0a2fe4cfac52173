package heritage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/oauth"
)

// How tokens come: as RFC 6750 has it, and as the drafts before it had it. Libraries of those years sent the same token in
// two ways at once, to be understood by servers of either kind.

// parameters may hold a token. RFC 6750 §2.3 has the first; drafts 13 and later had the second, those before the third.
var parameters = []string{"access_token", "bearer_token", "oauth_token"}

// Present reads the token of a call. Nearly every one has the one header and nothing else.
func (d *Door) Present(h http.Header, r *http.Request) (access.Presented, error) {
	p, err := fromHeader(r.Header)
	if r.URL.RawQuery != "" {
		err = errors.Join(err, fromQuery(h, r, &p))
	}
	switch {
	case err != nil:
		return access.Presented{}, oauth.AsError(err)
	case p.Token == "":
		// RFC 6750 §3.1: no error code where no credentials were sent.
		return access.Presented{}, oauth.Challenge("token_missing_at_api", "this call needs an access token: send Authorization: Bearer and the token")
	}
	return p, nil
}

func fromHeader(h http.Header) (access.Presented, error) {
	token, found, err := oauth.BearerHeader(h)
	if found || err != nil || len(h["Authorization"]) == 0 {
		return access.Presented{Token: token}, err
	}
	scheme, rest, _ := strings.Cut(h["Authorization"][0], " ")
	switch {
	case strings.EqualFold(scheme, "OAuth"):
		token = rest
	case strings.EqualFold(scheme, "Token"):
		token = tokenParameter(rest)
	default:
		return access.Presented{}, nil
	}
	// What is inside is spelled like what Bearer takes.
	token, _, err = oauth.BearerHeader(http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		return access.Presented{}, oauth.InvalidToken("malformed_old_header", "the Authorization header holds no token; better than %s, send the word Bearer, one space and the token", scheme).Briefly(oauth.TokenInvalid)
	}
	return access.Presented{Token: token, Scheme: scheme}, nil
}

// tokenParameter finds the token among the parameters of draft 5's header, quoted or not.
func tokenParameter(list string) string {
	for pair := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if name != "token" {
			continue
		}
		if inner, quoted := strings.CutPrefix(value, `"`); quoted {
			inner, closed := strings.CutSuffix(inner, `"`)
			if !closed {
				return ""
			}
			return inner
		}
		return value
	}
	return ""
}

func fromQuery(h http.Header, r *http.Request, p *access.Presented) error {
	form, err := oauth.ReadQuery(r)
	if err != nil || slices.ContainsFunc(parameters, form.Has) {
		protect(h) // good or bad, and also if nobody can tell
	}
	if err != nil {
		return err
	}
	if err := form.Once(parameters...); err != nil {
		return err
	}
	for _, name := range parameters {
		token := form.Get(name)
		if token == "" {
			continue
		}
		if p.Token != "" && p.Token != token {
			return twoTokens("two different tokens came along; send one, in the Authorization header")
		}
		p.Twice = p.Token != ""
		p.Token, p.Parameter = token, name
	}
	return nil
}

func twoTokens(sentence string) *oauth.Error {
	e := oauth.InvalidRequest("two_tokens", "%s", sentence).Got("two tokens", "one, in the Authorization header")
	e.Scheme = "Bearer"
	return e
}

// MayPresent: RFC 6750 §2 allows one method for each request, and tokens in addresses end up in logs and histories. So only
// those who were promised more may: apps of the profile draft5 everything; people with their own tokens the two parameters
// that old portals had; apps whose profile has it the one of RFC 6750.
func (d *Door) MayPresent(ctx context.Context, h http.Header, p access.Presented, t access.Token) error {
	ways := waysOf(p)
	if len(ways) == 0 {
		return nil
	}
	if err := d.promised(ctx, p, t); err != nil {
		return err
	}
	for _, way := range ways {
		if err := d.OldWays.Refusal(way); err != nil {
			return err
		}
	}
	for _, way := range ways {
		d.OldWays.Went(h, t.AppID, way)
	}
	return nil
}

// waysOf lists the old ways that a token came. A library that sends it in two ways at once goes both, and is refused once
// either has ended: it will not stop sending the one.
func waysOf(p access.Presented) (ways []core.OldWay) {
	if p.InQuery() {
		ways = append(ways, core.OldQueryToken)
	}
	if p.Scheme != "" {
		ways = append(ways, core.OldTokenScheme)
	}
	return ways
}

// protect marks answers to secrets in the query, good or bad: nobody may keep or pass on the address.
func protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	// Such an address can be opened in a browser: then whatever the API answers must not act as a page of ours.
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
}

// protected marks all answers to requests with a query, for endpoints where it can only hold secrets.
func protected(inner handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.RawQuery != "" {
			protect(w.Header())
		}
		return inner(w, r)
	}
}

// promised reports whether whoever holds the token may bring it so.
func (d *Door) promised(ctx context.Context, p access.Presented, t access.Token) error {
	profile := core.ProfileOAuth2 // people's own tokens
	if !t.Personal {
		app, err := d.appOf(ctx, t)
		if err != nil {
			return err
		}
		profile = app.Profile
	}
	switch {
	case profile == core.ProfileDraft5:
		return nil
	case p.Twice:
		return twoTokens("the token came twice; send it once, in the Authorization header")
	case p.Scheme != "", p.InQuery() && p.Parameter != "access_token" && !(t.Personal && p.Parameter == "bearer_token"):
		return oauth.InvalidToken("old_way_refused", "a token of this app is not taken in this way, which is older than the specification; send the word Bearer, one space and the token in the Authorization header").
			Got(cmp.Or(p.Scheme, p.Parameter), "Authorization: Bearer")
	case !profile.Rules().QueryTokens:
		return oauth.InvalidToken("query_token_refused", "this app's tokens are taken in the Authorization header only").Got("a token in the query", "Authorization: Bearer")
	}
	return nil
}

func (d *Door) appOf(ctx context.Context, t access.Token) (core.App, error) {
	app, err := d.Apps.ByID(ctx, t.AppID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return app, oauth.InvalidToken("access_token_revoked", oauth.TokenRevoked+". Its app does not exist any more").Briefly(oauth.TokenRevoked)
	case err != nil:
		return app, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	return app, nil
}
