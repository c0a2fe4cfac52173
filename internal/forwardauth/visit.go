package forwardauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// People in browsers. Our session cookie is the issuer's host's alone, so a guarded host has one of its own, a pass. Its
// browser comes to it in three steps, each sealed for one host: the host sends it here with a request; here the person signs
// in, if need be, and it goes back with a hand-over to a path that the proxy asks us about like about any other; there it
// gets the pass. The cookie of the first step binds the hand-over to the browser that began, and goes with the last.

// Names of the cookies at guarded hosts.
const (
	cookiePass  = "pass"
	cookieVisit = "visit" // of a browser on its way
)

// How long the steps may take. A pass lives as long as its session, at most so long.
const (
	requestLife  = time.Hour
	handOverLife = time.Minute
	passLife     = session.Absolute
)

// ownPrefix is what belongs to us at every guarded host.
const (
	ownPrefix    = "/.launchpad/"
	pathHandOver = ownPrefix + "signed-in"
	pathStart    = Path + "/start"
)

// longestReturn is the longest path that somebody is brought back to after signing in; the way there is a single address.
const longestReturn = 1000

// elsewhere is a refusal that tells a browser where to go.
type elsewhere struct {
	to      string
	cookies []*http.Cookie
}

func (e *elsewhere) Error() string { return "the browser is sent elsewhere" }

func signInNeeded() *oauth.Error {
	return oauth.Challenge("sign_in_needed", "nobody is signed in here; open the page in a browser, or send an access token")
}

// mayVisit reports whether people can be known at a host. At the issuer's own, what stands behind the proxy would see our
// cookies; over plain http, everybody would see the pass.
func (f *Room) mayVisit(s site) bool {
	home := f.issuer()
	if s.host == home.host || s.scheme == "http" && home.scheme == "https" {
		return false
	}
	// A port that nobody configured may be somebody else's. Only who develops on one computer has such.
	return s.port == "" || home.port != ""
}

// admitVisitor decides about a request of a browser that brings no token.
func (f *Room) admitVisitor(w http.ResponseWriter, call *http.Request, o original, match protect.Match) (protect.Passage, error) {
	who, err := f.visitor(call, o.site)
	if err != nil {
		return protect.Passage{}, err
	}
	if who.ID.Zero() && navigates(call) {
		return protect.Passage{}, f.askToSignIn(call, o)
	}
	if who.ID.Zero() {
		return protect.Passage{}, signInNeeded()
	}
	if !ownRequest(call, o.site) {
		return protect.Passage{}, oauth.AccessDenied("foreign_request", "another site made the browser send this, or it does not say which; only pages of this host may")
	}
	passage, err := f.Rules.AdmitPerson(w.Header(), call, match, web.RecordOf(w), who.ID)
	if err != nil {
		return passage, personal{err, who}
	}
	return passage, nil
}

// personal is a refusal of somebody whom we know.
type personal struct {
	error
	who core.Identity
}

func (p personal) Unwrap() error { return p.error }

// shown makes a page of what refuses a person for good: that nobody may, that this person may not, or that nothing is there.
func (f *Room) shown(err error, o original) error {
	e, ok := errors.AsType[*oauth.Error](err)
	if !ok || e.Status != http.StatusForbidden && e.Status != http.StatusNotFound {
		return err
	}
	page := web.Refused{At: o.site.hostport() + o.url.Path, Issuer: f.Keys.Issuer()}
	if known, ok := errors.AsType[personal](err); ok {
		page.Person = known.who.Email
	}
	return web.Shown(err, page)
}

// visitor finds out who the browser's pass stands for; nobody if it has none that is good.
func (f *Room) visitor(call *http.Request, at site) (core.Identity, error) {
	pass, err := f.open(jar(at).Get(call, cookiePass), keys.SitePass, passLife)
	if err != nil || pass.Origin != at.origin() {
		return core.Identity{}, passing(err)
	}
	return f.Sessions.Elsewhere(call.Context(), pass.SessionID, pass.Origin, pass.Proof)
}

// passing keeps a fault of the store, which must not look as if nobody were there.
func passing(err error) error {
	if errors.Is(err, core.ErrUnavailable) {
		return err
	}
	return nil
}

// navigates reports whether a person opens a page: other requests cannot follow a redirect to a sign-in.
func navigates(call *http.Request) bool {
	mode := call.Header.Get("Sec-Fetch-Mode")
	return call.Method == http.MethodGet && strings.Contains(call.Header.Get("Accept"), "text/html") && (mode == "" || mode == "navigate")
}

// ownRequest keeps out what other sites make a browser send with its pass: everything but plain reading must come from a
// page of the host itself, and say so. A WebSocket begins with a GET, and whoever opened it reads it.
func ownRequest(call *http.Request, at site) bool {
	safe := call.Method == http.MethodGet || call.Method == http.MethodHead || call.Method == http.MethodOptions
	if safe && len(call.Header["Sec-Websocket-Key"]) == 0 && len(call.Header["Upgrade"]) == 0 {
		return true
	}
	if from := call.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" {
		return false
	}
	origins := call.Header["Origin"]
	if len(origins) == 0 {
		return call.Header.Get("Sec-Fetch-Site") == "same-origin"
	}
	return len(origins) == 1 && origins[0] == at.origin()
}

// askToSignIn sends a browser to us, with a request that only a proxy's word makes.
func (f *Room) askToSignIn(call *http.Request, o original) error {
	cookies := jar(o.site)
	browser := cookies.Get(call, cookieVisit)
	if browser == "" {
		browser = secret.New(secret.Site).Reveal()
	}
	to := o.url.RequestURI()
	if len(to) > longestReturn {
		to = "/"
	}
	sealed := f.Keys.SealSite(keys.Site{Step: keys.SiteRequest, Origin: o.site.origin(), Path: to, Browser: secret.Digest(browser), At: f.Clock.Now()})
	return &elsewhere{
		to:      f.Keys.Issuer() + pathStart + "?" + url.Values{"r": {sealed}}.Encode(),
		cookies: []*http.Cookie{cookies.Cookie(cookieVisit, browser, requestLife)},
	}
}

// start is the step at our own host.
func (f *Room) start(w http.ResponseWriter, r *http.Request) error {
	q, v := r.URL.Query(), web.VisitorOf(r)
	asked, err := f.open(q.Get("r"), keys.SiteRequest, requestLife)
	if err != nil {
		return over(err)
	}
	if !v.SignedIn() {
		// Behind a form a browser follows redirects to our own host alone, so the way on is then a page.
		back := pathStart + "?" + url.Values{"r": {q.Get("r")}, "from": {"form"}}.Encode()
		http.Redirect(w, r, web.PathSignIn+"?"+url.Values{"return_to": {back}}.Encode(), http.StatusSeeOther)
		return nil
	}
	sealed := f.Keys.SealSite(keys.Site{
		Step: keys.SiteHandOver, Origin: asked.Origin, Path: asked.Path, Browser: asked.Browser,
		SessionID: v.Session.ID, Proof: session.Proof(v.Session, asked.Origin), At: f.Clock.Now(),
	})
	to := asked.Origin + pathHandOver + "?" + url.Values{"h": {sealed}}.Encode()
	w.Header().Set("Cache-Control", "no-store")
	if q.Get("from") == "form" {
		w.Header().Set("Refresh", "0;url="+to)
		return f.Pages.Render(w, r, http.StatusOK, web.GoOn{Host: asked.Origin, To: to})
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// own answers for what is ours at a guarded host: the last step. It never lets a request pass.
func (f *Room) own(call *http.Request, o original) error {
	if o.url.Path != pathHandOver || call.Method != http.MethodGet || !f.mayVisit(o.site) {
		return oauth.NotFound("page_unknown", "there is no page at this address")
	}
	given, err := f.open(o.url.Query().Get("h"), keys.SiteHandOver, handOverLife)
	if err == nil && given.Origin != o.site.origin() {
		err = errors.New("it is for another host")
	}
	if err != nil {
		return over(err)
	}
	cookies := jar(o.site)
	if browser := cookies.Get(call, cookieVisit); browser == "" || !secret.Matches(browser, given.Browser) {
		return f.again(call, o, given)
	}
	who, err := f.Sessions.Elsewhere(call.Context(), given.SessionID, given.Origin, given.Proof)
	if err != nil {
		return err
	}
	if who.ID.Zero() {
		return over(errors.New("its session has ended"))
	}
	pass := keys.Site{Step: keys.SitePass, Origin: given.Origin, SessionID: given.SessionID, Proof: given.Proof, At: f.Clock.Now()}
	return &elsewhere{
		to:      given.Origin + given.Path,
		cookies: []*http.Cookie{cookies.Cookie(cookiePass, f.Keys.SealSite(pass), passLife), cookies.Cookie(cookieVisit, "", -time.Second)},
	}
}

// again is for a hand-over that another tab of the same browser has used up the way for; a browser that did not begin
// gets nothing.
func (f *Room) again(call *http.Request, o original, given keys.Site) error {
	who, err := f.visitor(call, o.site)
	if err != nil {
		return err
	}
	if who.ID.Zero() {
		return over(errors.New("another browser began"))
	}
	return &elsewhere{to: given.Origin + given.Path}
}

// open reads what was sealed for a step, in time.
func (f *Room) open(sealed string, step keys.SiteStep, life time.Duration) (keys.Site, error) {
	s, err := f.Keys.OpenSite(sealed)
	switch {
	case err != nil:
		return s, err
	case s.Step != step:
		return s, errors.New("it is of another step")
	case !f.Clock.Now().Before(s.At.Add(life)):
		return s, context.DeadlineExceeded
	}
	return s, nil
}

func over(cause error) error {
	if errors.Is(cause, core.ErrUnavailable) {
		return cause
	}
	return oauth.AccessDenied("sign_in_over", "this step of signing in took too long, was begun in another browser, or its address is damaged; open the page that you wanted once more").Because(cause)
}

// jar: cookies of the host itself, for no other and for no script.
func jar(s site) web.Jar { return web.Jar{Secure: s.scheme == "https"} }
