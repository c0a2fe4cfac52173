package myid

import (
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

func (m *Room) askDelete(w http.ResponseWriter, r *http.Request) error {
	return m.drawDelete(w, r, http.StatusOK, web.DeleteID{})
}

// drawDelete says what would go along, or what is in the way and how to get it out of there.
func (m *Room) drawDelete(w http.ResponseWriter, r *http.Request, status int, page web.DeleteID) error {
	d, err := m.Store.Departure(r.Context(), web.VisitorOf(r).Identity.ID)
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("see what a departure means: %w", err))
	}
	page.Allowed, page.LastOperator = d.Allowed(), d.LastOperator
	page.Apps, page.Leaderless, page.Closing, page.Leaving = d.Apps, d.Leaderless, d.Closing, d.Leaving
	return m.Pages.Render(w, r, status, page)
}

// delete asks for the password, since what it does cannot be undone. From the answer on nothing of the person's works.
func (m *Room) delete(w http.ResponseWriter, r *http.Request) error {
	who := web.VisitorOf(r).Identity
	var page web.DeleteID
	var err error
	if page.Problems, err = m.Sessions.Reauthenticate(r); err != nil {
		return err
	}
	if page.Refused() {
		return m.drawDelete(w, r, http.StatusUnprocessableEntity, page)
	}
	err = m.Store.DeleteIdentity(r.Context(), who.ID, m.Clock.Now())
	switch {
	case errors.Is(err, core.ErrConflict):
		return m.drawDelete(w, r, http.StatusConflict, web.DeleteID{})
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("delete identity: %w", err))
	}
	m.Sessions.Forget(w)
	return seeOther(w, r, "/signed-out?deleted")
}
