package consent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/policy"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

const path = "/oauth/consent"

// Apps looks apps up.
type Apps interface {
	ByClientID(ctx context.Context, clientID string) (core.App, error)
	// Keep makes sure that the app is there to be let in; until now it may have been no more than what a stranger said.
	Keep(ctx context.Context, app core.App) error
}

// Members lists the accounts of an identity.
type Members interface {
	Memberships(ctx context.Context, identity core.ID) ([]core.Membership, error)
}

// Room is the consent.
type Room struct {
	Store        *store.Store
	Clock        core.Clock
	Apps         Apps
	Members      Members
	Sessions     *session.Sessions
	Interactions *interact.Interactions
	Pages        *web.Renderer
	Catalog      core.Catalog
	Resources    *protect.Resources
	RefreshIdle  time.Duration
}

// Routes of the room.
func (c *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: path, Handle: c.show},
		{Method: "POST", Path: path, Handle: c.decide},
	}
}

// question is everything that the page is about.
type question struct {
	sealed      string
	record      interact.Record
	app         core.App
	identity    core.Identity
	memberships []core.Membership
}

func (c *Room) question(r *http.Request, sealed string) (question, error) {
	v := web.VisitorOf(r)
	record, err := c.Interactions.Open(sealed, v.Browser)
	if err != nil {
		return question{}, err
	}
	q := question{sealed: sealed, record: record, identity: v.Identity}
	if !v.SignedIn() {
		return q, nil
	}
	q.app, err = c.Apps.ByClientID(r.Context(), record.ClientID)
	if errors.Is(err, core.ErrNotFound) {
		return q, oauth.InvalidRequest("client_unknown", "the app that asked does not exist any more")
	}
	if err != nil {
		return q, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	memberships, err := c.Members.Memberships(r.Context(), v.Identity.ID)
	if err != nil {
		return q, err
	}
	q.memberships = web.ByName(memberships)
	// Whoever signed in with another address than the one that the authorize room gave has not been asked yet.
	return q, policy.MayAuthorize(q.app, v.Identity.ID, q.memberships)
}

func (c *Room) show(w http.ResponseWriter, r *http.Request) error {
	q, err := c.question(r, r.URL.Query().Get("i"))
	if err != nil {
		return err
	}
	if q.identity.ID.Zero() {
		return goOn(w, r, q.sealed)
	}
	reach, err := c.suggested(r.Context(), q)
	if err != nil {
		return err
	}
	return c.draw(w, r, http.StatusOK, q, reach, nil)
}

// suggested ticks what the person chose for this app before, and "all" the first time.
func (c *Room) suggested(ctx context.Context, q question) (core.Reach, error) {
	grant, err := c.Store.Grant(ctx, q.identity.ID, q.app.ID)
	reach := grant.Reach
	switch {
	case errors.Is(err, core.ErrNotFound):
		reach = core.Reach{All: true}
		if len(q.memberships) > 0 {
			// A client that names no account must get an answer, too.
			reach.Default = q.memberships[0].Account.ID
		}
	case err != nil:
		return core.Reach{}, oauth.Unavailable(fmt.Errorf("load grant: %w", err))
	}
	// The account at whose host this began is meant by default, if it goes along anyway: a hint widens nothing.
	for _, m := range q.memberships {
		if m.Account.Slug == q.record.AccountHint && reach.Includes(m.Account.ID) {
			reach.Default = m.Account.ID
		}
	}
	return reach, nil
}

func (c *Room) draw(w http.ResponseWriter, r *http.Request, status int, q question, reach core.Reach, problems []web.Problem) error {
	developer, err := c.Store.Identity(r.Context(), q.app.OwnerID)
	if err != nil && !q.app.Stranger() {
		return oauth.Unavailable(fmt.Errorf("load developer: %w", err))
	}
	apis, err := c.Resources.Named(q.record.Resources)
	if err != nil {
		return err
	}
	sees, changes := c.Catalog.Split(q.record.Scope)
	return c.Pages.Render(w, r, status, web.Consent{
		Form:        web.Form{Problems: problems},
		Interaction: q.sealed, App: q.app, Developer: developer.Name,
		RedirectHost: oauth.RedirectHost(q.record.RedirectURI), Origin: oauth.RedirectOrigin(q.record.RedirectURI),
		OnThisDevice: onThisDevice(q.record.RedirectURI), LocalOnly: localOnly(q.app),
		APIs: apis.Names(),
		Sees: sees, Changes: changes,
		Memberships: q.memberships, Reach: reach, Undecided: reach.All && len(problems) > 0,
		RefreshDays: int(c.RefreshIdle / (24 * time.Hour)),
	})
}

// onThisDevice warns of an answer that goes to a program where the browser is: whoever started the flow gets it.
func onThisDevice(redirectURI string) string {
	class, err := oauth.CheckAgentRedirectURI(redirectURI)
	switch {
	case err != nil:
		return ""
	case class == oauth.RedirectLoopback:
		return "consent.on_this_computer"
	case class == oauth.RedirectShown:
		return "consent.shown"
	case class == oauth.RedirectPrivate || class == oauth.RedirectUnowned:
		return "consent.on_this_device"
	}
	return ""
}

// localOnly reports whether a stranger never answers to a server: then any program here can say that it is that app, and nothing
// shows whether it is. RFC 8252 §8.6.
func localOnly(app core.App) bool {
	return app.Stranger() && !slices.ContainsFunc(app.RedirectURIs, func(uri string) bool {
		class, err := oauth.CheckAgentRedirectURI(uri)
		return err == nil && class == oauth.RedirectHTTPS
	})
}

// goOn sends the browser back to the authorize room.
func goOn(w http.ResponseWriter, r *http.Request, sealed string) error {
	http.Redirect(w, r, "/oauth/authorize/continue?"+url.Values{"i": {sealed}}.Encode(), http.StatusSeeOther)
	return nil
}

func (c *Room) decide(w http.ResponseWriter, r *http.Request) error {
	q, err := c.question(r, r.PostFormValue("i"))
	if err != nil {
		return err
	}
	switch act := r.PostFormValue("act"); {
	case act == "switch":
		if err := c.Sessions.SignOut(w, r); err != nil {
			return err
		}
		return goOn(w, r, q.sealed)
	case q.identity.ID.Zero():
		return goOn(w, r, q.sealed)
	case act == "deny":
		q.record.Denied = true
		return goOn(w, r, c.Interactions.Seal(q.record))
	case act == "allow":
		return c.allow(w, r, q)
	}
	return oauth.InvalidRequest("decision_missing", "the form came without a decision; press one of the two buttons")
}

func (c *Room) allow(w http.ResponseWriter, r *http.Request, q question) error {
	reach, problem := chosenReach(r.PostForm, q.memberships)
	if problem != nil {
		return c.draw(w, r, http.StatusUnprocessableEntity, q, reach, []web.Problem{*problem})
	}
	switch err := c.Apps.Keep(r.Context(), q.app); {
	case errors.Is(err, core.ErrNotFound):
		return oauth.InvalidRequest("client_unknown", "the app that asked does not exist any more")
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("keep app: %w", err))
	}
	now := c.Clock.Now()
	grant, err := c.Store.RecordConsent(r.Context(), core.Grant{
		ID: secret.NewID(now), IdentityID: q.identity.ID, AppID: q.app.ID, Scope: q.record.Scope, Reach: reach,
		Resources: q.record.Resources, Bound: len(q.record.Resources) > 0, CreatedAt: now, UpdatedAt: now,
	}, q.record.ID, q.record.CreatedAt.Add(interact.Life))
	switch {
	case errors.Is(err, core.ErrConflict):
		return oauth.InvalidRequest("decision_used", "this page was answered already; go back to the app").WithStatus(http.StatusConflict).Because(err)
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("record consent: %w", err))
	}
	q.record.IdentityID, q.record.GrantID = q.identity.ID, grant.ID
	return goOn(w, r, c.Interactions.Seal(q.record))
}

// mostChosen bounds the accounts that are named one by one, since tokens name them, too, and have to fit into a header.
const mostChosen = 400

// chosenReach reads the accounts, of which only the person's own count.
func chosenReach(form url.Values, memberships []core.Membership) (core.Reach, *web.Problem) {
	own := map[string]core.ID{}
	for _, m := range memberships {
		own[m.Account.ID.String()] = m.Account.ID
	}
	reach := core.Reach{All: form.Get("reach") == "all", Default: own[form.Get("default")]}
	for _, text := range form["account"] {
		id, ok := own[strings.TrimSpace(text)]
		if ok && reach.All {
			// Without a script, boxes can stay ticked beside "all". Which of the two was meant is not ours to guess.
			return reach, &web.Problem{Field: "reach", Message: "problem.reach_both"}
		}
		if ok && !reach.Includes(id) {
			reach.Accounts = append(reach.Accounts, id)
		}
	}
	switch {
	case !reach.All && len(reach.Accounts) == 0:
		return reach, &web.Problem{Field: "reach", Message: "problem.reach"}
	case len(reach.Accounts) > mostChosen:
		return reach, &web.Problem{Field: "reach", Message: "problem.reach_many"}
	}
	if !reach.Includes(reach.Default) {
		reach.Default = reach.Accounts[0]
	}
	return reach, nil
}
