package signup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Apps looks apps up.
type Apps interface {
	ByClientID(ctx context.Context, clientID string) (core.App, error)
}

// Room is the sign-up.
type Room struct {
	Store        *store.Store
	Clock        core.Clock
	Sessions     *session.Sessions
	Interactions *interact.Interactions
	Apps         Apps
	Pages        *web.Renderer
	Issuer       string
	Who          core.SignUp   // may make an ID
	Creators     core.Creators // may open accounts
}

// Routes of the room.
func (s *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: web.PathSignUp, Handle: s.show},
		{Method: "POST", Path: web.PathSignUp, Handle: s.signUp},
		{Method: "GET", Path: web.PathCodes, SignedIn: true, Handle: s.codes},
		{Method: "POST", Path: web.PathCodes, SignedIn: true, Handle: s.makeCode},
		{Method: "POST", Path: web.PathCodes + "/{invitation}/withdraw", SignedIn: true, Handle: s.withdraw},
	}
}

// open refuses everybody if nobody may make an ID. Both methods ask.
func (s *Room) open() error {
	if !s.Who.Possible() {
		return oauth.AccessDenied("sign_up_closed", "nobody can make an ID here alone; ask the people who run this site for one")
	}
	return nil
}

func (s *Room) show(w http.ResponseWriter, r *http.Request) error {
	if err := s.open(); err != nil {
		return err
	}
	q := r.URL.Query()
	page := web.SignUp{Interaction: q.Get("i"), ReturnTo: web.LocalPath(q.Get("return_to"))}
	page.Values = map[string]string{}
	if code := q.Get("code"); code != "" {
		invitation, err := s.invitation(r.Context(), code)
		switch {
		case err != nil:
			return err
		case invitation.Open(s.Clock.Now()):
			page.Code, page.Invitation = code, invitation
		default:
			page.Problems = []web.Problem{{Field: "code", Message: "problem.invitation"}}
		}
	}
	return s.draw(w, r, http.StatusOK, page)
}

// draw names the app that waits, if one does.
func (s *Room) draw(w http.ResponseWriter, r *http.Request, status int, page web.SignUp) error {
	page.ByCode = s.Who == core.SignUpInvitation
	page.OwnAccount = s.mayOpen(page.Invitation)
	if page.Interaction != "" {
		record, err := s.Interactions.Open(page.Interaction, web.VisitorOf(r).Browser)
		if err != nil {
			return err
		}
		app, err := s.Apps.ByClientID(r.Context(), record.ClientID)
		switch {
		case errors.Is(err, core.ErrNotFound):
			return oauth.InvalidRequest("client_unknown", "the app that sent you here does not exist any more")
		case err != nil:
			return oauth.Unavailable(fmt.Errorf("load app: %w", err))
		}
		page.AppName = app.Name
	}
	return s.Pages.Render(w, r, status, page)
}

// mayOpen reports whether a newcomer may open an account along with the ID. Who is invited into one has one.
func (s *Room) mayOpen(invitation core.Invitation) bool {
	return policy.MayCreateAccount(core.Identity{}, s.Creators) && invitation.Account.ID.Zero()
}

// invitation finds what a code stands for; the zero invitation is never open. The digest makes the code's secret half
// count: its id alone is known to many.
func (s *Room) invitation(ctx context.Context, code string) (core.Invitation, error) {
	id, ok := secret.OpenHandle(secret.Invitation, code)
	if !ok {
		return core.Invitation{}, nil
	}
	invitation, err := s.Store.Invitation(ctx, id)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return core.Invitation{}, nil
	case err != nil:
		return core.Invitation{}, oauth.Unavailable(fmt.Errorf("load invitation: %w", err))
	case !secret.Matches(code, invitation.Digest):
		return core.Invitation{}, nil
	}
	return invitation, nil
}

// signUp says the same to everybody, whether the address had an ID or not, and does the same work: the way on leads to
// the sign-in, where only the password tells. LG05.
func (s *Room) signUp(w http.ResponseWriter, r *http.Request) error {
	if err := s.open(); err != nil {
		return err
	}
	page := web.SignUp{Interaction: r.PostFormValue("i"), ReturnTo: web.LocalPath(r.PostFormValue("return_to"))}
	page.Values = map[string]string{}
	for _, field := range []string{"name", "email", "account_name"} {
		page.Values[field] = r.PostFormValue(field)
	}
	who, err := s.newcomer(r, &page)
	if err != nil {
		return err
	}
	if !page.Refused() {
		err = s.make(r, who, &page)
	}
	switch {
	case err != nil:
		return err
	case page.Refused():
		return s.draw(w, r, http.StatusUnprocessableEntity, page)
	}
	http.Redirect(w, r, web.AfterSignUp(page.Interaction, page.ReturnTo), http.StatusSeeOther)
	return nil
}

// newcomer reads the form. What is wrong with it is said on the page, in the order of the fields.
func (s *Room) newcomer(r *http.Request, page *web.SignUp) (core.Identity, error) {
	wrong := func(field, message string) {
		page.Problems = append(page.Problems, web.Problem{Field: field, Message: message})
	}
	email, ok := core.NormalEmail(r.PostFormValue("email"))
	if err := s.readCode(r, page); err != nil {
		return core.Identity{}, err
	}
	who := core.Identity{Name: strings.TrimSpace(r.PostFormValue("name")), Email: email}
	if !core.VisibleName(who.Name) {
		wrong("name", "problem.name")
	}
	switch {
	case !ok:
		wrong("email", "problem.email")
	case page.Invitation.Email != "" && page.Invitation.Email != email:
		wrong("email", "problem.invitation_address")
	}
	if problem := policy.AcceptPassword(r.PostFormValue("password"), policy.MailName(email), s.Pages.Site()); problem != "" {
		wrong("password", problem)
	}
	if account := accountName(r); account != "" && !core.VisibleName(account) {
		wrong("account_name", "problem.account_name")
	}
	return who, nil
}

func accountName(r *http.Request) string { return strings.TrimSpace(r.PostFormValue("account_name")) }

// readCode takes a code that may be used. Whether somebody has used it meanwhile decides the store: a form that was sent
// twice must not be refused.
func (s *Room) readCode(r *http.Request, page *web.SignUp) error {
	code := strings.TrimSpace(r.PostFormValue("code"))
	if code == "" {
		if s.Who == core.SignUpInvitation {
			page.Problems = []web.Problem{{Field: "code", Message: "problem.invitation_missing"}}
		}
		return nil
	}
	invitation, err := s.invitation(r.Context(), code)
	if err != nil {
		return err
	}
	if invitation.ID.Zero() || !invitation.WithdrawnAt.IsZero() || !s.Clock.Now().Before(invitation.ExpiresAt) {
		page.Problems = []web.Problem{{Field: "code", Message: "problem.invitation"}}
		return nil
	}
	page.Code, page.Invitation = code, invitation
	return nil
}

// make hashes first: nothing slow happens inside a transaction, and whoever has an ID waits just as long.
func (s *Room) make(r *http.Request, who core.Identity, page *web.SignUp) error {
	hash, err := s.Sessions.HashPassword(r.Context(), r.PostFormValue("password"))
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	who.ID, who.PasswordHash, who.CreatedAt = secret.NewID(now), hash, now
	var own *core.Account
	if name := accountName(r); name != "" && s.mayOpen(page.Invitation) {
		own = &core.Account{ID: secret.NewID(now), Name: name, Slug: core.SlugOf(name), CreatedAt: now}
	}
	_, err = s.Store.SignUp(r.Context(), who, own, page.Invitation.ID)
	switch {
	case errors.Is(err, core.ErrConflict):
		page.Code, page.Invitation = "", core.Invitation{}
		page.Problems = []web.Problem{{Field: "code", Message: "problem.invitation"}}
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("sign up: %w", err))
	}
	return nil
}
