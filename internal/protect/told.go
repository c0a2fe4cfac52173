package protect

import "launchpad/internal/core"

// Tell says of a call that was admitted, under each name, who calls; "" where there is nothing to say.
func (p Passage) Tell(say func(name, value string)) {
	say("Launchpad-Account", p.Account.ID.String())
	say("Launchpad-Account-Slug", p.Account.Slug)
	say("Launchpad-Identity", named(p.Token.IdentityID))
	say("Launchpad-App", named(p.Token.AppID))
	say("Launchpad-Scope", p.Token.Scope.String())
	say("Launchpad-Resource", p.Token.Audience)
	say("Launchpad-Assertion", p.statement)
}

func named(id core.ID) string {
	if id.Zero() {
		return ""
	}
	return id.String()
}
