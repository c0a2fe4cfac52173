package server

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/authorize"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/feed"
	"launchpad/internal/introspect"
	"launchpad/internal/limit"
	"launchpad/internal/meter"
	"launchpad/internal/register"
	"launchpad/internal/revoke"
	"launchpad/internal/token"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// partition is by what a policy counts.
type partition int

const (
	byAddress           partition = iota // an IPv6 network of 64 bits is one
	byApp                                // that has proved itself, or whose token it is
	byIdentity                           // on whose behalf a token is
	byAccount                            // from wherever
	byAddressAndAccount                  // one address for one account
	byEverybody                          // all together
	byFailure                            // by address, and by the client_id that was tried
)

// policy is a line of the table: so many of what in a window, counted by what.
type policy struct {
	name   string // in [limits], in RateLimit fields and in the metrics
	by     partition
	most   int
	what   string // is limited, for the sentence
	covers func(web.Route) bool

	rate   *limit.Rate
	api    string // whose own it is; "": everybody's
	fields *fields
}

// policies is the one table of limits, in requests for each window; docs/rate-limits.md tells it to developers. A route
// falls into the first line by address that covers it, and each falls into one: the last lines cover every surface. Lines
// of calls are all counted. What is counted beside it: passwords (session), and secrets that take long to compare (below).
func policies(l config.Limits) []policy {
	return []policy{
		{name: "token", by: byAddress, most: l.Token, what: "token requests", covers: at(token.Path)},
		{name: "introspect", by: byAddress, most: l.Introspect, what: "introspections", covers: at(introspect.Path)},
		{name: "feed", by: byAddress, most: l.Feed, what: "requests for the revocation feed", covers: at(feed.Path)},
		{name: "revoke", by: byAddress, most: l.Revoke, what: "revocations", covers: at(revoke.Path)},
		{name: "register", by: byAddress, most: l.Register, what: "registrations", covers: at(register.Path)},
		{name: "authorize", by: byAddress, most: l.Authorize, what: "authorization requests", covers: at(authorize.Path)},
		{name: "api", by: byAddress, most: l.API, what: "calls", covers: on(web.APISurface)},
		{name: "documents", by: byAddress, most: l.Documents, what: "requests", covers: on(web.JSONSurface)},
		{name: "files", by: byAddress, most: l.Files, what: "requests", covers: on(web.FileSurface)},
		{name: "forms", by: byAddress, most: l.Forms, what: "forms", covers: forms},
		{name: "pages", by: byAddress, most: l.Pages, what: "page views", covers: on(web.PageSurface)},

		{name: "token_of_app", by: byApp, most: l.TokenOfApp, what: "token requests", covers: at(token.Path)},
		{name: "introspect_of_app", by: byApp, most: l.IntrospectOfApp, what: "introspections", covers: at(introspect.Path)},
		{name: "feed_of_app", by: byApp, most: l.FeedOfApp, what: "requests for the revocation feed", covers: at(feed.Path)},
		{name: "revoke_of_app", by: byApp, most: l.RevokeOfApp, what: "revocations", covers: at(revoke.Path)},
		{name: "register_of_all", by: byEverybody, most: l.RegisterOfAll, what: "registrations", covers: at(register.Path)},
		{name: unknownDocuments, by: byAddress, most: l.UnknownDocuments, what: "requests of apps whose documents are not known yet", covers: nothing},
		{name: "wrong_secrets", by: byFailure, most: l.WrongSecrets, what: "wrong credentials", covers: nothing},

		{name: ofAccount, by: byAddressAndAccount, most: l.APIOfAccount, what: "calls", covers: nothing},
		{name: ofRoute, by: byAddressAndAccount, most: l.APIOfRoute, what: "calls", covers: nothing},
		{name: ofIdentity, by: byIdentity, most: l.APIOfIdentity, what: "calls", covers: nothing},
		{name: ofApp, by: byApp, most: l.APIOfApp, what: "calls", covers: nothing},
		{name: inAccount, by: byAccount, most: l.APIInAccount, what: "calls", covers: nothing},
	}
}

// unknownDocuments is about what we fetch because somebody names an address.
const unknownDocuments = "unknown_documents"

// The policies of calls.
const (
	ofAccount  = "api_of_account"
	ofRoute    = "api_of_route"
	ofIdentity = "api_of_identity"
	ofApp      = "api_of_app"
	inAccount  = "api_in_account"
)

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

func forms(r web.Route) bool { return r.Surface == web.PageSurface && r.Method == http.MethodPost }

func nothing(web.Route) bool { return false }

// window is what the limits of requests are meant for.
const window = 10 * time.Second

// limits counts requests.
type limits struct {
	table    *limit.Table
	policies []*policy
	calls    atomic.Pointer[callLimits]
	making   sync.Mutex
	wrong    *policy
	unknown  *policy
	slow     *limit.Rate // wrong secrets that took long to compare: what is spared is this process
	refused  meter.Table // by policy and API
}

func newLimits(l config.Limits, clock core.Clock) *limits {
	n := &limits{table: limit.NewTable(clock)}
	n.calls.Store(newCallLimits())
	for _, p := range policies(l) {
		n.policies = append(n.policies, n.keep(p, p.name))
	}
	n.wrong, n.unknown = n.named("wrong_secrets"), n.named(unknownDocuments)
	n.slow = limit.NewRate(n.table, slowSecrets, slowWindow)
	return n
}

// keep begins to count by a policy. Other processes know it by the same words.
func (n *limits) keep(p policy, words string) *policy {
	p.rate = limit.NewRate(n.table, p.most, window).Shared(words)
	p.fields = newFields(oauth.Quota{Policy: p.name, Most: p.most, Window: window})
	return &p
}

func (n *limits) named(name string) *policy {
	return n.policies[slices.IndexFunc(n.policies, func(p *policy) bool { return p.name == name })]
}

// policyOf finds the policy of a route; nil is a hole in the table.
func (n *limits) policyOf(route web.Route, by partition) *policy {
	for _, p := range n.policies {
		if p.by == by && p.covers(route) {
			return p
		}
	}
	return nil
}

// astray is the policy of requests without a route.
func (n *limits) astray() *policy { return n.policyOf(web.Route{Surface: web.PageSurface}, byAddress) }

// perMethod is the limits of one path. A method that it does not have is counted with the first that it has.
type perMethod struct {
	limits *limits
	routes []web.Route
	from   []*policy // of one address
	all    []*policy // of everybody together; nil: it does not matter
}

func (n *limits) perMethod(routes []web.Route) perMethod {
	p := perMethod{limits: n, routes: routes}
	for _, route := range routes {
		p.from = append(p.from, n.policyOf(route, byAddress))
		p.all = append(p.all, n.policyOf(route, byEverybody))
	}
	return p
}

// admit counts a request by its address, before anything else of it is looked at.
func (p perMethod) admit(w http.ResponseWriter, r *http.Request) error {
	at := max(0, slices.IndexFunc(p.routes, func(route web.Route) bool { return route.Method == r.Method }))
	if err := p.limits.admit(w, r, p.from[at]); err != nil || p.all[at] == nil {
		return err
	}
	return p.limits.admitOfAll(p.all[at])
}

func (n *limits) admit(w http.ResponseWriter, r *http.Request, p *policy) error {
	standing := &seenOf(w).stands
	_, s := n.table.Take([]limit.Claim{{Rate: p.rate, Key: standing.from}})
	if s.Wait > 0 {
		return n.refuse(p, oauth.TooManyRequests("too_many_requests", s.Wait, "more than %d %s came from this address within %s; wait as long as Retry-After says", p.most, p.what, window))
	}
	standing.note(p, s)
	return nil
}

func (n *limits) admitOfAll(p *policy) error {
	if wait := p.rate.Take(limit.Text(p.name)); wait > 0 {
		return n.refuse(p, oauth.TooManyRequests("too_many_of_all", wait, "more than %d %s came within %s, from all addresses together; wait as long as Retry-After says", p.most, p.what, window))
	}
	return nil
}

// refuse counts a refusal, which tells what was met.
func (n *limits) refuse(p *policy, refusal *oauth.Error) error {
	n.refused.Add(p.name, p.api)
	return refusal.Under(p.fields.quota)
}

// App counts a request of an app that has proved itself. A public app's name proves nothing: who counted by it would let
// anybody use up what is the app's.
func (n *limits) App(r *http.Request, app core.App) error {
	p := n.policyOf(web.Route{Path: r.URL.Path, Surface: web.JSONSurface}, byApp)
	if p == nil || !app.Confidential() {
		return nil
	}
	if wait := p.rate.Take(limit.ID(app.ID)); wait > 0 {
		return n.refuse(p, oauth.TooManyRequests("too_many_of_app", wait, "this app sent more than %d %s within %s; wait as long as Retry-After says", p.most, p.what, window))
	}
	return nil
}

// Unknown counts a request for which a stranger's server has to be asked. A few addresses could otherwise keep all places taken
// from which documents are fetched.
func (n *limits) Unknown(r *http.Request) error {
	if wait := n.unknown.rate.Take(limit.Address(web.AddressOf(r))); wait > 0 {
		return n.refuse(n.unknown, oauth.TooManyRequests("too_many_requests", wait, "more than %d %s came from this address within %s; wait as long as Retry-After says", n.unknown.most, n.unknown.what, window))
	}
	return nil
}

// WrongSecret counts a failed client authentication by address and by client_id, and gives what to answer. Only those that
// fail are ever refused for it: a secret of 256 bits cannot be guessed, but an app could be locked out by others' guesses.
func (n *limits) WrongSecret(r *http.Request, clientID string, refusal *oauth.Error) error {
	wait := max(n.wrong.rate.Take(limit.Address(web.AddressOf(r))), n.wrong.rate.Take(limit.Text(clientID)))
	if wait > 0 {
		return n.refuse(n.wrong, tooManySecrets(wait).Because(refusal))
	}
	return refusal
}

func tooManySecrets(wait time.Duration) *oauth.Error {
	return oauth.TooManyRequests("too_many_wrong_secrets", wait, "too many requests came with wrong credentials; mend client_id and client_secret before you go on")
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
		n.refused.Add("slow_secrets", "")
		return nil, tooManySecrets(wait).Under(oauth.Quota{Policy: "slow_secrets", Most: slowSecrets, Window: slowWindow})
	}
	return func() { n.slow.Return(who) }, nil
}
