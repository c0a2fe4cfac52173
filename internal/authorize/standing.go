package authorize

import (
	"context"
	"errors"
	"fmt"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/policy"
	"launchpad/oauth"
)

// mayAuthorize keeps strangers from authorizing an app in development.
func (a *Room) mayAuthorize(ctx context.Context, app core.App, identity core.ID) error {
	if !app.InDevelopment() {
		return nil
	}
	memberships, err := a.Members.Memberships(ctx, identity)
	if err != nil {
		return err
	}
	return policy.MayAuthorize(app, identity, memberships)
}

// standing finds the grant that answers the request without asking the person again, if there is one.
func (a *Room) standing(ctx context.Context, app core.App, identity core.ID, record interact.Record) (core.Grant, bool, error) {
	if record.AskAgain {
		return core.Grant{}, false, nil
	}
	grant, err := a.Store.Grant(ctx, identity, app.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return core.Grant{}, false, nil
	case err != nil:
		return core.Grant{}, false, oauth.Unavailable(fmt.Errorf("load grant: %w", err))
	}
	return grant, policy.ConsentRemembered(app, grant, record.Scope) && grant.AllowsTokensFor(record.Resources), nil
}
