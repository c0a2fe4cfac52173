package protect

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Apps looks apps up.
type Apps interface {
	ByID(ctx context.Context, id core.ID) (core.App, error)
}

// Rules decide about calls.
type Rules struct {
	Issuer       string
	AccountHosts core.AccountHosts
	Access       *access.Verifier
	Tokens       Credentials
	Apps         Apps
	Limit        Limit
}

// Limit counts a call, and tells in the header of the answer where its caller stands. identity is zero if the app acts for
// itself; api is the API's label, and path the declared one.
type Limit func(h http.Header, record *web.Record, app, identity, account core.ID, api, path string) error

// Passage is what is known of a call that may pass.
type Passage struct {
	API     *API
	Token   access.Token
	Account core.Account // that the call means
	Sent    string       // the token as it came; "": a person in a browser

	statement string // to the upstream; see Assertions
}

// Admit decides about a call of a route. The order is the one of the design: token, account, scope, rate. named is the account
// that the path names, if it does. What the caller is to be told beside the decision goes into h, the header of the answer.
// Its errors are *oauth.Error.
func (p *Rules) Admit(h http.Header, r *http.Request, api *API, route *Route, named string, record *web.Record) (Passage, error) {
	passage, err := p.admit(h, r, api, route, named, record)
	if err != nil {
		return Passage{}, p.challenged(err, api, route, passage.Token)
	}
	return passage, nil
}

// admit gives the token along with a refusal once it is verified and meant for the API.
func (p *Rules) admit(h http.Header, r *http.Request, api *API, route *Route, named string, record *web.Record) (Passage, error) {
	presented, err := p.Tokens.Present(h, r)
	if err != nil {
		return Passage{}, err
	}
	if presented.InQuery() {
		// Before it is looked at: where none is taken, nobody learns whether it is good.
		if err := queryAllowed(api); err != nil {
			return Passage{}, err
		}
	}
	token, err := p.Access.Verify(r.Context(), presented.Token)
	if err != nil {
		return Passage{}, err
	}
	record.AppID = token.AppID
	if err := p.Tokens.MayPresent(r.Context(), h, presented, token); err != nil {
		return Passage{}, err
	}
	if err := Audience(api, token); err != nil {
		return Passage{}, err
	}
	if err := p.admitsApp(r.Context(), api, token); err != nil {
		return Passage{}, err
	}
	known := Passage{API: api, Token: token, Sent: presented.Token}
	account, err := p.account(r, api, named, token)
	if err != nil {
		return known, err
	}
	if !allows(token.Scope, route.Scope) {
		return known, oauth.InsufficientScope("scope_missing", "the token does not have the scope %s, which this call needs; authorize the app again and ask for it", route.Scope).
			Got(orNone(token.Scope.String()), route.Scope).WithScope(route.Scope)
	}
	if err := p.Limit(h, record, token.AppID, token.IdentityID, account.ID, api.Label(), route.Path); err != nil {
		return known, err
	}
	known.Account = account
	return known, nil
}

// Lasts reports whether a call that was admitted might still pass, for answers that go on and on.
func (p *Rules) Lasts(r *http.Request, route *Route, passage Passage) error {
	token, err := p.Access.Verify(r.Context(), passage.Sent)
	if err != nil {
		return err
	}
	reachable, err := p.reachable(r, token)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(reachable, func(a core.Account) bool { return a.ID == passage.Account.ID }) || !allows(token.Scope, route.Scope) {
		return oauth.InvalidToken("access_token_revoked", "the access that the token stands for was taken back")
	}
	return nil
}

// allows reports whether a token has every scope that is needed.
func allows(has oauth.Scope, needed string) bool {
	if needed == "" {
		return true
	}
	for scope := range strings.SplitSeq(needed, " ") {
		if !has.Has(scope) {
			return false
		}
	}
	return true
}

func orNone(s string) string {
	if s == "" {
		return "no scope"
	}
	return s
}
