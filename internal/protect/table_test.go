package protect

import (
	"strings"
	"testing"

	"launchpad/oauth"
)

func table(t testing.TB) *Table {
	t.Helper()
	made, err := NewTable([]API{
		{Prefix: "/v3/", Routes: []Route{
			{Method: "GET", Path: "/v3/dashboards", Scope: "read"},
			{Method: "POST", Path: "/v3/dashboards", Scope: "write"},
			{Method: "GET", Path: "/v3/accounts/{account}/dashboards", Scope: "read"},
			{Method: "GET", Path: "/v3/accounts/all/people", Scope: "admin"},
			{Method: "GET", Path: "/v3/files/{rest...}"},
		}},
		{Prefix: "/mcp/", Routes: []Route{{Method: "POST", Path: "/mcp", Scope: "tools"}, {Method: "POST", Path: "/mcp/admin", Scope: "admin"}}},
		{Prefix: "/", Hosts: []string{"api.example.com"}, Routes: []Route{{Method: "GET", Path: "/status"}, {Method: "GET", Path: "/{account}/status"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// GW09: what is not declared is refused.
func TestGW09_CallsFindTheirRouteOrNone(t *testing.T) {
	made := table(t)
	for _, c := range []struct{ host, method, path, want string }{
		{"id.example.com", "GET", "/v3/dashboards", "/v3/dashboards read"},
		{"id.example.com", "POST", "/v3/dashboards", "/v3/dashboards write"},
		{"id.example.com", "DELETE", "/v3/dashboards", "method_not_allowed"},
		{"id.example.com", "GET", "/v3/dashboards/", "api_route_unknown"},
		{"id.example.com", "GET", "/v3/Dashboards", "api_route_unknown"},
		{"id.example.com", "GET", "/v3/accounts/bakery/dashboards", "/v3/accounts/{account}/dashboards read of bakery"},
		{"id.example.com", "GET", "/v3/accounts/all/dashboards", "/v3/accounts/{account}/dashboards read of all"},
		{"id.example.com", "GET", "/v3/accounts/all/people", "/v3/accounts/all/people admin"},
		{"id.example.com", "GET", "/v3/accounts//dashboards", "api_route_unknown"},
		{"id.example.com", "GET", "/v3/files/a/b", "/v3/files/{rest...} "},
		{"id.example.com", "GET", "/v3/", "api_route_unknown"},
		{"id.example.com", "GET", "/v3", "api_route_unknown"},
		{"id.example.com", "GET", "/status", "api_route_unknown"},
		{"id.example.com", "POST", "/mcp", "/mcp tools"},
		{"id.example.com", "POST", "/mcp/admin", "/mcp/admin admin"},
		{"id.example.com", "GET", "/mcp", "method_not_allowed"},
		{"id.example.com", "POST", "/mcp/", "api_route_unknown"},
		{"api.example.com", "GET", "/status", "/status "},
		{"api.example.com", "GET", "/bakery/status", "/{account}/status  of bakery"},
		{"api.example.com", "GET", "/v3/dashboards", "api_route_unknown"},
	} {
		m, err := made.Find(c.host, c.method, c.path)
		got := ""
		if err != nil {
			got = oauth.AsError(err).Slug
		} else if got = m.Route.Path + " " + m.Route.Scope; m.Account != "" {
			got += " of " + m.Account
		}
		if got != c.want {
			t.Errorf("%s %s%s: %q, want %q", c.method, c.host, c.path, got, c.want)
		}
	}
}

func TestATableThatCannotWorkIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		apis []API
		want string
	}{
		"outside":        {[]API{{Prefix: "/v3/", Routes: []Route{{Path: "/v4/a"}}}}, "does not begin"},
		"twice":          {[]API{{Prefix: "/v3/", Routes: []Route{{Method: "GET", Path: "/v3/{a}"}, {Method: "GET", Path: "/v3/{b}"}}}}, "there twice"},
		"two meanings":   {[]API{{Prefix: "/v3/", Routes: []Route{{Path: "/v3/{account}/a"}, {Path: "/v3/{x}/b"}}}}, "is the account"},
		"half a word":    {[]API{{Prefix: "/v3/", Routes: []Route{{Path: "/v3/a{b}"}}}}, "a word in braces"},
		"inside another": {[]API{{Prefix: "/v3/"}, {Prefix: "/v3/inner/"}}, "cover each other"},
	} {
		if _, err := NewTable(c.apis); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Whatever is asked for, a route is found only where its path says so, segment by segment.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{"/v3/dashboards", "/v3/accounts/a/dashboards", "/v3/files/", "/v3//", "/", "", "/v3/files/../dashboards", "/v3/accounts/{account}/dashboards"} {
		f.Add("id.example.com", seed)
		f.Add("api.example.com", seed)
	}
	made := table(f)
	f.Fuzz(func(t *testing.T, host, path string) {
		m, err := made.Find(host, "GET", path)
		if err != nil {
			return
		}
		pattern, segments := strings.Split(m.Route.Path, "/"), strings.Split(path, "/")
		for i, want := range pattern {
			if strings.HasSuffix(want, "...}") && i < len(segments) {
				return
			}
			if i >= len(segments) || want != segments[i] && (!strings.HasPrefix(want, "{") || segments[i] == "") || want == account && segments[i] != m.Account {
				t.Fatalf("%q found %q", path, m.Route.Path)
			}
		}
		if len(segments) != len(pattern) {
			t.Fatalf("%q found %q", path, m.Route.Path)
		}
	})
}
