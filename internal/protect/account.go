package protect

import (
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

// AccountHeader names the account that a call means; answers carry it, too.
const AccountHeader = "Launchpad-Account"

// AccountSources say what may name the account that a call means, in the order in which they count.
var AccountSources = []string{fromPath, fromHost, fromHeader, fromGrant}

const (
	fromPath   = "path"
	fromHost   = "host"
	fromHeader = "header"
	fromGrant  = "grant"
)

// takes reports whether the account may be named so.
func (a *API) takes(source string) bool {
	return len(a.AccountFrom) == 0 || slices.Contains(a.AccountFrom, source)
}

// account decides which account a call means: the path's, else that of the host, else the header's, else the only one
// within reach, else the default; an API may leave some of these out. One outside the token's reach, or the person's, is
// refused like one that does not exist.
func (p *Rules) account(r *http.Request, api *API, named string, token access.Token) (core.Account, error) {
	reachable, err := p.reachable(r, token)
	if err != nil {
		return core.Account{}, err
	}
	if !api.takes(fromPath) {
		named = ""
	}
	if named == "" && api.takes(fromHost) {
		named, _ = p.AccountHosts.Account(r.Host)
	}
	if named == "" && api.takes(fromHeader) {
		named = r.Header.Get(AccountHeader)
	}
	if named != "" {
		for _, account := range reachable {
			if account.Slug == named || account.ID.String() == named {
				return account, nil
			}
		}
		return core.Account{}, oauth.InsufficientScope("account_not_allowed", "the token does not reach this account").
			Got(oauth.Printable(named), orNone(slugs(reachable)))
	}
	if account, ok := ofGrant(reachable, token.Reach.Default); ok && api.takes(fromGrant) {
		return account, nil
	}
	if len(reachable) == 0 {
		return core.Account{}, oauth.InsufficientScope("account_none", "the token reaches no account any more; ask the person to authorize the app again")
	}
	if !api.takes(fromGrant) {
		return core.Account{}, oauth.InvalidRequest("account_needed", "this API wants to be told which account is meant, by: %s", strings.Join(api.AccountFrom, ", ")).
			Got("no account", slugs(reachable))
	}
	return core.Account{}, oauth.InvalidRequest("account_needed", "the token reaches several accounts; say which one by the header %s", AccountHeader).
		Got("no account", slugs(reachable))
}

// ofGrant is the only account within reach, else the one that the person picked.
func ofGrant(reachable []core.Account, picked core.ID) (core.Account, bool) {
	if len(reachable) == 1 {
		return reachable[0], true
	}
	at := slices.IndexFunc(reachable, func(a core.Account) bool { return a.ID == picked })
	if at < 0 {
		return core.Account{}, false
	}
	return reachable[at], true
}

// reachable is what the token's reach and the person's memberships have in common, now.
func (p *Rules) reachable(r *http.Request, token access.Token) ([]core.Account, error) {
	if token.IdentityID.Zero() {
		app, err := p.app(r.Context(), token)
		if err != nil {
			return nil, err
		}
		return []core.Account{app.Publisher}, nil
	}
	memberships, err := p.Access.Memberships(r.Context(), token.IdentityID)
	if err != nil {
		return nil, err
	}
	return token.Reachable(memberships), nil
}

// app is the one that the token was made for.
func (p *Rules) app(ctx context.Context, token access.Token) (core.App, error) {
	app, err := p.Apps.ByID(ctx, token.AppID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return core.App{}, oauth.InvalidToken("access_token_revoked", "the app of this token does not exist any more")
	case err != nil:
		return core.App{}, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	return app, nil
}

func slugs(accounts []core.Account) string {
	names := make([]string, len(accounts))
	for i, account := range accounts {
		names[i] = account.Slug
	}
	return strings.Join(names, ", ")
}
