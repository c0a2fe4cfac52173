package protect

import (
	"net/http"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/internal/web"
)

// AdmitPerson decides about a call of somebody who is signed in, without an app in between: what a token would narrow is
// whole. The account is chosen as for a token; the default is the first that the person belongs to. Its errors are
// *oauth.Error.
func (p *Rules) AdmitPerson(h http.Header, r *http.Request, match Match, record *web.Record, identity core.ID) (Passage, error) {
	memberships, err := p.Access.Memberships(r.Context(), identity)
	if err != nil {
		return Passage{}, err
	}
	token := access.Token{AccessToken: core.AccessToken{IdentityID: identity, Reach: core.Reach{All: true}}}
	if len(memberships) > 0 {
		token.Reach.Default = memberships[0].Account.ID
	}
	account, err := p.account(r, match.API, match.Account, token)
	if err != nil {
		return Passage{}, err
	}
	// Where an app's calls are counted together, a person's are.
	if err := p.Limit(h, record, identity, identity, account.ID, match.API.Label(), match.Route.Path); err != nil {
		return Passage{}, err
	}
	return Passage{API: match.API, Token: token, Account: account}, nil
}
