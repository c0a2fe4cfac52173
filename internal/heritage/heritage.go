package heritage

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/internal/mint"
	"launchpad/internal/store"
	"launchpad/internal/sunset"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Apps looks apps up.
type Apps interface {
	ByClientID(ctx context.Context, clientID string) (core.App, error)
	ByID(ctx context.Context, id core.ID) (core.App, error)
}

// Token is the room behind the door of /oauth/token.
type Token interface {
	Serve(w http.ResponseWriter, r *http.Request, form oauth.Form) error
	Answer(w http.ResponseWriter, r *http.Request, form oauth.Form) (mint.Answer, error)
}

// Door stands in front of other rooms' routes.
type Door struct {
	Apps      Apps
	Authorize Authorize
	Deny      Authorize // refuses in the name of the person
	Token     Token

	Store   *store.Store
	Clock   core.Clock
	Access  *access.Verifier
	OldWays *sunset.Ways
	Issuer  string
	Product string                    // name of this deployment
	Href    func(core.Account) string // where the API is for an account
}

// Routes that only old clients ask for.
func (d *Door) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/oauth/token/info", Surface: web.JSONSurface, AnyOrigin: true, Handle: d.info},
		{Method: "GET", Path: "/authorization.json", Surface: web.JSONSurface, AnyOrigin: true, Handle: d.authorizationJSON},
		{Method: "GET", Path: "/authorization.xml", Surface: web.JSONSurface, AnyOrigin: true, Handle: d.authorizationXML},
		{Method: "GET", Path: oldPortal, Handle: toPortal},
		{Method: "GET", Path: oldPortal + "/new", Handle: toPortal},
		{Method: "GET", Path: oldPortal + "/{app}", Handle: toPortal},
	}
}

// speaksDraft5 finds the app that a request names, if it is one that is understood here. Any other is not told apart from
// one that does not exist: the room behind the door has its own words for both.
func (d *Door) speaksDraft5(ctx context.Context, clientID string) (app core.App, speaks bool, err error) {
	if clientID == "" {
		return app, false, nil
	}
	app, err = d.Apps.ByClientID(ctx, clientID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return app, false, nil
	case err != nil:
		return app, false, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	return app, app.Profile == core.ProfileDraft5, nil
}

// handler is what answers a route.
type handler = func(http.ResponseWriter, *http.Request) error

// Before puts the door in front of the routes that it stands before, and adds the old addresses.
func (d *Door) Before(routes []web.Route) []web.Route {
	list := make([]web.Route, 0, len(routes)+8)
	for _, route := range routes {
		list = append(list, d.before(route)...)
	}
	return list
}
