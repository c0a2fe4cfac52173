package authorize

import (
	"context"
	"net/http"
	"net/url"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/keys"
	"launchpad/internal/mint"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/sunset"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Path of the endpoint and of the way back to it.
const (
	Path         = "/oauth/authorize"
	PathContinue = "/oauth/authorize/continue"
	PathNative   = "/oauth/authorize/native"
)

// Apps looks apps up.
type Apps interface {
	ByClientID(ctx context.Context, clientID string) (core.App, error)
}

// Members lists the accounts of an identity.
type Members interface {
	Memberships(ctx context.Context, identity core.ID) ([]core.Membership, error)
}

// Room is the endpoint.
type Room struct {
	Store        *store.Store
	Clock        core.Clock
	Keys         *keys.Keys
	Apps         Apps
	Members      Members
	Interactions *interact.Interactions
	Mint         *mint.Mint
	Pages        *web.Renderer
	OldWays      *sunset.Ways
	Published    oauth.Scope
	Resources    *protect.Resources
	// Unknown counts a request for whose app a document has to be fetched.
	Unknown func(*http.Request) error
	// Reword says in a client's dialect what it is refused for. This room knows none.
	Reword func(dialect string, e *oauth.Error) *oauth.Error
}

// Routes of the room. The endpoint takes GET and POST (OIDC Core §3.1.2.1), from any site: it changes nothing
// until the person decides.
func (a *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: Path, Foreign: true, Handle: a.begin},
		{Method: "POST", Path: Path, Foreign: true, Handle: a.begin},
		{Method: "DELETE", Path: Path, Foreign: true, Handle: a.deny},
		{Method: "GET", Path: PathNative, Handle: a.native},
		{Method: "GET", Path: PathContinue, Handle: a.resume},
	}
}

// LongestAddress is what every browser and proxy still carries.
const LongestAddress = 8 << 10

// begin reads a request.
func (a *Room) begin(w http.ResponseWriter, r *http.Request) error {
	form, err := oauth.ReadBoth(r)
	if err != nil {
		return err
	}
	return a.Begin(w, r, form, form, "")
}

// Begin takes a request of an app, whose parameters have been read; sent is how they came, for a browser that has to come
// again, and dialect is for Reword.
func (a *Room) Begin(w http.ResponseWriter, r *http.Request, form, sent oauth.Form, dialect string) error {
	if r.Method == http.MethodPost && !web.VisitorOf(r).SignedIn() {
		// A browser keeps its cookies to itself when another site sends a form. It brings them when it follows this.
		if again := Path + "?" + sent.Encode(); len(again) <= LongestAddress {
			return redirect(w, r, again)
		}
	}
	q := a.read(r, form)
	q.record.Dialect = dialect
	// First who asks and where the answer would go. Whatever is wrong with these is shown to the person and never
	// redirected: RFC 6749 §4.1.2.1.
	for _, step := range identify {
		if err := step(q); err != nil {
			return err
		}
	}
	// From here on the app hears of its mistakes itself.
	for _, step := range examine {
		if err := step(q); err != nil {
			return a.refuse(w, r, q.app, q.record, err)
		}
	}
	now := a.Clock.Now()
	q.record.ID, q.record.CreatedAt = secret.NewID(now), now
	q.record.Browser = secret.Digest(web.VisitorOf(r).Browser)
	return a.next(w, r, q.app, q.record)
}

func (a *Room) read(r *http.Request, form oauth.Form) *request {
	return &request{ctx: apps.Counting(r.Context(), func() error { return a.Unknown(r) }), room: a, form: form}
}

// resume takes the browser back from another room.
func (a *Room) resume(w http.ResponseWriter, r *http.Request) error {
	record, err := a.Interactions.Open(r.URL.Query().Get("i"), web.VisitorOf(r).Browser)
	if err != nil {
		return err
	}
	app, err := findApp(r.Context(), a.Apps, record.ClientID)
	if err != nil {
		return err
	}
	// The app may have been edited while the person was thinking, and an operator may have changed his mind.
	if !registered(app, record.RedirectURI) {
		return redirectMismatch(app, record.RedirectURI)
	}
	if record.Implicit {
		if err := mayTakeTokens(app); err != nil {
			return a.refuse(w, r, app, record, err)
		}
	}
	return a.next(w, r, app, record)
}

// next decides what has to happen: sign in, consent, or the answer.
func (a *Room) next(w http.ResponseWriter, r *http.Request, app core.App, record interact.Record) error {
	v := web.VisitorOf(r)
	web.RecordOf(w).App = app.ClientID
	switch {
	case record.Denied:
		return a.refuse(w, r, app, record, denied())
	case !v.SignedIn() || record.SignInAgain && v.Session.CreatedAt.Before(record.CreatedAt):
		return a.send(w, r, app, "/signin", record, oauth.LoginRequired("login_required", "nobody is signed in, and prompt=none forbids to ask"))
	}
	// Before any answer, one that was decided elsewhere included.
	if err := a.mayAuthorize(r.Context(), app, v.Identity.ID); err != nil {
		return err
	}
	if !record.GrantID.Zero() && record.IdentityID == v.Identity.ID {
		return a.respond(w, r, app, record, record.GrantID, record.ID)
	}
	grant, remembered, err := a.standing(r.Context(), app, v.Identity.ID, record)
	if err != nil {
		return err
	}
	if remembered {
		return a.respond(w, r, app, record, grant.ID, core.ID{})
	}
	return a.send(w, r, app, "/oauth/consent", record, oauth.ConsentRequired("consent_required", "the person has not yet allowed this, and prompt=none forbids to ask"))
}

// send goes to another room, unless the app forbade to ask anybody (prompt=none).
func (a *Room) send(w http.ResponseWriter, r *http.Request, app core.App, room string, record interact.Record, silently *oauth.Error) error {
	if record.Silent {
		return a.refuse(w, r, app, record, silently)
	}
	http.Redirect(w, r, room+"?"+url.Values{"i": {a.Interactions.Seal(record)}}.Encode(), http.StatusSeeOther)
	return nil
}

// redirect answers GET with 302, as old clients expect, and POST with 303, so that the form is not sent on
// (RFC 9700 §4.12: never 307).
func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	status := http.StatusFound
	if r.Method != http.MethodGet {
		status = http.StatusSeeOther
	}
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	return nil
}
