package oracle

import (
	"launchpad/bench/drive"
)

// How often the clients that speak for apps do what.
const (
	leavesCode     = 0.1 // the code is not redeemed
	revokesRefresh = 0.2
	revokesAccess  = 0.2
	calls          = 0.3 // the API, which confirms that the tokens arrived
	breaksChain    = 0.02
	revokesInChain = 0.05
	revokesMachine = 0.3
)

// beginCodes runs code flows of both kinds of app and revokes some of what it gets.
func beginCodes(c *client, _ []family) turn {
	return func() error {
		app := c.facts.Apps.Web
		if c.chance(0.5) {
			app = c.facts.Apps.Public
		}
		id := c.subject()
		code, err := c.authorize(id, app)
		if err != nil || c.chance(leavesCode) {
			return err
		}
		got, err := c.redeem(id, app, code, false)
		switch dice := c.rand.Float64(); {
		case err != nil:
			return err
		case dice < revokesRefresh:
			return c.revoke(revokeRefresh, id, app, got.Refresh)
		case dice < revokesRefresh+revokesAccess:
			return c.revoke(revokeAccess, id, app, got.Access)
		case dice < revokesRefresh+revokesAccess+calls:
			return c.use(id, got.Access)
		}
		return nil
	}
}

// beginChain refreshes one sign-in over and over, also across restarts, and starts another when it has ended it.
func beginChain(c *client, known []family) turn {
	var f *family
	if len(known) > 0 {
		f = &known[c.rand.IntN(len(known))]
	}
	return func() error {
		if f == nil {
			var err error
			f, err = c.newFamily()
			return err
		}
		got, err := c.refresh(f.id, f.app, f.refresh)
		if err != nil {
			f = nil // what became of it is for the checker to find out
			return err
		}
		last := f.lastAccess
		f.refresh, f.lastAccess = got.Refresh, got.Access
		switch dice := c.rand.Float64(); {
		case dice < breaksChain:
			ended := f
			f = nil
			return c.revoke(revokeRefresh, ended.id, ended.app, got.Refresh)
		case dice < breaksChain+revokesInChain && last != "":
			return c.revoke(revokeAccess, f.id, f.app, last)
		case dice < breaksChain+revokesInChain+calls:
			return c.use(f.id, got.Access)
		}
		return nil
	}
}

func (c *client) newFamily() (*family, error) {
	f := &family{id: c.subject(), app: c.facts.Apps.Web}
	if c.chance(0.3) {
		f.app = c.facts.Apps.Public
	}
	code, err := c.authorize(f.id, f.app)
	if err != nil {
		return nil, err
	}
	got, err := c.redeem(f.id, f.app, code, false)
	if err != nil {
		return nil, err
	}
	f.refresh, f.lastAccess = got.Refresh, got.Access
	return f, nil
}

// beginMachine gets tokens for an app itself and revokes some.
func beginMachine(c *client, _ []family) turn {
	app := c.facts.Apps.Machine
	return func() error {
		got, err := c.issue(app)
		if err != nil || !c.chance(revokesMachine) {
			return err
		}
		return c.revoke(revokeAccess, "", drive.App{}, got.Access)
	}
}
