package protect

import (
	"strings"
	"testing"

	"launchpad/oauth"
)

const issuer = "https://id.example.com"

func TestResourcesThatCannotWorkAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		apis []API
		want string
	}{
		"the issuer":     {[]API{{Prefix: "/a/", Resource: issuer + "/"}}, "is the issuer"},
		"twice":          {[]API{{Prefix: "/a/", Resource: "https://x.example"}, {Prefix: "/b/", Resource: "https://x.example/"}}, "make them differ"},
		"agents without": {[]API{{Prefix: "/a/", Agents: true}}, "needs a resource"},
		"one document":   {[]API{{Prefix: "/a/", Resource: "https://x.example/m"}, {Prefix: "/b/", Resource: "https://y.example/m"}}, "its metadata"},
	} {
		if _, err := NewResources(issuer, c.apis); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := NewResources(issuer, []API{{Prefix: "/m/", Hosts: []string{"x.example"}, Resource: "https://x.example/m"}, {Prefix: "/m/", Hosts: []string{"y.example"}, Resource: "https://y.example/m"}}); err != nil {
		t.Errorf("the same path at two hosts: %v", err)
	}
}

// RFC 9728 §3.1: the well-known part stands between host and path.
func TestRFC9728_3_1_WhereMetadataLies(t *testing.T) {
	for resource, c := range map[string]struct {
		hosts []string
		want  string
	}{
		issuer + "/mcp/1":             {nil, issuer + WellKnown + "/mcp/1"},
		"https://api.example":         {nil, issuer + WellKnown},
		"https://api.example/":        {[]string{"api.example"}, "https://api.example" + WellKnown},
		"https://API.example:8443/v3": {[]string{"api.example"}, "https://API.example:8443" + WellKnown + "/v3"},
		"https://other.example/v3":    {[]string{"api.example"}, issuer + WellKnown + "/v3"},
	} {
		api := API{Resource: resource, Hosts: c.hosts}
		if got := api.MetadataAddress(issuer); got != c.want {
			t.Errorf("%s: %s, want %s", resource, got, c.want)
		}
	}
	// What comes to a proxy is not ours to answer.
	api := API{Resource: "https://app.example/mcp", Hosts: []string{"app.example"}, Guarded: true}
	if got, want := api.MetadataAddress(issuer), issuer+WellKnown+"/mcp"; got != want {
		t.Errorf("behind a proxy: %s, want %s", got, want)
	}
}

func TestScopesThatOnlyAgentsHaveAreNotUsual(t *testing.T) {
	r, err := NewResources(issuer, []API{
		{Prefix: "/v3/", Routes: []Route{{Scope: "read"}, {Scope: "write"}}},
		{Prefix: "/mcp/", Resource: issuer + "/mcp", Agents: true, Scopes: oauth.Scopes("admin"), Routes: []Route{{Scope: "tools more"}, {Scope: "read"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Usual(oauth.Scopes("read", "write", "tools", "admin", "other")).String(); got != "other read write" {
		t.Errorf("usual: %s", got)
	}
	if got := r.AgentScope().String(); got != "admin more read tools" {
		t.Errorf("of agents: %s", got)
	}
	for scope, want := range map[string]int{"tools": 1, "tools admin": 1, "tools read": 0, "read": 0, "other": 0, "": 0} {
		asked, err := oauth.ParseScope(scope)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(r.Implied(asked)); got != want {
			t.Errorf("%q implies %d APIs, want %d", scope, got, want)
		}
	}
}
