package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// API is one protected API.
type API struct {
	Name        string   `toml:"name" help:"for people and logs; without one, the prefix"`
	Hosts       []string `toml:"hosts" help:"hosts of its own, like api.example.com; without any, the API is at the issuer's host and at those of accounts"`
	Prefix      string   `toml:"prefix" help:"path, from slash to slash, under which everything that is not declared is refused"`
	Upstream    string   `toml:"upstream" help:"http:// or https:// address that calls are passed on to; without one, a proxy stands in front of the API and asks (forward_auth)"`
	Upstreams   []string `toml:"upstreams" help:"several such addresses instead, which take turns"`
	AccountFrom []string `toml:"account_from" help:"what may say which account a call means, of path, host, header and grant; without it all four, in this order"`
	QueryTokens *bool    `toml:"query_tokens" help:"take personal tokens, and tokens of apps of the profiles draft5 and oauth2, in the address (?access_token=); without the setting, yes; never if the API is for agents, or has no upstream"`
	Resource    string   `toml:"resource" help:"identifier by which apps ask for tokens of this API (RFC 8707): an absolute https:// address; for agents the address of the prefix, if none is set"`
	Scopes      []string `toml:"scopes" help:"scopes that the API asks for itself, beside those of its routes"`
	Agents      bool     `toml:"agents" help:"this API is for AI agents: apps that register themselves may ask for it"`
	Assertion   *bool    `toml:"assertion" help:"give whoever is behind the API a signed statement of who calls; without the setting, if an upstream is not on loopback"`

	WebSocket bool     `toml:"websocket" help:"let calls become WebSockets"`
	Origins   []string `toml:"origins" help:"origins whose pages may open one, like https://app.example.com, beside the API's own"`
	MaxBody   int64    `toml:"max_body" help:"bytes that a call may bring; 0: any number"`
	MaxAnswer int64    `toml:"max_answer" help:"bytes that an answer may have; 0: any number"`

	ConnectTimeout   Duration `toml:"connect_timeout" help:"how long a connection to an upstream may take; 0s is 5s"`
	FirstByteTimeout Duration `toml:"first_byte_timeout" help:"how long an upstream may take to begin its answer; 0s is 30s"`
	Timeout          Duration `toml:"timeout" help:"how long a whole answer may take, but for streams and WebSockets; 0s is 5m"`
	IdleTimeout      Duration `toml:"idle_timeout" help:"how long a connection to an upstream waits for the next call; less than the upstream lets it wait, else calls are lost; 0s is 1.5s"`
	Retries          int      `toml:"retries" help:"how often a call that may be repeated is sent to another upstream, while nothing came back; 0 is 2, -1 is never"`
	HealthPath       string   `toml:"health_path" help:"path at which each upstream is asked whether it is well; without one, only calls tell"`
	HealthInterval   Duration `toml:"health_interval" help:"pause between two of these questions; 0s is 5s"`

	Routes []Route `toml:"route" help:"a call of this API; repeat the table for each"`

	Limits APILimits `toml:"limits" help:"limits of this API alone; 0 is what [limits] says for all APIs, counted together"`
}

// Route is one call of an API.
type Route struct {
	Method  string   `toml:"method" help:"HTTP method"`
	Methods []string `toml:"methods" help:"several methods instead"`
	Path    string   `toml:"path" help:"path of the call; {account} stands for an account's slug or id, other words in braces for any segment, {rest...} at the end for all that follows"`
	Scope   string   `toml:"scope" help:"scope that the token must have; empty: any token"`
	Scopes  []string `toml:"scopes" help:"several scopes instead, all of which the token must have"`

	Session bool `toml:"session" help:"people who are signed in may call it from a browser, without a token; where a proxy asks (forward_auth)"`
}

// Targets lists the upstreams.
func (a *API) Targets() ([]*url.URL, error) {
	list := a.Upstreams
	if a.Upstream != "" {
		list = append([]string{a.Upstream}, list...)
	}
	if len(list) == 0 {
		list = []string{""}
	}
	var targets []*url.URL
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, fmt.Errorf("%q must be an http:// or https:// address, without a query and without a name in it", text)
		}
		targets = append(targets, u)
	}
	return targets, nil
}

// Asserts reports whether the upstreams get a signed statement. Whoever is on loopback is reached by this computer alone;
// anywhere else an upstream could be reached by others, who write the same headers.
func (a *API) Asserts() bool {
	if a.Assertion != nil {
		return *a.Assertion
	}
	targets, _ := a.Targets()
	return slices.ContainsFunc(targets, func(u *url.URL) bool { return !Loopback(u.Hostname()) })
}

// TakesQueryTokens reports whether tokens may come in the address of a call. What was promised to old clients holds unless an
// API forbids it. A proxy that asks passes addresses on as they are, so what stands behind it never takes them.
func (a *API) TakesQueryTokens() bool {
	passedOn := a.Upstream != "" || len(a.Upstreams) > 0
	return passedOn && !a.Agents && (a.QueryTokens == nil || *a.QueryTokens)
}

// AllMethods lists the methods of a route.
func (r *Route) AllMethods() []string {
	if r.Method == "" {
		return r.Methods
	}
	return append([]string{r.Method}, r.Methods...)
}

// AllScopes lists the scopes that a route needs.
func (r *Route) AllScopes() []string {
	if r.Scope == "" {
		return r.Scopes
	}
	return append([]string{r.Scope}, r.Scopes...)
}

func (c *Config) checkAPIs() error {
	known := map[string]bool{}
	for i, s := range c.Scopes {
		if s.Name == "" || s.Words == "" || strings.ContainsAny(s.Name, " \"\\") {
			return Wrong(fmt.Sprintf("scope[%d]", i), "needs a name without spaces and words for people")
		}
		if known[s.Name] {
			return Wrong(fmt.Sprintf("scope[%d].name", i), "%q is declared twice; take one of the two out", s.Name)
		}
		known[s.Name] = true
	}
	for i := range c.APIs {
		if err := c.checkAPI(fmt.Sprintf("api[%d]", i), &c.APIs[i], known); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkAPI(key string, api *API, scopes map[string]bool) error {
	if !strings.HasPrefix(api.Prefix, "/") || !strings.HasSuffix(api.Prefix, "/") {
		return Wrong(key+".prefix", "%q must begin and end with a slash", api.Prefix)
	}
	if err := c.checkGuarded(key, api); err != nil {
		return err
	}
	if _, err := api.Targets(); err != nil && !api.Guarded(c) {
		if len(api.Upstreams) > 0 {
			return Wrong(key+".upstreams", "%v", err)
		}
		return Wrong(key+".upstream", "%v", err)
	}
	for _, host := range api.Hosts {
		if host == "" || host != strings.ToLower(host) || strings.ContainsAny(host, "/:?#@ *") || strings.HasSuffix(host, ".") {
			return Wrong(key+".hosts", "%q must be a host in small letters, without scheme, port and path, like api.example.com", host)
		}
	}
	for _, source := range api.AccountFrom {
		if !slices.Contains([]string{"path", "host", "header", "grant"}, source) {
			return Wrong(key+".account_from", "%q must be path, host, header or grant", source)
		}
	}
	if err := c.checkResource(key, api); err != nil {
		return err
	}
	if err := checkPassage(key, api); err != nil {
		return err
	}
	if err := checkLimits(key+".limits", 0, api.Limits); err != nil {
		return err
	}
	for _, scope := range api.Scopes {
		if !scopes[scope] {
			return Wrong(key+".scopes", "%q is declared by no [[scope]]; declare it, or mend its name", scope)
		}
	}
	for j := range api.Routes {
		if err := checkRoute(fmt.Sprintf("%s.route[%d]", key, j), api, &api.Routes[j], scopes); err != nil {
			return err
		}
	}
	return nil
}

// checkPassage looks at how calls are passed on.
func checkPassage(key string, api *API) error {
	for _, origin := range api.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			return Wrong(key+".origins", "%q must be a scheme and a host alone, like https://app.example.com", origin)
		}
	}
	for _, size := range []struct {
		name  string
		bytes int64
	}{{"max_body", api.MaxBody}, {"max_answer", api.MaxAnswer}} {
		if size.bytes < 0 {
			return Wrong(key+"."+size.name, "%d must be a number of bytes, or 0 for any", size.bytes)
		}
	}
	for _, pause := range []struct {
		name string
		long Duration
	}{{"connect_timeout", api.ConnectTimeout}, {"first_byte_timeout", api.FirstByteTimeout}, {"timeout", api.Timeout}, {"idle_timeout", api.IdleTimeout}, {"health_interval", api.HealthInterval}} {
		if pause.long < 0 || pause.long > Duration(time.Hour) {
			return Wrong(key+"."+pause.name, "must be from 0s, for what is usual, to 1h")
		}
	}
	if api.Retries < -1 || api.Retries > 10 {
		return Wrong(key+".retries", "%d must be from 0, for what is usual, to 10, or -1 for never", api.Retries)
	}
	if api.HealthPath != "" && !strings.HasPrefix(api.HealthPath, "/") {
		return Wrong(key+".health_path", "%q must begin with a slash", api.HealthPath)
	}
	return nil
}

func checkRoute(key string, api *API, r *Route, scopes map[string]bool) error {
	if !strings.HasPrefix(r.Path, api.Prefix) && r.Path+"/" != api.Prefix {
		return Wrong(key+".path", "%q must begin with the prefix of its API, %s", r.Path, api.Prefix)
	}
	if len(r.AllMethods()) == 0 {
		return Wrong(key, "needs a method, or methods")
	}
	for _, method := range r.AllMethods() {
		if method == "" || method != strings.ToUpper(method) || method == "CONNECT" || method == "TRACE" || strings.ContainsAny(method, " ,/") {
			return Wrong(key+".method", "%q must be a method in capitals, like GET; CONNECT and TRACE are never passed on", method)
		}
	}
	for _, scope := range r.AllScopes() {
		if !scopes[scope] {
			return Wrong(key+".scope", "%q is declared by no [[scope]]; declare it, or mend its name", scope)
		}
	}
	return nil
}

// checkResource: RFC 8707 §2 wants an absolute URI without a fragment, RFC 9728 §1.2 one that metadata can lie at.
func (c *Config) checkResource(key string, api *API) error {
	if api.Resource == "" {
		if api.Agents {
			api.Resource = strings.TrimSuffix(c.originOf(api)+api.Prefix, "/")
		}
		return nil
	}
	u, err := url.Parse(api.Resource)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.Scheme != "https" && !(u.Scheme == "http" && Loopback(u.Hostname())) {
		return Wrong(key+".resource", "%q must be an https:// address without query and fragment (http:// works on loopback only)", api.Resource)
	}
	return nil
}

// originOf an API: its own, or the issuer's.
func (c *Config) originOf(api *API) string {
	if len(api.Hosts) == 0 {
		return c.Issuer
	}
	scheme, _, _ := strings.Cut(c.Issuer, "://")
	return scheme + "://" + api.Hosts[0]
}
