package policy

import (
	"slices"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// MayAuthorize refuses an identity that may not authorize an app at all. An app in development, with a redirect URI
// that anybody on the way could read, is for its own team only.
func MayAuthorize(app core.App, identity core.ID, memberships []core.Membership) error {
	team := app.OwnerID == identity || slices.ContainsFunc(memberships, func(m core.Membership) bool {
		return m.Account.ID == app.Publisher.ID
	})
	if app.InDevelopment() && !team {
		return oauth.AccessDenied("app_in_development", "this app is still in development, and only the team that builds it can authorize it")
	}
	return nil
}

// MayCreateAccount reports whether an identity may open a further account, by what the operator decided.
func MayCreateAccount(i core.Identity, who core.Creators) bool {
	return (i.Operator || who == core.CreatorsEveryone) && !i.Locked()
}

// ConsentRemembered reports whether a standing grant lets a request pass without asking again: the same app, the
// same or fewer scopes. Never for an app that cannot prove who it is (RFC 8252 §8.6): anybody on this computer
// may use its name.
func ConsentRemembered(app core.App, grant core.Grant, asked []string) bool {
	return app.Confidential() && grant.Scope.Covers(asked)
}
