package protect

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

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
		{"id.example.com", "GET", "/v3/accounts/ALL/people", "api_route_unknown"},
		{"id.example.com", "GET", "/v3/accounts/All/dashboards", "/v3/accounts/{account}/dashboards read of All"},
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

// FuzzCanonical: what is canonical is read alike by whoever decodes it once more, resolves dots, or merges slashes.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"/v3/a", "/v3/a.b", "/v3/caf%C3%A9", "/v3/%2e%2e/a", "/v3//a", "/v3/a;b", "/v3/%252e", "/v3/%c0%ae", "/v3/...", "/a%20b", "/%EF%BC%8F"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		u, err := url.ParseRequestURI(sent)
		if err != nil || Canonical(&http.Request{URL: u}) != nil {
			return
		}
		way := u.EscapedPath()
		if p := path.Clean(way); p != way && p+"/" != way {
			t.Errorf("%q has dots or slashes", way)
		}
		if again, err := url.PathUnescape(u.Path); err != nil || again != u.Path || strings.ContainsAny(u.Path, "\\;\x00") || !utf8.ValidString(u.Path) {
			t.Errorf("%q decodes to %q, and that to %q, %v", way, u.Path, again, err)
		}
	})
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
