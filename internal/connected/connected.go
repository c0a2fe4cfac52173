package connected

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/protect"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

const path = web.PathConnected

// Room is the list of connected apps.
type Room struct {
	Store     *store.Store
	Clock     core.Clock
	Pages     *web.Renderer
	Catalog   core.Catalog
	Resources *protect.Resources
	Flush     func(context.Context) // brings the notes of last use up to date, as far as it can
}

// Routes of the room.
func (c *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: path, SignedIn: true, Handle: c.list},
		{Method: "POST", Path: path + "/{grant}/remove", SignedIn: true, Handle: c.remove},
	}
}

func (c *Room) list(w http.ResponseWriter, r *http.Request) error {
	who := web.VisitorOf(r).Identity
	c.Flush(r.Context())
	found, err := c.Store.ConnectedApps(r.Context(), who.ID)
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("list connected apps: %w", err))
	}
	memberships, err := c.Store.Memberships(r.Context(), who.ID)
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("read memberships: %w", err))
	}
	page := web.Connected{}
	if r.URL.Query().Has("removed") {
		page.Notice.Message = "connected.removed"
	}
	for _, f := range found {
		sees, changes := c.Catalog.Split(f.Grant.Scope)
		page.Apps = append(page.Apps, web.ConnectedApp{
			App: f.App, Grant: f.Grant, APIs: c.named(f.Grant.Resources, f.App), Sees: sees, Changes: changes, Accounts: reached(f.Grant.Reach, memberships),
		})
	}
	return c.Pages.Render(w, r, http.StatusOK, page)
}

// named says of APIs what people call them, and which the app cannot use: what is not here any more, and what was taken away from
// agents. They were allowed, and may come back.
func (c *Room) named(resources []string, app core.App) (list []web.ConnectedAPI) {
	for _, resource := range resources {
		api := web.ConnectedAPI{Name: oauth.Printable(resource), Closed: true}
		if found, err := c.Resources.Named([]string{resource}); err == nil {
			api = web.ConnectedAPI{Name: found[0].Title(), Closed: found[0].Admits(app) != nil}
		}
		list = append(list, api)
	}
	return list
}

// reached names the chosen accounts that the person still belongs to.
func reached(reach core.Reach, memberships []core.Membership) (names []string) {
	for _, m := range memberships {
		if reach.Includes(m.Account.ID) {
			names = append(names, m.Account.Name)
		}
	}
	return names
}

// remove takes access back. Every token that stands on the grant is refused from the answer on.
func (c *Room) remove(w http.ResponseWriter, r *http.Request) error {
	grant, err := core.ParseID(r.PathValue("grant"))
	if err == nil {
		err = c.Store.RevokeGrant(r.Context(), grant, web.VisitorOf(r).Identity.ID, c.Clock.Now())
	}
	switch {
	case errors.Is(err, core.ErrNotFound):
		return oauth.NotFound("connection_unknown", "no app of yours is connected in this way; perhaps its access was removed already")
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("remove access: %w", err))
	}
	http.Redirect(w, r, path+"?removed", http.StatusSeeOther)
	return nil
}
