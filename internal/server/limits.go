package server

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"launchpad/internal/authorize"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/introspect"
	"launchpad/internal/limit"
	"launchpad/internal/revoke"
	"launchpad/internal/token"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// class is the routes that share limits: so many requests from one address, and of one authenticated app, in a window.
type class struct {
	what   string // is limited, for the sentence
	covers func(web.Route) bool
	from   int // one address
	of     int // one app that has proved itself; 0: apps are not asked for

	addresses, apps *limit.Rate
}

// classes is the one table of limits. A route belongs to the first class that covers it, and each falls into one: the
// last lines cover every surface. What is counted beside it: passwords (session), calls for one account (below).
func classes(l config.Limits) []class {
	return []class{
		{what: "token requests", covers: at(token.Path), from: l.Token, of: l.TokenOfApp},
		{what: "introspections", covers: at(introspect.Path), from: l.Introspect, of: l.IntrospectOfApp},
		{what: "revocations", covers: at(revoke.Path), from: l.Revoke, of: l.RevokeOfApp},
		{what: "authorization requests", covers: at(authorize.Path), from: l.Authorize},
		{what: "calls", covers: on(web.APISurface), from: l.API},
		{what: "requests", covers: on(web.JSONSurface), from: l.Documents},
		{what: "requests", covers: on(web.FileSurface), from: l.Files},
		{what: "forms", covers: func(r web.Route) bool { return r.Surface == web.PageSurface && r.Method == http.MethodPost }, from: l.Forms},
		{what: "page views", covers: on(web.PageSurface), from: l.Pages},
	}
}

// at covers a path and what lies below it.
func at(path string) func(web.Route) bool {
	return func(r web.Route) bool {
		at := cmp.Or(r.For, r.Path)
		return at == path || strings.HasPrefix(at, path+"/")
	}
}

func on(surface web.Surface) func(web.Route) bool {
	return func(r web.Route) bool { return r.Surface == surface }
}

// window is what the limits of requests are meant for.
const window = 10 * time.Second

// limits counts requests.
type limits struct {
	classes  []class
	accounts *limit.Rate // calls of APIs from one address for one account
	wrong    *limit.Rate // failed client authentications
	slow     *limit.Rate // wrong secrets that took long to compare
}

func newLimits(l config.Limits, clock core.Clock) *limits {
	table := limit.NewTable(clock)
	n := &limits{classes: classes(l), accounts: limit.NewRate(table, l.APIOfAccount, window), wrong: limit.NewRate(table, l.WrongSecrets, window), slow: limit.NewRate(table, slowSecrets, slowWindow)}
	for i := range n.classes {
		c := &n.classes[i]
		c.addresses = limit.NewRate(table, c.from, window)
		if c.of > 0 {
			c.apps = limit.NewRate(table, c.of, window)
		}
	}
	return n
}

// classOf finds the class of a route; nil is a hole in the table.
func (n *limits) classOf(route web.Route) *class {
	for i := range n.classes {
		if n.classes[i].covers(route) {
			return &n.classes[i]
		}
	}
	return nil
}

// astray is the class of requests without a route.
func (n *limits) astray() *class { return n.classOf(web.Route{Surface: web.PageSurface}) }

// perMethod is the limits of one path. A method that it does not have is counted with the first that it has.
type perMethod struct {
	routes  []web.Route
	classes []*class
}

func (n *limits) perMethod(routes []web.Route) perMethod {
	p := perMethod{routes: routes}
	for _, route := range routes {
		p.classes = append(p.classes, n.classOf(route))
	}
	return p
}

// admit counts a request by its address, before anything else of it is looked at.
func (p perMethod) admit(r *http.Request) error {
	for i := range p.routes {
		if p.routes[i].Method == r.Method {
			return p.classes[i].admit(r)
		}
	}
	return p.classes[0].admit(r)
}

func (c *class) admit(r *http.Request) error {
	if wait := c.addresses.Take(limit.Address(web.AddressOf(r))); wait > 0 {
		return oauth.TooManyRequests("too_many_requests", wait, "more than %d %s came from this address within %s; wait as long as Retry-After says", c.from, c.what, window)
	}
	return nil
}

// App counts a request of an app that has proved itself. A public app's name proves nothing: who counted by it would let
// anybody use up what is the app's.
func (n *limits) App(r *http.Request, app core.App) error {
	c := n.classOf(web.Route{Path: r.URL.Path, Surface: web.JSONSurface})
	if c.apps == nil || !app.Confidential() {
		return nil
	}
	if wait := c.apps.Take(limit.ID(app.ID)); wait > 0 {
		return oauth.TooManyRequests("too_many_of_app", wait, "this app sent more than %d %s within %s; wait as long as Retry-After says", c.of, c.what, window)
	}
	return nil
}

// WrongSecret counts a failed client authentication by address and by client_id, and gives what to answer. Only those that
// fail are ever refused for it: a secret of 256 bits cannot be guessed, but an app could be locked out by others' guesses.
func (n *limits) WrongSecret(r *http.Request, clientID string, refusal *oauth.Error) error {
	wait := max(n.wrong.Take(limit.Address(web.AddressOf(r))), n.wrong.Take(limit.Text(clientID)))
	if wait > 0 {
		return oauth.TooManyRequests("too_many_wrong_secrets", wait, "too many requests came with wrong credentials; mend client_id and client_secret before you go on").Because(refusal)
	}
	return refusal
}

// slowSecrets is how many wrong secrets one address may have compared the slow way in slowWindow. Right ones do not count,
// and one that was right is remembered, so no app that knows its secret meets this.
const (
	slowSecrets = 5
	slowWindow  = time.Minute
)

// SlowSecret counts a secret before it is compared with the slow hash of another server, so that the endpoint does not
// hash for strangers.
func (n *limits) SlowSecret(r *http.Request) (takeBack func(), err error) {
	who := limit.Address(web.AddressOf(r))
	if wait := n.slow.Take(who); wait > 0 {
		return nil, oauth.TooManyRequests("too_many_wrong_secrets", wait, "too many requests came with wrong credentials; mend client_id and client_secret before you go on")
	}
	return func() { n.slow.Return(who) }, nil
}

// Account counts a call of an API: from one address for one account, 500 in 10 seconds unless the operator says otherwise.
func (n *limits) Account(r *http.Request, account core.ID) error {
	if wait := n.accounts.Take(limit.Address(web.AddressOf(r)).And(account)); wait > 0 {
		return oauth.TooManyRequests("too_many_calls", wait, "too many calls came from this address for this account within %s; wait as long as Retry-After says", window)
	}
	return nil
}
