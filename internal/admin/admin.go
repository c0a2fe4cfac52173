package admin

import (
	"context"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/internal/sunset"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Room is the operators' pages.
type Room struct {
	Store   *store.Store
	Clock   core.Clock
	Pages   *web.Renderer
	OldWays *sunset.Ways
	Flush   func(context.Context) // brings the counts of use up to date, as far as it can
}

// Routes of the room.
func (a *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/admin/old-ways", SignedIn: true, Handle: operators(a.oldWays)},
		{Method: "GET", Path: "/admin/old-ways/{app}", SignedIn: true, Handle: operators(a.oldWaysOfApp)},
	}
}

// operators keeps everybody else out, as if there were nothing.
func operators(handle func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !web.VisitorOf(r).Identity.Operator {
			return nowhere()
		}
		return handle(w, r)
	}
}

func nowhere() *oauth.Error {
	return oauth.NotFound("page_unknown", "there is no page at this address")
}
