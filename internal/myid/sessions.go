package myid

import (
	"errors"
	"fmt"
	"net/http"
	"sort"

	"launchpad/internal/core"
	"launchpad/internal/session"
	"launchpad/internal/web"
	"launchpad/oauth"
)

func (m *Room) live(r *http.Request) ([]core.Session, error) {
	list, err := m.Store.SessionsOf(r.Context(), web.VisitorOf(r).Identity.ID, m.Clock.Now(), session.Idle)
	if err != nil {
		return nil, oauth.Unavailable(fmt.Errorf("list sessions: %w", err))
	}
	return list, nil
}

func (m *Room) sessions(w http.ResponseWriter, r *http.Request) error {
	page := web.Sessions{}
	for _, done := range [][2]string{{"ended", "sessions.ended"}, {"others_ended", "sessions.others_ended"}} {
		if r.URL.Query().Has(done[0]) {
			page.Notice.Message = done[1]
		}
	}
	var err error
	if page.Sessions, err = m.live(r); err != nil {
		return err
	}
	here := web.VisitorOf(r).Session.ID
	sort.SliceStable(page.Sessions, func(i, j int) bool { return page.Sessions[i].ID == here && page.Sessions[j].ID != here })
	return m.Pages.Render(w, r, http.StatusOK, page)
}

func (m *Room) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PathValue("session"))
	if err == nil {
		err = m.Store.EndSession(r.Context(), id, web.VisitorOf(r).Identity.ID, m.Clock.Now())
	}
	switch {
	case errors.Is(err, core.ErrNotFound):
		return oauth.NotFound("session_unknown", "you are not signed in in such a browser; perhaps that ended long ago")
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("end session: %w", err))
	}
	return seeOther(w, r, path+"/sessions?ended")
}

func (m *Room) endOthers(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitorOf(r)
	if err := m.Store.EndOtherSessions(r.Context(), v.Session.ID, v.Identity.ID, m.Clock.Now()); err != nil {
		return oauth.Unavailable(fmt.Errorf("end other sessions: %w", err))
	}
	return seeOther(w, r, path+"/sessions?others_ended")
}
