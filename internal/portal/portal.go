package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/store"
	"launchpad/internal/sunset"
	"launchpad/internal/web"
	"launchpad/oauth"
)

const path = "/oauth/applications"

// Room is the portal.
type Room struct {
	Store    *store.Store
	Clock    core.Clock
	Acts     *apps.Acts
	Sessions *session.Sessions
	Pages    *web.Renderer
	Catalog  core.Catalog
	Issuer   string
	API      func() string // an address to try tokens on
	OldWays  *sunset.Ways
	Flush    func(context.Context) // brings the notes of last use up to date, as far as it can
}

// Routes of the room.
func (p *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: path, SignedIn: true, Handle: p.list},
		{Method: "POST", Path: path, SignedIn: true, Handle: p.register},
		{Method: "GET", Path: path + "/new", SignedIn: true, Handle: p.blank},
		{Method: "GET", Path: path + "/{app}", SignedIn: true, Handle: p.show},
		{Method: "GET", Path: path + "/{app}/edit", SignedIn: true, Handle: p.edit},
		{Method: "POST", Path: path + "/{app}/edit", SignedIn: true, Handle: p.save},
		{Method: "GET", Path: path + "/{app}/delete", SignedIn: true, Handle: p.askDelete},
		{Method: "POST", Path: path + "/{app}/delete", SignedIn: true, Handle: p.remove},
		{Method: "POST", Path: path + "/{app}/switches", SignedIn: true, Handle: p.switches},
		{Method: "POST", Path: path + "/{app}/secrets", SignedIn: true, Handle: p.addSecret},
		{Method: "GET", Path: path + "/{app}/secrets/{secret}/end", SignedIn: true, Handle: p.askEndSecret},
		{Method: "POST", Path: path + "/{app}/secrets/{secret}/end", SignedIn: true, Handle: p.endSecret},
		{Method: "POST", Path: path + "/{app}/team", SignedIn: true, Handle: p.addToTeam},
		{Method: "POST", Path: path + "/{app}/team/{member}/remove", SignedIn: true, Handle: p.removeFromTeam},
		{Method: "GET", Path: path + "/{app}/team/{member}/hand-over", SignedIn: true, Handle: p.askHandOver},
		{Method: "POST", Path: path + "/{app}/team/{member}/hand-over", SignedIn: true, Handle: p.handOver},
		{Method: "POST", Path: path + "/{app}/take-over", SignedIn: true, Handle: p.takeOver},
		{Method: "POST", Path: path + "/{app}/tokens", SignedIn: true, Handle: p.createToken},
		{Method: "POST", Path: path + "/{app}/tokens/{token}/revoke", SignedIn: true, Handle: p.revokeToken},
	}
}

func (p *Room) list(w http.ResponseWriter, r *http.Request) error {
	who := web.VisitorOf(r).Identity.ID
	list, err := p.Store.AppsOf(r.Context(), who)
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("list apps: %w", err))
	}
	leftBehind, err := p.Store.AppsLeftBehind(r.Context(), who)
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("list apps left behind: %w", err))
	}
	return p.Pages.Render(w, r, http.StatusOK, web.Apps{Apps: list, LeftBehind: leftBehind, Hint: web.HintedAccount(r), Notice: notice(r, "deleted", "apps.deleted", "left", "apps.left")})
}

// notice gives the confirmation that a redirect asked for by a query parameter.
func notice(r *http.Request, pairs ...string) web.Notice {
	for i := 0; i+1 < len(pairs); i += 2 {
		if r.URL.Query().Has(pairs[i]) {
			return web.Notice{Message: pairs[i+1]}
		}
	}
	return web.Notice{}
}

// open finds the app that the path names, if the visitor builds it.
func (p *Room) open(r *http.Request) (core.App, error) {
	app, err := p.Acts.Open(r.Context(), web.VisitorOf(r).Identity, named(r, "app"))
	return app, p.said(err)
}

// named reads an id out of the path. What is no id is nobody's.
func named(r *http.Request, part string) core.ID {
	id, _ := core.ParseID(r.PathValue(part))
	return id
}

func noApp() *oauth.Error { return oauth.NotFound("app_unknown", "you have no app at this address") }

// said puts what an act answered into the surface's words.
func (p *Room) said(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, core.ErrNotFound), errors.Is(err, core.ErrConflict):
		return noApp().Because(err)
	case errors.Is(err, core.ErrUnavailable):
		return oauth.Unavailable(err)
	}
	return err
}

func (p *Room) show(w http.ResponseWriter, r *http.Request) error {
	said := notice(r, "saved", "app.saved", "token_revoked", "app.token_revoked", "switched", "app.switches_saved", "secret_ended", "app.secret_ended",
		"joined", "app.team_joined", "removed", "app.team_removed", "handed_over", "app.handed_over", "taken_over", "app.taken_over")
	return p.draw(w, r, http.StatusOK, web.App{App: core.App{ID: named(r, "app")}, Notice: said})
}

// draw shows an app as it is now; of page.App the id is enough.
func (p *Room) draw(w http.ResponseWriter, r *http.Request, status int, page web.App) error {
	who := web.VisitorOf(r).Identity
	p.Flush(r.Context())
	app, team, err := p.Acts.OpenWithTeam(r.Context(), who, page.App.ID)
	if err != nil {
		return p.said(err)
	}
	if page.Tokens, err = p.Store.PersonalTokensOf(r.Context(), who.ID, app.ID); err != nil {
		return p.said(err)
	}
	if page.Memberships, err = p.Store.Memberships(r.Context(), who.ID); err != nil {
		return p.said(err)
	}
	uses, err := p.OldWays.Of(r.Context(), app.ID)
	if err != nil {
		return p.said(err)
	}
	page.OldWays = web.OldWays(uses, p.Clock.Now(), p.OldWays.End)
	page.App, page.Candidates = app, team.Candidates
	for _, b := range team.Builders {
		page.Team = append(page.Team, web.Builder(b))
	}
	page.Owner = policy.MayOnApp(policy.ManageTeam, app, who.ID, page.Memberships)
	page.FormID, page.Issuer, page.API = secret.NewID(p.Clock.Now()), p.Issuer, p.API()
	page.Memberships = web.ByName(page.Memberships)
	page.Scopes = web.Choices(p.Catalog, oauth.Scopes(page.Lists["scope"]...))
	return p.Pages.Render(w, r, status, page)
}

func (p *Room) askDelete(w http.ResponseWriter, r *http.Request) error {
	app, err := p.Acts.Deletable(r.Context(), web.VisitorOf(r).Identity, named(r, "app"))
	if err != nil {
		return p.said(err)
	}
	return p.Pages.Render(w, r, http.StatusOK, web.DeleteApp{App: app})
}

func (p *Room) remove(w http.ResponseWriter, r *http.Request) error {
	who := web.VisitorOf(r).Identity
	app, err := p.Acts.Deletable(r.Context(), who, named(r, "app"))
	if err != nil {
		return p.said(err)
	}
	page := web.DeleteApp{App: app}
	if page.Problems, err = p.Sessions.Reauthenticate(r); err != nil {
		return err
	}
	if page.Refused() {
		return p.Pages.Render(w, r, http.StatusUnprocessableEntity, page)
	}
	if err := p.said(p.Acts.Delete(r.Context(), who, app.ID)); err != nil {
		return err
	}
	return seeOther(w, r, path+"?deleted")
}

func (p *Room) switches(w http.ResponseWriter, r *http.Request) error {
	app, err := p.open(r)
	if err != nil {
		return err
	}
	s := apps.Switches{
		ClientCredentials: r.PostForm.Has("client_credentials"),
		Introspection:     r.PostForm.Has("introspection"),
		Profile:           core.Profile(r.PostForm.Get("profile")),
		Implicit:          r.PostForm.Has("implicit"),
	}
	if r.PostForm.Has("jwt") {
		s.TokenFormat = core.FormatJWT
	}
	if _, err := p.Acts.Switch(r.Context(), web.VisitorOf(r).Identity, app, s); err != nil {
		return p.said(err)
	}
	return toApp(w, r, app.ID, "?switched")
}

// toApp goes to an app's page, with a confirmation.
func toApp(w http.ResponseWriter, r *http.Request, app core.ID, done string) error {
	return seeOther(w, r, path+"/"+app.String()+done)
}

func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// lines splits a text area, blank lines left out.
func lines(s string) []string {
	var list []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
