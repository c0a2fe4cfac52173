package policy

import (
	"launchpad/internal/core"
	"launchpad/oauth"
)

// MayAuthorize refuses an identity that may not authorize an app at all. An app in development, with a redirect URI
// that anybody on the way could read, is for its own team only; colleagues in the account are not its team.
func MayAuthorize(app core.App, identity core.ID, memberships []core.Membership) error {
	if app.InDevelopment() && !MayOnApp(AuthorizeUnproved, app, identity, memberships) {
		return oauth.AccessDenied("app_in_development", "this app is still in development, and only the team that builds it can authorize it")
	}
	return nil
}

// MayCreateAccount reports whether an identity may open a further account, by what the operator decided.
func MayCreateAccount(i core.Identity, who core.Creators) bool {
	return (i.Operator || who == core.CreatorsEveryone) && !i.Locked()
}

// ConsentRemembered reports whether a standing grant lets a request pass without asking again: the same app, the
// same or fewer scopes, and answers that go where they went when the person allowed it (ASVS 10.7.1). Never for an app
// that cannot prove who it is (RFC 8252 §8.6): anybody on this computer may use its name. Nor for one that came by itself:
// whoever sends its name may be anybody, too.
func ConsentRemembered(app core.App, grant core.Grant, asked []string) bool {
	return app.Confidential() && !app.Stranger() && grant.Scope.Covers(asked) && grant.UpdatedAt.After(app.RedirectsChangedAt)
}
