package gateway

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// API is one protected API, and what is behind it.
type API struct {
	protect.API
	Upstream Upstream
}

// Room is the gateway.
type Room struct {
	APIs  []API
	Rules *protect.Rules
}

// Routes of the room: the declared ones, and a refusal of everything else under each prefix.
func (g *Room) Routes() []web.Route {
	var list []web.Route
	for _, api := range g.APIs {
		for _, route := range api.Routes {
			list = append(list, web.Route{Method: route.Method, Path: route.Path, Surface: web.APISurface,
				Handle: func(w http.ResponseWriter, r *http.Request) error { return g.pass(w, r, &api, &route) }})
		}
		list = append(list, web.Route{Path: api.Prefix, Surface: web.APISurface, Handle: undeclared})
		if bare := strings.TrimSuffix(api.Prefix, "/"); bare != "" && !slices.ContainsFunc(api.Routes, func(r protect.Route) bool { return r.Path == bare }) {
			// Else the mux would answer it by a redirect that repeats the query.
			list = append(list, web.Route{Path: bare, Surface: web.APISurface, Handle: undeclared})
		}
	}
	return list
}

func undeclared(http.ResponseWriter, *http.Request) error {
	return oauth.NotFound("api_route_unknown", "this API has no such call; look at its method and path")
}

// pass takes a call through.
func (g *Room) pass(w http.ResponseWriter, r *http.Request, api *API, route *protect.Route) error {
	if err := protect.Canonical(r); err != nil {
		return err
	}
	p, err := g.Rules.Admit(w.Header(), r, &api.API, route, r.PathValue("account"), web.RecordOf(w))
	if err != nil {
		return err
	}
	if r.Body != http.NoBody {
		// Whoever may call the API may take its time to send it something.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	// The answer names the account that was meant, and belongs to this caller alone.
	w.Header()["Launchpad-Account"] = []string{p.Account.Slug}
	w.Header()["Vary"] = varyByCaller
	return api.Upstream(w, forUpstream(r, p.Token, p.Account))
}

var varyByCaller = []string{"Authorization, " + protect.AccountHeader}
