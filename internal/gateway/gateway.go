package gateway

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// API is one protected API, and what is behind it.
type API struct {
	protect.API
	Upstream  Upstream // nil: it is Guarded
	MaxBody   int64    // of a call, in bytes; 0: any
	MaxAnswer int64    // likewise
	WebSocket bool     // calls may become one
	Origins   []string // from which browsers may open one, beside that of the API itself
}

// Room is the gateway. Load comes before the first call.
type Room struct {
	rules      *protect.Rules
	assertions *protect.Assertions
	issuer     *url.URL
	now        atomic.Pointer[loaded]
}

// loaded is the APIs at one time: what is asked for and what answers belong together, so they change together.
type loaded struct {
	table *protect.Table
	apis  []API
	byAPI map[*protect.API]*API
}

// New makes a gateway without APIs.
func New(rules *protect.Rules, assertions *protect.Assertions) *Room {
	g := &Room{rules: rules, assertions: assertions}
	if g.issuer, _ = url.Parse(rules.Issuer); g.issuer == nil {
		g.issuer = new(url.URL)
	}
	g.now.Store(&loaded{table: new(protect.Table)})
	return g
}

// Load replaces all APIs at once. Calls that are under way end as they began; what cannot work changes nothing.
func (g *Room) Load(apis []API) error {
	l := &loaded{apis: apis, byAPI: map[*protect.API]*API{}}
	plain := make([]protect.API, len(apis))
	for i := range apis {
		plain[i] = apis[i].API
		l.byAPI[&plain[i]] = &apis[i]
	}
	var err error
	if l.table, err = protect.NewTable(plain); err != nil {
		return err
	}
	for _, api := range apis {
		api.Upstream.open()
	}
	old := g.now.Swap(l)
	for _, api := range old.apis {
		api.Upstream.close()
	}
	return nil
}

// Close ends what goes on beside the calls.
func (g *Room) Close() {
	for _, api := range g.now.Load().apis {
		api.Upstream.close()
	}
}

// APIs lists what there is now.
func (g *Room) APIs() []API { return g.now.Load().apis }

// Routes lists the calls, and each prefix, under which everything else is refused. They are served by Takes and Pass.
func (g *Room) Routes() []web.Route {
	var list []web.Route
	for _, api := range g.APIs() {
		for _, route := range api.Routes {
			list = append(list, web.Route{Method: route.Method, Path: route.Path, Surface: web.APISurface})
		}
		list = append(list, web.Route{Path: api.Prefix, Surface: web.APISurface})
	}
	return list
}

// Call is a request that is the gateway's to answer.
type Call struct {
	api     *API // nil: none of the host's
	host    string
	match   protect.Match
	refusal error
	before  string // the method that a browser asks for before it sends it; "": it is no preflight
}

// Takes reports whether a request is the gateway's: whatever is under the prefix of an API, and everything at a host that
// is an API's own, but for the metadata of that API. RFC 9728 §3.
func (g *Room) Takes(r *http.Request) (Call, bool) {
	l, host := g.now.Load(), protect.Host(r.Host)
	api := l.table.Covers(host, r.URL.Path)
	own := l.table.Owns(host)
	if api == nil && !own || own && strings.HasPrefix(r.URL.Path, protect.WellKnown) {
		return Call{}, false
	}
	c := Call{host: host}
	if c.refusal = protect.Canonical(r); c.refusal == nil && !own {
		c.refusal = g.directed(l, r, host)
	}
	if c.refusal != nil {
		c.api, c.match.API = l.byAPI[api], api
		return c, true
	}
	method := r.Method
	if api != nil && api.Agents {
		if c.before = preflight(r); c.before != "" {
			method = c.before
		}
	}
	c.match, c.refusal = l.table.Find(host, method, r.URL.Path)
	c.api = l.byAPI[c.match.API]
	return c, true
}

// directed refuses calls of the shared APIs at hosts that nobody named. A browser on this computer can be made to believe
// that a foreign name is this computer's; and where some APIs have hosts of their own, a name that is misspelt must not be
// answered by others.
func (g *Room) directed(l *loaded, r *http.Request, host string) error {
	home := g.issuer.Hostname()
	if host == home || loopback(home) && loopback(host) || !loopback(home) && !l.table.HasHosts() {
		return nil
	}
	if _, account := g.rules.AccountHosts.Account(r.Host); account {
		return nil
	}
	// RFC 9110 §15.5.20.
	return oauth.NotFound("host_unknown", "nothing is at this host; use the address of the API").WithStatus(http.StatusMisdirectedRequest)
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.IsLoopback()
}

// Row names a call for the numbers: words of the configuration, none of the caller's.
func (c *Call) Row() (host, path, method string) {
	if c.match.API == nil {
		return "", "none", "any"
	}
	if hosts := c.match.API.Hosts; len(hosts) > 0 {
		host = hosts[0]
	}
	if c.match.Route == nil || c.before != "" {
		return host, c.match.API.Prefix, "any"
	}
	return host, c.match.Route.Path, c.match.Route.Method
}

// Pass takes a call through.
func (g *Room) Pass(w http.ResponseWriter, r *http.Request, c Call) error {
	if c.refusal != nil {
		return c.refusal
	}
	if c.before != "" {
		answerPreflight(w, c.before)
		return nil
	}
	if err := upgradable(r, c.api); err != nil {
		return err
	}
	p := &passage{api: c.api, rules: g.rules, asked: r, route: c.match.Route, record: web.RecordOf(w), become: isUpgrade(r)}
	var err error
	if p.admitted, err = g.rules.Admit(w.Header(), r, c.match.API, c.match.Route, c.match.Account, p.record); err != nil {
		return err
	}
	if err := limitBody(w, r, c.api.MaxBody); err != nil {
		return err
	}
	// The answer names the account that was meant, and belongs to this caller alone.
	h := w.Header()
	h["Launchpad-Account"] = []string{p.admitted.Account.Slug}
	h["Vary"] = varyByCaller
	if p.admitted, err = g.assertions.State(p.admitted); err != nil {
		return err
	}
	if err := c.api.Upstream.serve(w, g.forUpstream(r, p), p); err != nil {
		renew(w) // for what will be said of it
		return err
	}
	return nil
}

var varyByCaller = []string{"Authorization, " + protect.AccountHeader}
