package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/session"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Apps looks apps up.
type Apps interface {
	ByClientID(ctx context.Context, clientID string) (core.App, error)
}

// Room is the sign-in.
type Room struct {
	Store        *store.Store
	Clock        core.Clock
	Sessions     *session.Sessions
	Interactions *interact.Interactions
	Apps         Apps
	Pages        *web.Renderer
	Setup        *SetupLink
	SignUp       core.SignUp // who may make an ID; the page leads there
}

// home is where people go who wanted nothing in particular.
const home = "/oauth/applications"

// Routes of the room.
func (s *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/{$}", Handle: s.root},
		{Method: "GET", Path: "/signin", Handle: s.show},
		{Method: "POST", Path: "/signin", Handle: s.signIn},
		{Method: "POST", Path: "/signout", Handle: s.signOut},
		{Method: "GET", Path: "/signed-out", Handle: s.goodbye},
		{Method: "GET", Path: "/setup", Handle: s.showSetup},
		{Method: "POST", Path: "/setup", Handle: s.setUp},
	}
}

func (s *Room) root(w http.ResponseWriter, r *http.Request) error {
	to := home
	if hint := web.HintedAccount(r); hint != "" {
		to += "?" + url.Values{web.AccountHint: {hint}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Room) show(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := web.SignIn{Interaction: q.Get("i"), ReturnTo: web.LocalPath(q.Get("return_to"))}
	if q.Has("signed_up") {
		page.Notice.Message = "signin.signed_up"
	}
	page, err := s.describe(r, page)
	if err != nil {
		return err
	}
	return s.Pages.Render(w, r, http.StatusOK, page)
}

// describe names the app that waits, if one does.
func (s *Room) describe(r *http.Request, page web.SignIn) (web.SignIn, error) {
	page.Offer = s.SignUp.Possible()
	if page.Values == nil {
		page.Values = map[string]string{}
	}
	if page.Interaction == "" {
		return page, nil
	}
	record, err := s.Interactions.Open(page.Interaction, web.VisitorOf(r).Browser)
	if err != nil {
		return page, err
	}
	app, err := s.Apps.ByClientID(r.Context(), record.ClientID)
	if errors.Is(err, core.ErrNotFound) {
		return page, oauth.InvalidRequest("client_unknown", "the app that sent you here does not exist any more")
	}
	if err != nil {
		return page, oauth.Unavailable(err)
	}
	page.AppName, page.Origin = app.Name, oauth.RedirectOrigin(record.RedirectURI)
	if page.Values["email"] == "" {
		page.Values["email"] = record.LoginHint
	}
	return page, nil
}

func (s *Room) signIn(w http.ResponseWriter, r *http.Request) error {
	sealed, returnTo := r.PostFormValue("i"), web.LocalPath(r.PostFormValue("return_to"))
	err := s.Sessions.SignIn(w, r, r.PostFormValue("email"), r.PostFormValue("password"))
	if errors.Is(err, session.ErrWrong) {
		return s.again(w, r, web.SignIn{Interaction: sealed, ReturnTo: returnTo})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, onward(sealed, returnTo), http.StatusSeeOther)
	return nil
}

// again shows the form with what was typed, the password left out.
func (s *Room) again(w http.ResponseWriter, r *http.Request, page web.SignIn) error {
	page.Values = map[string]string{"email": r.PostFormValue("email")}
	page.Problems = []web.Problem{{Field: "email", Message: "signin.wrong"}}
	page, err := s.describe(r, page)
	if err != nil {
		return err
	}
	return s.Pages.Render(w, r, http.StatusUnprocessableEntity, page)
}

func onward(sealed, returnTo string) string {
	switch {
	case sealed != "":
		return "/oauth/authorize/continue?" + url.Values{"i": {sealed}}.Encode()
	case returnTo != "":
		return returnTo
	}
	return home
}

func (s *Room) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.Sessions.SignOut(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/signed-out", http.StatusSeeOther)
	return nil
}

func (s *Room) goodbye(w http.ResponseWriter, r *http.Request) error {
	return s.Pages.Render(w, r, http.StatusOK, web.SignedOut{Deleted: r.URL.Query().Has("deleted")})
}
