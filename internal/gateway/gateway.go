package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// API is one protected API.
type API struct {
	Prefix      string // "/v3/": everything under it is ours to refuse
	Routes      []Route
	QueryTokens bool // whether ?access_token= is taken at all
	Upstream    Upstream
}

// Route is one call of an API. Path may hold {account}.
type Route struct {
	Method string
	Path   string
	Scope  string // what the token must have; empty: any token
}

// Apps looks apps up.
type Apps interface {
	ByID(ctx context.Context, id core.ID) (core.App, error)
}

// Room is the gateway.
type Room struct {
	APIs         []API
	AccountHosts core.AccountHosts
	Access       *access.Verifier
	Tokens       Credentials
	Apps         Apps
	Limit        func(r *http.Request, account core.ID) error // counts a call
}

// Routes of the room: the declared ones, and a refusal of everything else under each prefix.
func (g *Room) Routes() []web.Route {
	var list []web.Route
	for _, api := range g.APIs {
		for _, route := range api.Routes {
			list = append(list, web.Route{Method: route.Method, Path: route.Path, Surface: web.APISurface,
				Handle: func(w http.ResponseWriter, r *http.Request) error { return g.pass(w, r, api, route) }})
		}
		list = append(list, web.Route{Path: api.Prefix, Surface: web.APISurface, Handle: undeclared})
		if bare := strings.TrimSuffix(api.Prefix, "/"); bare != "" {
			// Else the mux would answer it by a redirect that repeats the query.
			list = append(list, web.Route{Path: bare, Surface: web.APISurface, Handle: undeclared})
		}
	}
	return list
}

func undeclared(http.ResponseWriter, *http.Request) error {
	return oauth.NotFound("api_route_unknown", "this API has no such call; look at its method and path")
}

// pass takes a call through. The order is the one of the design: token, account, scope, rate, upstream.
func (g *Room) pass(w http.ResponseWriter, r *http.Request, api API, route Route) error {
	if err := canonical(r); err != nil {
		return err
	}
	presented, err := g.Tokens.Present(r)
	if err != nil {
		return err
	}
	token, err := g.Access.Verify(r.Context(), presented.Token)
	if err != nil {
		return err
	}
	web.RecordOf(w).AppID = token.AppID
	if presented.InQuery {
		if err := queryAllowed(api); err != nil {
			return err
		}
	}
	if err := g.Tokens.MayPresent(r.Context(), w.Header(), presented, token); err != nil {
		return err
	}
	account, err := g.account(r, token)
	if err != nil {
		return err
	}
	if route.Scope != "" && !token.Scope.Has(route.Scope) {
		return oauth.InsufficientScope("scope_missing", "the token does not have the scope %s, which this call needs; authorize the app again and ask for it", route.Scope).
			Got(orNone(token.Scope.String()), route.Scope).WithScope(route.Scope)
	}
	if err := g.Limit(r, account.ID); err != nil {
		return err
	}
	if r.Body != http.NoBody {
		// Whoever may call the API may take its time to send it something.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
	// The answer names the account that was meant, and belongs to this caller alone.
	w.Header()["Launchpad-Account"] = []string{account.Slug}
	w.Header()["Vary"] = varyByCaller
	return api.Upstream(w, forUpstream(r, token, account))
}

var varyByCaller = []string{"Authorization, " + AccountHeader}

func orNone(s string) string {
	if s == "" {
		return "no scope"
	}
	return s
}

// canonical refuses paths that we and an upstream might read differently.
func canonical(r *http.Request) error {
	if r.URL.RawPath == "" && !strings.ContainsAny(r.URL.Path, ";\\%\x00") && !strings.Contains(r.URL.Path, "//") {
		return nil
	}
	return oauth.InvalidRequest("path_not_canonical", "the path has encoded or doubled separators, semicolons or backslashes; send it in its plain form")
}
