package config

import "net/netip"

// ForwardAuth is for APIs and web pages that another proxy stands in front of, which asks here whether a request may pass.
type ForwardAuth struct {
	Proxies []string `toml:"proxies" help:"networks of the proxies that may ask; what they say of a request, and of where it comes from, is taken. They must write over what clients send: see docs/forward-auth"`
}

// Asking reads the proxies that may ask.
func (c *Config) Asking() ([]netip.Prefix, error) {
	return networks("forward_auth.proxies", c.ForwardAuth.Proxies)
}

// Guarded reports whether a proxy that asks stands in front of the API, and not we.
func (a *API) Guarded(c *Config) bool {
	return a.Upstream == "" && len(a.Upstreams) == 0 && len(c.ForwardAuth.Proxies) > 0
}

// checkGuarded refuses what would let nobody in.
func (c *Config) checkGuarded(key string, api *API) error {
	for _, r := range api.Routes {
		if r.Session && !api.Guarded(c) {
			return Wrong(key+".route", "session is for APIs behind a proxy that asks: leave upstream out, and name the proxy under forward_auth.proxies")
		}
		if r.Session && len(api.Hosts) == 0 && c.AccountHosts == "" {
			return Wrong(key+".route", "session needs a host that is not the issuer's; name it under hosts")
		}
	}
	if !api.Guarded(c) {
		return nil
	}
	if api.QueryTokens != nil && *api.QueryTokens {
		return Wrong(key+".query_tokens", "is for APIs with an upstream: only there the token is taken out of the address before the application sees it; take the setting out")
	}
	for _, setting := range api.ofGateway() {
		if setting.made {
			return Wrong(key+"."+setting.name, "is for APIs with an upstream, and would do nothing where a proxy asks; take it out, and set the like in the proxy")
		}
	}
	return nil
}

type apiSetting struct {
	name string
	made bool
}

// ofGateway lists the settings about calls that we pass on ourselves.
func (a *API) ofGateway() []apiSetting {
	return []apiSetting{
		{"websocket", a.WebSocket}, {"origins", len(a.Origins) > 0}, {"max_body", a.MaxBody != 0}, {"max_answer", a.MaxAnswer != 0},
		{"connect_timeout", a.ConnectTimeout != 0}, {"first_byte_timeout", a.FirstByteTimeout != 0}, {"timeout", a.Timeout != 0}, {"idle_timeout", a.IdleTimeout != 0},
		{"retries", a.Retries != 0}, {"health_path", a.HealthPath != ""}, {"health_interval", a.HealthInterval != 0},
	}
}
