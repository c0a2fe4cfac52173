package signup

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

func operator(r *http.Request) (core.Identity, error) {
	who := web.VisitorOf(r).Identity
	if !who.Operator {
		return who, oauth.AccessDenied("operators_only", "this page is for the operators of this site")
	}
	return who, nil
}

func (s *Room) codes(w http.ResponseWriter, r *http.Request) error {
	page := web.SignUpCodes{}
	if r.URL.Query().Has("withdrawn") {
		page.Notice.Message = "codes.withdrawn"
	}
	return s.drawCodes(w, r, http.StatusOK, page)
}

func (s *Room) drawCodes(w http.ResponseWriter, r *http.Request, status int, page web.SignUpCodes) error {
	who, err := operator(r)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	if page.Open, err = s.Store.SignUpInvitationsBy(r.Context(), who.ID, now); err != nil {
		return oauth.Unavailable(fmt.Errorf("list sign-up codes: %w", err))
	}
	page.FormID, page.Mode = secret.NewID(now), s.Who
	return s.Pages.Render(w, r, status, page)
}

// makeCode makes a code that lets one person in. It is in no other answer ever again.
func (s *Room) makeCode(w http.ResponseWriter, r *http.Request) error {
	who, err := operator(r)
	if err != nil {
		return err
	}
	page := web.SignUpCodes{}
	page.Values = map[string]string{"email": r.PostFormValue("email"), "life": r.PostFormValue("life")}
	now := s.Clock.Now()
	i := core.Invitation{ID: web.FormID(r, web.MakesSignUpCode, now), InvitedBy: who.ID, CreatedAt: now, ExpiresAt: now.AddDate(0, 0, page.Life())}
	if address := strings.TrimSpace(r.PostFormValue("email")); address != "" {
		ok := false
		if i.Email, ok = core.NormalEmail(address); !ok {
			page.Problems = []web.Problem{{Field: "email", Message: "problem.email"}}
			return s.drawCodes(w, r, http.StatusUnprocessableEntity, page)
		}
	}
	code := secret.NewHandle(secret.Invitation, i.ID)
	i.Digest = secret.Digest(code.Reveal())
	err = s.Store.Invite(r.Context(), i)
	switch {
	case errors.Is(err, core.ErrConflict):
		return s.toCodes(w, r, "") // the same form sent twice
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("make sign-up code: %w", err))
	}
	link := s.Issuer + web.PathSignUp + "?" + url.Values{"code": {code.Reveal()}}.Encode()
	return s.Pages.Render(w, r, http.StatusCreated, web.SignUpCodeMade{Invitation: i, Code: code.Reveal(), Link: link})
}

func (s *Room) withdraw(w http.ResponseWriter, r *http.Request) error {
	who, err := operator(r)
	if err != nil {
		return err
	}
	id, err := core.ParseID(r.PathValue("invitation"))
	if err == nil {
		err = s.Store.WithdrawInvitation(r.Context(), id, who.ID, s.Clock.Now())
	}
	switch {
	case errors.Is(err, core.ErrNotFound):
		return oauth.NotFound("sign_up_code_unknown", "you have no such code out; perhaps somebody has used it, or it was withdrawn already")
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("withdraw sign-up code: %w", err))
	}
	return s.toCodes(w, r, "?withdrawn")
}

func (s *Room) toCodes(w http.ResponseWriter, r *http.Request, query string) error {
	http.Redirect(w, r, web.PathCodes+query, http.StatusSeeOther)
	return nil
}
