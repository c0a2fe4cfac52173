package protect

import (
	"net/http"

	"launchpad/internal/core"
)

// told names what an upstream is told of a call.
var told = [...]string{"Launchpad-Account", "Launchpad-Account-Slug", "Launchpad-Identity", "Launchpad-App", "Launchpad-Scope", "Launchpad-Resource", "Launchpad-Assertion"}

// Tell says of a call that was admitted who calls. Where there is nothing to say, the name is left out, or blank if that has to
// write over what somebody else said. The scope is always there.
func (p Passage) Tell(h http.Header, blank bool) {
	said := &[len(told)]string{p.Account.ID.String(), p.Account.Slug, named(p.Token.IdentityID), named(p.Token.AppID), p.Token.Scope.String(), p.Token.Audience, p.statement}
	for i, name := range told {
		if said[i] != "" || blank || name == "Launchpad-Scope" {
			h[name] = said[i : i+1 : i+1]
		}
	}
}

func named(id core.ID) string {
	if id.Zero() {
		return ""
	}
	return id.String()
}
