package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// SetupLink is the one-time link of the first start. It lives in the memory of the process that printed it.
type SetupLink struct {
	mu     sync.Mutex
	digest string
}

// NewSetupLink makes a link's token, to be printed on the console and nowhere else.
func NewSetupLink() (*SetupLink, secret.Text) {
	token := secret.New(secret.SetupLink)
	return &SetupLink{digest: secret.Digest(token.Reveal())}, token
}

// opens reports whether the token is the one, and still good.
func (l *SetupLink) opens(token string) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.digest != "" && secret.Matches(token, l.digest)
}

func (l *SetupLink) use() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.digest = ""
}

func setupGone() *oauth.Error {
	return oauth.NotFound("setup_over", "this link was used already, or a newer start printed another one; look at the console")
}

func (s *Room) showSetup(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if !s.Setup.opens(token) {
		return setupGone()
	}
	return s.Pages.Render(w, r, http.StatusOK, web.Setup{Token: token})
}

func (s *Room) setUp(w http.ResponseWriter, r *http.Request) error {
	token := r.PostFormValue("token")
	if !s.Setup.opens(token) {
		return setupGone()
	}
	person, account, problems := s.newcomer(r)
	if len(problems) > 0 {
		return s.Pages.Render(w, r, http.StatusUnprocessableEntity, web.Setup{Token: token, Form: web.Form{
			Problems: problems,
			Values:   map[string]string{"name": r.PostFormValue("name"), "email": r.PostFormValue("email"), "account_name": r.PostFormValue("account_name")},
		}})
	}
	if err := s.createOperator(r.Context(), &person, account, r.PostFormValue("password")); err != nil {
		return err
	}
	s.Setup.use()
	if err := s.Sessions.Start(w, r, person); err != nil {
		return err
	}
	http.Redirect(w, r, home, http.StatusSeeOther)
	return nil
}

func (s *Room) newcomer(r *http.Request) (core.Identity, core.Account, []web.Problem) {
	var problems []web.Problem
	email, ok := core.NormalEmail(r.PostFormValue("email"))
	person := core.Identity{Name: strings.TrimSpace(r.PostFormValue("name")), Email: email, Operator: true}
	if !core.VisibleName(person.Name) {
		problems = append(problems, web.Problem{Field: "name", Message: "problem.name"})
	}
	if !ok {
		problems = append(problems, web.Problem{Field: "email", Message: "problem.email"})
	}
	if problem := policy.AcceptPassword(r.PostFormValue("password"), policy.MailName(email), s.Pages.Site()); problem != "" {
		problems = append(problems, web.Problem{Field: "password", Message: problem})
	}
	account := core.Account{Name: strings.TrimSpace(r.PostFormValue("account_name"))}
	account.Slug = core.SlugOf(account.Name)
	if !core.VisibleName(account.Name) {
		problems = append(problems, web.Problem{Field: "account_name", Message: "problem.account_name"})
	}
	return person, account, problems
}

// createOperator hashes first: nothing slow happens inside a transaction.
func (s *Room) createOperator(ctx context.Context, person *core.Identity, account core.Account, password string) error {
	hash, err := s.Sessions.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	person.ID, person.PasswordHash, person.CreatedAt = secret.NewID(now), hash, now
	account.ID, account.CreatedAt = secret.NewID(now), now
	err = s.Store.CreateOperator(ctx, *person, account)
	switch {
	case errors.Is(err, core.ErrConflict):
		return setupGone().Because(err)
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("create operator: %w", err))
	}
	return nil
}
