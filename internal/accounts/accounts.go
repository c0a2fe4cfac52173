package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

const path = "/accounts"

// Room is the accounts: the list of them, what lies in each, and the door for those who are invited.
type Room struct {
	Store    *store.Store
	Clock    core.Clock
	Sessions *session.Sessions
	Pages    *web.Renderer
	Issuer   string
	Open     core.Creators // who may open accounts
}

// Routes of the room.
func (a *Room) Routes() []web.Route {
	return append(a.inside(),
		web.Route{Method: "GET", Path: path, SignedIn: true, Handle: a.show},
		web.Route{Method: "POST", Path: path, SignedIn: true, Handle: a.open},
		web.Route{Method: "GET", Path: "/invitations", Handle: a.showInvitation},
		web.Route{Method: "POST", Path: "/invitations", SignedIn: true, Handle: a.accept},
	)
}

func (a *Room) show(w http.ResponseWriter, r *http.Request) error {
	return a.draw(w, r, http.StatusOK, web.Accounts{})
}

func (a *Room) draw(w http.ResponseWriter, r *http.Request, status int, page web.Accounts) error {
	who := web.VisitorOf(r).Identity
	var err error
	if page.Memberships, err = a.Store.Memberships(r.Context(), who.ID); err != nil {
		return oauth.Unavailable(fmt.Errorf("read memberships: %w", err))
	}
	page.Memberships = web.ByName(page.Memberships)
	for _, m := range page.Memberships {
		if m.Account.ID.String() == r.URL.Query().Get("created") {
			page.Notice = web.Notice{Message: "accounts.created_html", Name: m.Account.Name}
		}
	}
	switch {
	case r.URL.Query().Has("left"):
		page.Notice.Message = "accounts.left"
	case r.URL.Query().Has("reopened"):
		page.Notice.Message = "accounts.reopened"
	}
	page.MayCreate, page.FormID = policy.MayCreateAccount(who, a.Open), secret.NewID(a.Clock.Now())
	return a.Pages.Render(w, r, status, page)
}

func (a *Room) open(w http.ResponseWriter, r *http.Request) error {
	who := web.VisitorOf(r).Identity
	if !policy.MayCreateAccount(who, a.Open) {
		return oauth.AccessDenied("account_creation_closed", "on this deployment only operators open accounts")
	}
	account := core.Account{Name: strings.TrimSpace(r.PostFormValue("account_name")), Slug: strings.TrimSpace(r.PostFormValue("slug")), CreatedAt: a.Clock.Now()}
	if account.Slug == "" {
		account.Slug = core.SlugOf(account.Name)
	}
	// The form's own id makes a double click open one account.
	account.ID = web.FormID(r, web.MakesAccount, account.CreatedAt)
	problem := check(account)
	if problem == "" {
		var err error
		if problem, err = a.create(r.Context(), account, who.ID); err != nil {
			return err
		}
	}
	if problem != "" {
		page := web.Accounts{}
		page.Values = map[string]string{"account_name": account.Name, "slug": r.PostFormValue("slug")}
		page.Problems = []web.Problem{{Field: strings.TrimSuffix(strings.TrimPrefix(problem, "problem."), "_taken"), Message: problem}}
		return a.draw(w, r, http.StatusUnprocessableEntity, page)
	}
	http.Redirect(w, r, path+"?created="+account.ID.String(), http.StatusSeeOther)
	return nil
}

func check(account core.Account) string {
	switch {
	case !core.VisibleName(account.Name):
		return "problem.account_name"
	case !core.ValidSlug(account.Slug):
		return "problem.slug"
	}
	return ""
}

func (a *Room) create(ctx context.Context, account core.Account, owner core.ID) (problem string, err error) {
	err = a.Store.CreateAccount(ctx, account, owner)
	if errors.Is(err, core.ErrConflict) {
		if existing, lookup := a.Store.Account(ctx, account.ID); lookup == nil && existing.Slug == account.Slug {
			return "", nil // the same form, sent twice
		}
		return "problem.slug_taken", nil
	}
	if err != nil {
		return "", oauth.Unavailable(fmt.Errorf("create account: %w", err))
	}
	return "", nil
}
