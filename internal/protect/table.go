package protect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"launchpad/internal/config"
	"launchpad/oauth"
)

// API is one protected API.
type API struct {
	Key         string   // of the setting that declares it, like api[0]; "" if none does
	Name        string   // for people and logs; the prefix, if it has none
	Resource    string   // RFC 8707 §2: its identifier, an absolute URI; "" if tokens are not bound to it
	Hosts       []string // at which it is reached, in small letters and without ports; none: at the issuer's and the accounts'
	Prefix      string   // "/v3/": everything under it is ours to refuse
	Routes      []Route
	Scopes      oauth.Scope // that it asks for itself, beside those of its routes
	AccountFrom []string    // which of the AccountSources may name the account; none: all
	QueryTokens bool        // whether ?access_token= is taken at all; never by one for agents, nor where a proxy asks
	Agents      bool        // it is for AI agents: strangers' apps may ask for it
	Assertion   bool        // whoever is behind it gets a signed statement of who calls
	Guarded     bool        // a proxy that asks stands in front of it, and not we
	Limits      config.APILimits
}

// Label names an API to operators.
func (a *API) Label() string {
	switch {
	case a.Name != "":
		return a.Name
	case len(a.Hosts) > 0:
		return a.Hosts[0] + a.Prefix
	}
	return a.Prefix
}

// Wrong says what cannot be about one of its settings ("" for all of it), so that the operator finds it in their file.
func (a *API) Wrong(setting, format string, values ...any) error {
	key := a.Key
	if key == "" {
		key = fmt.Sprintf("api %q", a.Label())
	}
	return config.Wrong(strings.TrimSuffix(key+"."+setting, "."), format, values...)
}

// Origin is where it is called: at its own host, by the issuer's scheme, or else at the issuer's.
func (a *API) Origin(issuer string) string {
	if len(a.Hosts) == 0 {
		return issuer
	}
	scheme, _, _ := strings.Cut(issuer, "://")
	return scheme + "://" + a.Hosts[0]
}

// Route is one call of an API.
type Route struct {
	Key    string // of the setting that declares it, like route[0]; "" if none does
	Method string
	Path   string // {account} stands for an account's slug or id, other words in braces for any segment, {rest...} at the end for all that follow
	Scope  string // what the token must have, scopes with blanks between them; empty: any token

	Session bool // people who are signed in may call it from a browser, too, where a proxy asks
}

// Table finds the route of a call. It does not change; a new one is made when the configuration does.
type Table struct{ hosts map[string][]*branch } // by host, "" for the issuer's; the longest prefix first

// branch is an API of a host.
type branch struct {
	api    *API
	root   *node
	folded *node // the same with every word folded
	bare   *node // the prefix without its slash
}

// node is a place in the tree of paths.
type node struct {
	literal map[string]*node
	any     *node // one segment
	account bool  // that segment names the account
	rest    *node // all that follow
	routes  []*Route
}

// account is the segment that names one.
const account = "{account}"

// NewTable makes one. Its error says what cannot work, for the operator.
func NewTable(apis []API) (*Table, error) {
	t := &Table{hosts: map[string][]*branch{}}
	for i := range apis {
		api := &apis[i]
		b := &branch{api: api, root: &node{}, folded: &node{}}
		for j := range api.Routes {
			if err := b.add(&api.Routes[j]); err != nil {
				return nil, api.Wrong(api.Routes[j].Key, "%w", err)
			}
		}
		hosts := api.Hosts
		if len(hosts) == 0 {
			hosts = []string{""}
		}
		for _, host := range hosts {
			for _, other := range t.hosts[host] {
				if strings.HasPrefix(other.api.Prefix, api.Prefix) || strings.HasPrefix(api.Prefix, other.api.Prefix) {
					return nil, api.Wrong("prefix", "%q and that of api %q, %q, cover each other; make them differ", api.Prefix, other.api.Label(), other.api.Prefix)
				}
			}
			t.hosts[host] = append(t.hosts[host], b)
		}
	}
	return t, nil
}

func (b *branch) add(route *Route) error {
	n, f, segments := b.root, b.folded, []string(nil)
	switch {
	case route.Path+"/" == b.api.Prefix:
		n = child(&b.bare)
		f = n
	case !strings.HasPrefix(route.Path, b.api.Prefix):
		return fmt.Errorf("the path %q does not begin with the prefix", route.Path)
	default:
		segments = strings.Split(route.Path[len(b.api.Prefix):], "/")
	}
	for i, segment := range segments {
		var err error
		if n, err = n.step(segment, segment, i == len(segments)-1); err != nil {
			return fmt.Errorf("the path %q: %w", route.Path, err)
		}
		if f, err = f.step(segment, fold(segment), i == len(segments)-1); err != nil {
			return fmt.Errorf("the path %q: %w", route.Path, err)
		}
	}
	if slices.ContainsFunc(n.routes, func(other *Route) bool { return other.Method == route.Method }) {
		return fmt.Errorf("%s %s is there twice; take one of the two out", route.Method, route.Path)
	}
	if n.routes = append(n.routes, route); f != n {
		f.routes = append(f.routes, route)
	}
	return nil
}

// step makes the way for a segment; word is how it is found if it is one.
func (n *node) step(segment, word string, last bool) (*node, error) {
	inBraces := strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
	switch {
	case inBraces && strings.HasSuffix(segment, "...}") && last:
		return child(&n.rest), nil
	case inBraces:
		named := segment == account
		if n.any != nil && n.account != named {
			return nil, errors.New("it and another differ in whether a segment is the account")
		}
		n.account = named
		return child(&n.any), nil
	case strings.ContainsAny(segment, "{}"):
		return nil, fmt.Errorf("the segment %q must be a word, or a word in braces", segment)
	}
	if n.literal == nil {
		n.literal = map[string]*node{}
	}
	next := n.literal[word]
	n.literal[word] = child(&next)
	return next, nil
}

func child(n **node) *node {
	if *n == nil {
		*n = &node{}
	}
	return *n
}

// Match is the route of a call.
type Match struct {
	API     *API
	Route   *Route
	Account string // that the path names; "" if it names none
}

// Covers finds the API that a host and a path belong to, or nil.
func (t *Table) Covers(host, path string) *API {
	if b := t.branch(host, path); b != nil {
		return b.api
	}
	return nil
}

// Owns reports whether a host is that of APIs alone.
func (t *Table) Owns(host string) bool {
	_, own := t.hosts[host]
	return own && host != ""
}

// HasHosts reports whether any API has a host of its own.
func (t *Table) HasHosts() bool {
	_, shared := t.hosts[""]
	return len(t.hosts) > 1 || len(t.hosts) == 1 && !shared
}

func (t *Table) branch(host, path string) *branch {
	branches, own := t.hosts[host]
	if !own {
		branches = t.hosts[""]
	}
	for _, b := range branches {
		if strings.HasPrefix(path, b.api.Prefix) || path+"/" == b.api.Prefix {
			return b
		}
	}
	return nil
}

// Find finds the route of a call: the host in small letters and without port, and a canonical path. A call that is not
// declared is refused.
func (t *Table) Find(host, method, path string) (Match, error) {
	b := t.branch(host, path)
	if b == nil {
		return Match{}, undeclared()
	}
	m := Match{API: b.api}
	found := b.bare
	if len(path) >= len(b.api.Prefix) {
		path = path[len(b.api.Prefix):]
		if found = b.root.find(path, &m.Account); found != nil && b.ambiguous(found, path) {
			found = nil
		}
	}
	if found == nil {
		return Match{API: b.api}, undeclared()
	}
	allow := make([]string, 0, len(found.routes))
	for _, route := range found.routes {
		if route.Method == method {
			m.Route = route
			return m, nil
		}
		allow = append(allow, route.Method)
	}
	slices.Sort(allow)
	return Match{API: b.api}, oauth.MethodNotAllowed(strings.Join(allow, ", "))
}

// find follows a path; words go before wildcards, and those before what takes all.
func (n *node) find(path string, named *string) *node {
	segment, rest, more := strings.Cut(path, "/")
	end := func(n *node) *node {
		switch {
		case n == nil:
			return nil
		case more:
			return n.find(rest, named)
		case len(n.routes) == 0:
			return nil
		}
		return n
	}
	if found := end(n.literal[segment]); found != nil {
		return found
	}
	if n.any != nil && segment != "" {
		if found := end(n.any); found != nil {
			if n.account {
				*named = segment
			}
			return found
		}
	}
	return n.rest
}

// ambiguous reports whether an upstream that takes paths less exactly than we do would take this one for another route:
// /v3/{name} must not open /v3/admin to whoever writes /v3/Admin.
func (b *branch) ambiguous(found *node, path string) bool {
	if isFolded(path) {
		return false
	}
	var named string
	other := b.folded.find(fold(path), &named)
	return other == nil || !slices.Contains(other.routes, found.routes[0])
}

// fold spells a path as the laxest upstream would read it: case counts for nothing, nor do dots and blanks at the end of a
// segment.
func fold(path string) string {
	segments := strings.Split(strings.ToLower(strings.ToUpper(path)), "/")
	for i, segment := range segments {
		segments[i] = strings.TrimRight(segment, ". ")
	}
	return strings.Join(segments, "/")
}

// isFolded finds, quickly, that fold would change nothing.
func isFolded(path string) bool {
	for i := range len(path) {
		c := path[i]
		if c >= 'A' && c <= 'Z' || c >= 0x80 || (c == '.' || c == ' ') && (i+1 == len(path) || path[i+1] == '/' || path[i+1] == '.' || path[i+1] == ' ') {
			return false
		}
	}
	return true
}

func undeclared() error {
	return oauth.NotFound("api_route_unknown", "this API has no such call; look at its method and path")
}
