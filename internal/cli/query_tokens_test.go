package cli

import (
	"testing"

	"launchpad/internal/config"
)

// RFC 6750 §2.3: what was promised to old clients holds without a setting. An API can forbid it; one for agents takes none whatever its
// file says, and one behind a proxy that asks only if it says so, because there nobody takes the token out of the address.
func TestTokensInAddressesAreTakenUnlessForbidden(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		api  config.API
		want bool
	}{
		"without the setting":               {config.API{Prefix: "/v3/", Upstream: "http://127.0.0.1:9000"}, true},
		"with several upstreams":            {config.API{Prefix: "/v3/", Upstreams: []string{"http://127.0.0.1:9000", "http://127.0.0.1:9001"}}, true},
		"allowed":                           {config.API{Prefix: "/v3/", Upstream: "http://127.0.0.1:9000", QueryTokens: &yes}, true},
		"forbidden":                         {config.API{Prefix: "/v3/", Upstream: "http://127.0.0.1:9000", QueryTokens: &no}, false},
		"for agents":                        {config.API{Prefix: "/mcp/", Upstream: "http://127.0.0.1:9000", Agents: true}, false},
		"for agents, allowed":               {config.API{Prefix: "/mcp/", Upstream: "http://127.0.0.1:9000", Agents: true, QueryTokens: &yes}, false},
		"behind a proxy that asks":          {config.API{Prefix: "/v3/"}, false},
		"behind a proxy that asks, allowed": {config.API{Prefix: "/v3/", QueryTokens: &yes}, false}, // which the configuration refuses
	} {
		if got := protectedAPI("api[0]", c.api).QueryTokens; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
