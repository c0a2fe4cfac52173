package myid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/session"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

const path = web.PathAccount

// Room is everything about oneself.
type Room struct {
	Store    *store.Store
	Clock    core.Clock
	Sessions *session.Sessions
	Pages    *web.Renderer
	Issuer   string
	Flush    func(context.Context) // brings the notes of last use up to date, as far as it can
}

// Routes of the room.
func (m *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: path, SignedIn: true, Handle: m.show},
		{Method: "POST", Path: path + "/name", SignedIn: true, Handle: m.rename},
		{Method: "GET", Path: path + "/password", SignedIn: true, Handle: m.askPassword},
		{Method: "POST", Path: path + "/password", SignedIn: true, Handle: m.changePassword},
		{Method: "GET", Path: path + "/sessions", SignedIn: true, Handle: m.sessions},
		{Method: "POST", Path: path + "/sessions/end_others", SignedIn: true, Handle: m.endOthers},
		{Method: "POST", Path: path + "/sessions/{session}/end", SignedIn: true, Handle: m.endSession},
		{Method: "GET", Path: path + "/data", SignedIn: true, Handle: m.data},
		{Method: "GET", Path: path + "/data.json", SignedIn: true, Handle: m.export},
		{Method: "GET", Path: path + "/delete", SignedIn: true, Handle: m.askDelete},
		{Method: "POST", Path: path + "/delete", SignedIn: true, Handle: m.delete},
	}
}

func (m *Room) show(w http.ResponseWriter, r *http.Request) error {
	page := web.MyID{}
	page.Values = map[string]string{"name": web.VisitorOf(r).Identity.Name}
	for _, done := range [][2]string{{"renamed", "my_id.renamed"}, {"password_changed", "my_id.password_changed"}} {
		if r.URL.Query().Has(done[0]) {
			page.Notice.Message = done[1]
		}
	}
	return m.draw(w, r, http.StatusOK, page)
}

func (m *Room) draw(w http.ResponseWriter, r *http.Request, status int, page web.MyID) error {
	sessions, err := m.live(r)
	if err != nil {
		return err
	}
	page.Sessions = len(sessions)
	return m.Pages.Render(w, r, status, page)
}

func (m *Room) rename(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimSpace(r.PostFormValue("name"))
	if !core.VisibleName(name) {
		page := web.MyID{}
		page.Values = map[string]string{"name": r.PostFormValue("name")}
		page.Problems = []web.Problem{{Field: "name", Message: "problem.name"}}
		return m.draw(w, r, http.StatusUnprocessableEntity, page)
	}
	if err := m.Store.RenameIdentity(r.Context(), web.VisitorOf(r).Identity.ID, name, m.Clock.Now()); err != nil {
		return oauth.Unavailable(fmt.Errorf("rename: %w", err))
	}
	return seeOther(w, r, path+"?renamed")
}

func (m *Room) askPassword(w http.ResponseWriter, r *http.Request) error {
	return m.Pages.Render(w, r, http.StatusOK, web.Password{})
}

// changePassword looks at the new password first: that costs nothing, and the current one has to be typed again anyway.
func (m *Room) changePassword(w http.ResponseWriter, r *http.Request) error {
	who := web.VisitorOf(r).Identity
	current, next := r.PostFormValue("current_password"), r.PostFormValue("password")
	problem := web.Problem{Field: "password", Message: policy.AcceptPassword(next, policy.MailName(who.Email), m.Pages.Site())}
	if problem.Message == "" && next == current {
		problem.Message = "problem.password_same"
	}
	if problem.Message == "" {
		err := m.Sessions.ChangePassword(w, r, current, next)
		switch {
		case errors.Is(err, session.ErrWrong):
			problem = web.Problem{Field: "current_password", Message: "problem.password_wrong"}
		case err != nil:
			return err
		default:
			return seeOther(w, r, path+"?password_changed")
		}
	}
	page := web.Password{}
	page.Problems = []web.Problem{problem}
	return m.Pages.Render(w, r, http.StatusUnprocessableEntity, page)
}

func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
