package conformance

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"launchpad/internal/clientauth"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/token"
	"launchpad/internal/web"
)

// RFC 6749 §3.2: what an endpoint or a surface owns holds for everything that is plugged into it. These tests are generated from
// the lists themselves, so that a new grant or route is covered by being added.
func TestEveryGrantInheritsTheEndpoint(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		metadata := s.Do(s.Request("GET", "/.well-known/oauth-authorization-server", "")).Body
		bare := s.NewApp("May nothing", core.KindMachine)
		for _, g := range token.Grants() {
			app := appFor(s, g)
			if !strings.Contains(metadata, `"`+g.Type+`"`) {
				t.Errorf("%s is not in the metadata", g.Type)
			}
			for _, name := range slices.Concat([]string{"grant_type", "scope"}, clientauth.Parameters, g.Parameters) {
				form := lptest.Form("grant_type", g.Type)
				form[name] = []string{"a", "b"}
				if name == "grant_type" {
					form[name] = []string{g.Type, g.Type}
				}
				a := s.PostAs(app, "/oauth/token", form)
				if a.Status != 400 || a.Text("error") != "invalid_request" {
					t.Errorf("%s: %s twice: %d %s, want 400 invalid_request", g.Type, name, a.Status, a.Body)
				}
			}
			wrong := app
			wrong.Secret = "wrong"
			wantError(t, s.Token(wrong, "grant_type", g.Type), 401, "invalid_client")
			wantError(t, s.Do(s.Request("POST", "/oauth/token", "grant_type="+g.Type)), 401, "invalid_client")
			wantError(t, s.Do(s.Request("POST", "/oauth/token?grant_type="+g.Type, "client_id="+app.ClientID)), 400, "invalid_request")
			wantError(t, s.Token(bare, "grant_type", g.Type), 400, "unauthorized_client")
			for _, name := range g.Parameters[:min(1, len(g.Parameters))] {
				wantError(t, s.Token(app, "grant_type", g.Type), 400, "invalid_request")
				a := s.Token(app, "grant_type", g.Type, name, "nonsense")
				wantError(t, a, 400, "invalid_grant")
				if a.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: an error may be cached", g.Type)
				}
			}
		}
	})
}

// appFor gives an app that may use the grant.
func appFor(s *lptest.Server, g token.Grant) lptest.App {
	for _, app := range []lptest.App{s.Web, s.Machine} {
		if g.Allowed(app.App) == nil {
			return app
		}
	}
	panic("no app may use " + g.Type)
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// pathOf fills the wildcards of a route with an id that exists nowhere.
func pathOf(route web.Route) string {
	path := strings.ReplaceAll(route.Path, "{$}", "")
	return wildcard.ReplaceAllString(path, "00000000-0000-7000-8000-000000000000")
}

// SE07, HT07, HT08: no route can forget what its surface owns.
func TestEveryRouteInheritsItsSurface(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		routes := s.Routes()
		if len(routes) < 30 {
			t.Fatalf("only %d routes; the list is broken", len(routes))
		}
		for _, route := range routes {
			what := route.Method + " " + route.Path
			switch route.Surface {
			case web.PageSurface:
				pageRoute(t, s, route, what)
			case web.JSONSurface, web.APISurface:
				if route.Method == http.MethodPost {
					a := s.Do(s.Request(route.Method, pathOf(route), ""))
					if a.Status < 400 || a.Status >= 500 || a.Text("trace") == "" || a.Header.Get("Cache-Control") != "no-store" {
						t.Errorf("%s without anything: %d %s", what, a.Status, a.Body)
					}
				}
				if a := s.Do(s.Request("BREW", pathOf(route), "")); a.Status != 405 && route.Method != "" {
					t.Errorf("%s by an unknown method: %d, want 405", what, a.Status)
				}
			}
		}
	})
}

func pageRoute(t *testing.T, s *lptest.Server, route web.Route, what string) {
	t.Helper()
	r := s.Request(route.Method, pathOf(route), "a=b")
	if route.Method == http.MethodGet {
		r = s.Request(route.Method, pathOf(route), "")
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	a := s.Do(r)
	switch {
	case route.Method != http.MethodGet && !route.Foreign:
		if a.Status != http.StatusForbidden {
			t.Errorf("%s from another site: %d, want 403", what, a.Status)
		}
	case route.SignedIn:
		if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/signin") {
			t.Errorf("%s by nobody: %d %s, want to be sent to sign in", what, a.Status, a.Header.Get("Location"))
		}
	case a.Status >= 500:
		t.Errorf("%s: %d", what, a.Status)
	}
	if a.Header.Get("Location") == "" && !strings.Contains(a.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%s: a page without armour (%d)", what, a.Status)
	}
}
