package token

import (
	"context"

	"launchpad/internal/core"
	"launchpad/internal/protect"
	"launchpad/oauth"
)

// RFC 6749 §4.4. The app acts for itself, within the account that publishes it; no refresh token: RFC 6749 §4.4.3.
var clientCredentials = Grant{
	Type: "client_credentials",
	Allowed: func(app core.App) error {
		switch {
		case !app.Confidential():
			// RFC 6749 §4.4: MUST only be used by confidential clients.
			return oauth.UnauthorizedClient("client_credentials_public", "an app without a secret cannot use client_credentials")
		case !app.ClientCredentials:
			return oauth.UnauthorizedClient("client_credentials_off", "client_credentials is not switched on for this app; an operator can do so on the app's page")
		}
		return nil
	},
	Prove: func(t *Room, _ context.Context, r Request) (Proof, error) {
		allowed := r.App.MayAsk(t.Published)
		asked, err := oauth.ParseScope(r.Form.Get("scope"))
		if err != nil {
			return Proof{}, err
		}
		if !allowed.Covers(asked) {
			return Proof{}, oauth.InvalidScope("scope_not_allowed", "this app may not ask for: %s", asked.Minus(allowed)).Got(asked.String(), allowed.String())
		}
		target, err := t.Resources.One(r.Form)
		switch {
		case err != nil:
			return Proof{}, err
		case target != nil:
			asked, err = protect.Targets{target}.Scope(asked, allowed)
		case len(asked) == 0:
			asked = t.Resources.Usual(allowed)
		}
		account := r.App.Publisher.ID
		return Proof{Scope: asked, Target: target, Reach: core.Reach{Accounts: []core.ID{account}, Default: account}}, err
	},
}
