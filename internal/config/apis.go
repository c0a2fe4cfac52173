package config

import (
	"fmt"
	"net/url"
	"strings"
)

// API is one protected API.
type API struct {
	Name        string   `toml:"name" help:"for people and logs; without one, the prefix"`
	Hosts       []string `toml:"hosts" help:"hosts at which the API is reached, in small letters and without ports; none: the issuer's and the accounts'"`
	Prefix      string   `toml:"prefix" help:"path, from slash to slash, under which everything that is not declared is refused"`
	Upstream    string   `toml:"upstream" help:"http:// or https:// address that calls are passed on to; without one, a proxy stands in front of the API and asks (forward_auth)"`
	QueryTokens bool     `toml:"query_tokens" help:"take tokens in the address, from personal tokens and apps of the oauth2 profile"`
	Resource    string   `toml:"resource" help:"identifier by which apps ask for tokens of this API (RFC 8707): an absolute https:// address; for agents the address of the prefix, if none is set"`
	Scopes      []string `toml:"scopes" help:"scopes that the API asks for itself, beside those of its routes"`
	Agents      bool     `toml:"agents" help:"this API is for AI agents: apps that register themselves may ask for it"`
	Routes      []Route  `toml:"route" help:"a call of this API; repeat the table for each"`

	Limits APILimits `toml:"limits" help:"limits of this API alone; 0 is what [limits] says for all APIs, counted together"`
}

// Route is one call of an API.
type Route struct {
	Method string `toml:"method" help:"HTTP method"`
	Path   string `toml:"path" help:"path of the call; {account} stands for an account's slug or id, other words in braces for any segment"`
	Scope  string `toml:"scope" help:"scope that the token must have; empty: any token"`

	Session bool `toml:"session" help:"people who are signed in may call it from a browser, without a token; where a proxy asks (forward_auth)"`
}

func (c *Config) checkAPIs() error {
	known := map[string]bool{"": true}
	for i, s := range c.Scopes {
		if s.Name == "" || s.Words == "" || strings.ContainsAny(s.Name, " \"\\") {
			return wrong(fmt.Sprintf("scope[%d]", i), "needs a name without spaces and words for people")
		}
		known[s.Name] = true
	}
	for i, api := range c.APIs {
		key := fmt.Sprintf("api[%d]", i)
		if !strings.HasPrefix(api.Prefix, "/") || !strings.HasSuffix(api.Prefix, "/") {
			return wrong(key+".prefix", "%q must begin and end with a slash", api.Prefix)
		}
		if err := c.checkGuarded(key, api); err != nil {
			return err
		}
		if u, err := url.Parse(api.Upstream); !api.Guarded(c) && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			return wrong(key+".upstream", "%q must be an http:// or https:// address", api.Upstream)
		}
		if err := c.checkResource(key, &c.APIs[i]); err != nil {
			return err
		}
		if err := checkLimits(key+".limits", 0, api.Limits); err != nil {
			return err
		}
		for _, scope := range api.Scopes {
			if !known[scope] || scope == "" {
				return wrong(key+".scopes", "%q is declared by no [[scope]]; declare it, or mend its name", scope)
			}
		}
		for j, r := range api.Routes {
			key := fmt.Sprintf("%s.route[%d]", key, j)
			if !known[r.Scope] {
				return wrong(key+".scope", "%q is declared by no [[scope]]; declare it, or mend its name", r.Scope)
			}
			if !strings.HasPrefix(r.Path, api.Prefix) && r.Path+"/" != api.Prefix {
				return wrong(key+".path", "%q must begin with the prefix of its API, %s", r.Path, api.Prefix)
			}
		}
	}
	return nil
}

// checkResource: RFC 8707 §2 wants an absolute URI without a fragment, RFC 9728 §1.2 one that metadata can lie at.
func (c *Config) checkResource(key string, api *API) error {
	if api.Resource == "" {
		if api.Agents {
			api.Resource = strings.TrimSuffix(c.Issuer+api.Prefix, "/")
		}
		return nil
	}
	u, err := url.Parse(api.Resource)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.Scheme != "https" && !(u.Scheme == "http" && Loopback(u.Hostname())) {
		return wrong(key+".resource", "%q must be an https:// address without query and fragment (http:// works on loopback only)", api.Resource)
	}
	return nil
}
