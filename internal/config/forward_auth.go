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
	return nil
}
