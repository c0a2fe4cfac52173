package token

import (
	"context"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/oauth"
)

// Grant is what one grant_type adds to the endpoint.
type Grant struct {
	Type       string
	Parameters []string                                             // its own, each of which may come once
	Allowed    func(core.App) error                                 // may this app use the grant at all?
	Prove      func(*Room, context.Context, Request) (Proof, error) // read and decide; nothing is written here
}

// grants is the plug-board. Metadata, refusal of repeated parameters and the contract test derive from it.
var grants = []Grant{
	authorizationCode,
	refreshToken,
	clientCredentials,
}

// Request is a token request whose client is proved.
type Request struct {
	Form  oauth.Form
	App   core.App
	Again bool // an earlier attempt lost its race
}

// Proof is what a grant found out.
type Proof struct {
	Scope   oauth.Scope
	Reach   core.Reach
	Target  *protect.Target    // RFC 8707: the API that the token is for; nil: it is bound to none
	Refresh *keys.RefreshToken // to hand out along; nil: the app acts for itself
	Outcome string             // for the log and the metrics, if there is more than one good way
	// Commit writes what makes the answer true, in one conditional statement; nil if nothing has to be written.
	// core.ErrConflict: somebody was faster, and Prove has to look again.
	Commit func(context.Context) error
}

// Grants lists the grants, for the test that each inherits what the endpoint owns.
func Grants() []Grant { return grants }

// Types lists the grant types for the metadata.
func Types() []string {
	list := make([]string, len(grants))
	for i, g := range grants {
		list[i] = g.Type
	}
	return list
}
