package accounts

import (
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/web"
)

func (a *Room) askHandOver(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	return a.drawHandOver(w, r, http.StatusOK, by, web.Form{})
}

func (a *Room) drawHandOver(w http.ResponseWriter, r *http.Request, status int, by core.Membership, form web.Form) error {
	members, err := a.Store.Members(r.Context(), by.Account.ID)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	page := web.HandOver{Form: form, Account: by.Account}
	for _, m := range web.MembersByName(members) {
		if m.Identity.ID != by.IdentityID {
			page.Members = append(page.Members, m)
		}
	}
	return a.Pages.Render(w, r, status, page)
}

// handOver makes another member an owner and the actor an admin, after the password.
func (a *Room) handOver(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	form := web.Form{Values: map[string]string{"member": r.PostFormValue("member")}}
	var heir core.Member
	id, err := core.ParseID(form.Values["member"])
	if err == nil && id != by.IdentityID {
		heir, err = a.Store.Member(r.Context(), by.Account.ID, id)
	}
	switch {
	case heir.Role == "" && (err == nil || errors.Is(err, core.ErrNotFound)):
		form.Problems = append(form.Problems, web.Problem{Field: "member", Message: "problem.heir"})
	case err != nil:
		return fmt.Errorf("find member: %w", err)
	}
	wrong, err := a.Sessions.Reauthenticate(r)
	if err != nil {
		return err
	}
	if form.Problems = append(form.Problems, wrong...); len(form.Problems) > 0 {
		return a.drawHandOver(w, r, http.StatusUnprocessableEntity, by, form)
	}
	if err := a.Store.HandOver(r.Context(), by, heir, a.Clock.Now()); err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return seeOther(w, r, at(by.Account, "?handed_over"))
}

func (a *Room) askClose(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	return a.drawClose(w, r, http.StatusOK, by, nil)
}

func (a *Room) drawClose(w http.ResponseWriter, r *http.Request, status int, by core.Membership, problems []web.Problem) error {
	members, err := a.Store.Members(r.Context(), by.Account.ID)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	apps, err := a.Store.AppsPublishedBy(r.Context(), by.Account.ID)
	if err != nil {
		return fmt.Errorf("list apps: %w", err)
	}
	return a.Pages.Render(w, r, status, web.CloseAccount{Form: web.Form{Problems: problems}, Account: by.Account, Others: len(members) - 1, Apps: len(apps)})
}

func (a *Room) close(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	wrong, err := a.Sessions.Reauthenticate(r)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return a.drawClose(w, r, http.StatusUnprocessableEntity, by, wrong)
	}
	if err := a.Store.CloseAccount(r.Context(), by, a.Clock.Now()); err != nil {
		return fmt.Errorf("close account: %w", err)
	}
	return seeOther(w, r, at(by.Account, ""))
}

// drawClosed is all that is left to see of a closed account.
func (a *Room) drawClosed(w http.ResponseWriter, r *http.Request, account core.Account) error {
	return a.Pages.Render(w, r, http.StatusOK, web.ClosedAccount{Account: account, MayReopen: policy.MayReopenAccount(web.VisitorOf(r).Identity)})
}

// outside answers somebody who does not belong to an account. Operators see of a closed one what they need to open it
// again, and of an open one as little as everybody else.
func (a *Room) outside(w http.ResponseWriter, r *http.Request, refused error) error {
	account, err := a.reopenable(r)
	if err != nil {
		return refused
	}
	return a.drawClosed(w, r, account)
}

// reopenable finds the closed account that an operator means.
func (a *Room) reopenable(r *http.Request) (core.Account, error) {
	slug := r.PathValue("account")
	if !policy.MayReopenAccount(web.VisitorOf(r).Identity) || !core.ValidSlug(slug) {
		return core.Account{}, core.ErrNotFound
	}
	account, err := a.Store.AccountBySlug(r.Context(), slug)
	if err == nil && account.SuspendedAt.IsZero() {
		err = core.ErrNotFound
	}
	return account, err
}

func (a *Room) reopen(w http.ResponseWriter, r *http.Request) error {
	account, err := a.reopenable(r)
	if err == nil {
		err = a.Store.ResumeAccount(r.Context(), account.ID, web.VisitorOf(r).Identity.ID, a.Clock.Now())
	}
	if errors.Is(err, core.ErrNotFound) || errors.Is(err, core.ErrConflict) {
		return noAccount().Because(err)
	}
	if err != nil {
		return said(fmt.Errorf("reopen account: %w", err))
	}
	return seeOther(w, r, path+"?reopened")
}
