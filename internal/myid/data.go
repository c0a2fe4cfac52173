package myid

import (
	"encoding/json"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// mostEvents bounds the lines of the change log in an export, shownEvents those on the page.
const (
	mostEvents  = 10_000
	shownEvents = 50
)

// holdings is what we hold about a person. Digests are left out: they are ours, and say nothing. What else is not here, and
// why, is listed in the test that looks for the columns that name people.
type holdings struct {
	memberships []core.Membership
	sessions    []core.Session
	connected   []store.Connected
	once        []store.Connected // until it was taken back
	signIns     []store.AppSignIn
	apps        []core.App
	tokens      []core.PersonalToken
	invitations []core.Invitation
	invited     []core.Invitation // by others
	origins     []store.Origin
	events      []core.Event
}

func (m *Room) holdings(r *http.Request, events int) (holdings, error) {
	ctx, who := r.Context(), web.VisitorOf(r).Identity.ID
	m.Flush(ctx)
	var h holdings
	for _, read := range []func() error{
		func() (err error) { h.memberships, err = m.Store.Memberships(ctx, who); return },
		func() (err error) { h.sessions, err = m.Store.SessionsHeldOf(ctx, who); return },
		func() (err error) { h.connected, err = m.Store.ConnectedApps(ctx, who); return },
		func() (err error) { h.once, err = m.Store.AppsOnceConnected(ctx, who); return },
		func() (err error) { h.signIns, err = m.Store.AppSignInsHeldOf(ctx, who); return },
		func() (err error) { h.apps, err = m.Store.AppsOf(ctx, who); return },
		func() (err error) { h.tokens, err = m.Store.PersonalTokensHeldBy(ctx, who); return },
		func() (err error) { h.invitations, err = m.Store.InvitationsBy(ctx, who); return },
		func() (err error) { h.invited, err = m.Store.InvitationsTo(ctx, who); return },
		func() (err error) { h.origins, err = m.Store.OriginsOf(ctx, who); return },
		func() (err error) { h.events, err = m.Store.EventsAbout(ctx, who, events+1); return },
	} {
		if err := read(); err != nil {
			return h, oauth.Unavailable(fmt.Errorf("read what is held about a person: %w", err))
		}
	}
	return h, nil
}

func (m *Room) data(w http.ResponseWriter, r *http.Request) error {
	h, err := m.holdings(r, shownEvents)
	if err != nil {
		return err
	}
	page := web.MyData{
		Memberships: web.ByName(h.memberships), Sessions: h.sessions, Apps: h.apps, Tokens: h.tokens, Invitations: h.invitations,
		Events: h.events[:min(len(h.events), shownEvents)], More: len(h.events) > shownEvents,
	}
	for _, c := range h.connected {
		page.Connected = append(page.Connected, web.ConnectedApp{App: c.App, Grant: c.Grant})
	}
	return m.Pages.Render(w, r, http.StatusOK, page)
}

// export is the same as a file. Its shape is kept: people's programs may read it.
func (m *Room) export(w http.ResponseWriter, r *http.Request) error {
	h, err := m.holdings(r, mostEvents)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(m.fileOf(web.VisitorOf(r).Identity, h), "", "  ")
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	web.SecureHeaders(w.Header(), web.MyData{})
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Content-Disposition", `attachment; filename="my-data.json"`)
	_, err = w.Write(body)
	return err
}
