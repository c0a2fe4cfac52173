package forwardauth

import (
	"errors"
	"net/http"
	"path"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/internal/session"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Room is forward-auth.
type Room struct {
	Clock    core.Clock
	Keys     *keys.Keys
	Sessions *session.Sessions
	Pages    *web.Renderer
	Rules    *protect.Rules
	Asserts  *protect.Assertions
	Table    func() *protect.Table // of now
	Proxies  web.Proxies           // that may ask
}

// Routes of the room.
func (f *Room) Routes() []web.Route {
	list := []web.Route{{Method: "GET", Path: pathStart, Surface: web.PageSurface, Handle: f.start}}
	for _, d := range dialects {
		route := web.Route{Method: "GET", Path: Path + "/" + d.name, Surface: web.APISurface, Handle: f.ask(d)}
		if d.below {
			route.Method, route.Path = "", route.Path+"/"
		}
		list = append(list, route)
		if d.narrow {
			list = append(list, web.Route{Method: "GET", Path: route.Path + "/answer", Surface: web.APISurface, Handle: f.explain(d)})
		}
	}
	return list
}

// ask answers whether a request may pass.
func (f *Room) ask(d dialect) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		passage, err := f.decide(w, r, d)
		if err == nil {
			passage, err = f.Asserts.State(passage)
		}
		if err != nil && d.narrow {
			return narrowed(err)
		}
		if err != nil {
			return f.refuse(w, err)
		}
		pass(w, passage)
		return nil
	}
}

// explain gives the whole answer to a request that ask has refused, for the client.
func (f *Room) explain(d dialect) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, err := f.decide(w, r, d)
		if err == nil {
			// It would pass by now. This answer is not the one that it waits for, so it is no success either.
			return oauth.Unavailable(errors.New("what was refused a moment ago would pass now"))
		}
		return f.refuse(w, err)
	}
}

// decide reads what the proxy asks about and decides on it as the gateway would. Its errors are *oauth.Error, or elsewhere.
func (f *Room) decide(w http.ResponseWriter, r *http.Request, d dialect) (p protect.Passage, err error) {
	// RFC 7239 §8.1: anybody can write such headers; only what stands where the operator says is believed.
	if !f.Proxies.Have(web.RecordOf(w).Peer) {
		return p, oauth.AccessDenied("forward_auth_peer", "only proxies that are named in the configuration, under forward_auth.proxies, may ask this")
	}
	if len(r.Header["X-Forwarded-For"]) == 0 {
		// Else everybody behind the proxy would share what one address may.
		return p, oauth.InvalidRequest("forward_auth_header", "the proxy does not send %s; configure it as the page of forward-auth for it says", "X-Forwarded-For")
	}
	o, err := d.read(r)
	if err != nil {
		return p, err
	}
	call := new(http.Request)
	*call = *r
	call.Method, call.Host, call.URL, call.RequestURI, call.Body = o.method, o.site.hostport(), o.url, o.target, http.NoBody
	if p, err = f.judge(w, call, o); err != nil && navigates(call) {
		err = f.shown(err, o)
	}
	return p, err
}

// judge decides on the call.
func (f *Room) judge(w http.ResponseWriter, call *http.Request, o original) (p protect.Passage, err error) {
	if err := canonical(call); err != nil {
		return p, err
	}
	if !f.guards(o.site.host, call.Host) {
		return p, oauth.NotFound("forward_auth_host", "no API of the configuration has this host; name it under hosts of one").
			Got(oauth.Printable(o.site.host), "a host of an API").WithStatus(http.StatusMisdirectedRequest)
	}
	if strings.HasPrefix(o.url.Path, ownPrefix) {
		return p, f.own(call, o)
	}
	match, err := f.Table().Find(o.site.host, o.method, o.url.Path)
	if err != nil {
		return p, err
	}
	if !match.API.Guarded && inAddress(f.Rules.Tokens, call) {
		// The gateway would take it out of the address; a proxy hands it on.
		return p, oauth.InvalidToken("query_token_refused", "behind a proxy that asks, tokens are taken in the Authorization header only").Got("a token in the query", "Authorization: Bearer")
	}
	if match.Route.Session && f.mayVisit(o.site) && noToken(f.Rules.Tokens, call) {
		return f.admitVisitor(w, call, o, match)
	}
	return f.Rules.Admit(w.Header(), call, match.API, match.Route, match.Account, web.RecordOf(w))
}

// canonical: what cannot be read in two ways, because what stands behind the proxy reads it once more.
func canonical(call *http.Request) error {
	if p, plain := call.URL.Path, path.Clean(call.URL.Path); strings.TrimSuffix(p, "/") != strings.TrimSuffix(plain, "/") {
		return oauth.InvalidRequest("path_not_canonical", "the path has empty, '.' or '..' segments; send it in its plain form")
	}
	return protect.Canonical(call)
}

// guards reports whether a host is an API's, an account's or the issuer's. Others have no rules, so nothing passes there.
func (f *Room) guards(host, hostport string) bool {
	if f.Table().Owns(host) {
		return true
	}
	_, account := f.Rules.AccountHosts.Account(hostport)
	return account || host == f.issuer().host
}

// issuer is where our own pages are.
func (f *Room) issuer() site {
	scheme, host, _ := strings.Cut(f.Keys.Issuer(), "://")
	s, _ := readSite(scheme, host) // the configuration has checked it
	return s
}

func noToken(tokens protect.Credentials, call *http.Request) bool {
	_, err := tokens.Present(http.Header{}, call)
	return err != nil && oauth.AsError(err).Slug == "token_missing_at_api"
}

func inAddress(tokens protect.Credentials, call *http.Request) bool {
	presented, err := tokens.Present(http.Header{}, call)
	return err == nil && presented.InQuery()
}

// pass lets the request pass, and tells for whom. Every name is set, if need be to nothing: what the proxy copies from here
// writes over what a client sent under it.
func pass(w http.ResponseWriter, p protect.Passage) {
	h := w.Header()
	h["Cache-Control"] = noStore
	p.Tell(h, true)
	w.WriteHeader(http.StatusOK)
}

var noStore = []string{"no-store"}

// refuse answers what does not pass: a browser that is to go elsewhere is sent there, the rest is for the surface.
func (f *Room) refuse(w http.ResponseWriter, err error) error {
	away, ok := errors.AsType[*elsewhere](err)
	if !ok {
		return err
	}
	for _, c := range away.cookies {
		http.SetCookie(w, c)
	}
	h := w.Header()
	h.Set("Location", away.to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusFound)
	return nil
}

// narrowed says a refusal in the words that every proxy knows. The challenge comes with the whole of it: nginx would hand on
// both.
func narrowed(err error) error {
	if _, ok := errors.AsType[*elsewhere](err); ok {
		err = signInNeeded()
	}
	e, ok := errors.AsType[*oauth.Error](err)
	if !ok || e.Status >= http.StatusInternalServerError {
		return err
	}
	refused := *e
	refused.Scheme = ""
	if e.Status != http.StatusUnauthorized {
		refused.Status = http.StatusForbidden
	}
	return &refused
}
