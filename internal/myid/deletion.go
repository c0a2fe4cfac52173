package myid

import (
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/session"
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
	err := m.Sessions.Reauthenticate(r.Context(), who, r.PostFormValue("password"))
	if errors.Is(err, session.ErrWrong) {
		page := web.DeleteID{}
		page.Problems = []web.Problem{{Field: "password", Message: "problem.password_wrong"}}
		return m.drawDelete(w, r, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
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
