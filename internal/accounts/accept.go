package accounts

import (
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// over is the one answer to whoever holds a code that lets nobody in: forged, used, withdrawn, late, or its account
// closed. Which of them it is would tell strangers what exists.
func over() *oauth.Error {
	return oauth.NotFound("invitation_over", "it was used or withdrawn, its seven days are over, or a part of its address is missing; ask the person who invited you for a new one")
}

// invitation finds the invitation that a code stands for.
func (a *Room) invitation(r *http.Request, code string) (core.Invitation, error) {
	id, ok := secret.OpenHandle(secret.Invitation, code)
	if !ok {
		return core.Invitation{}, over()
	}
	i, err := a.Store.Invitation(r.Context(), id)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return i, over()
	case err != nil:
		return i, said(fmt.Errorf("load invitation: %w", err))
	case !secret.Matches(code, i.Digest) || i.Account.ID.Zero():
		return i, over()
	}
	return i, nil
}

func (a *Room) showInvitation(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("code")
	i, err := a.invitation(r, code)
	if err != nil {
		return err
	}
	return a.drawInvitation(w, r, http.StatusOK, i, web.Invitation{Code: code})
}

// drawInvitation asks whether to join. Members go straight to their account, whatever became of the invitation.
func (a *Room) drawInvitation(w http.ResponseWriter, r *http.Request, status int, i core.Invitation, page web.Invitation) error {
	who := web.VisitorOf(r).Identity
	if _, err := a.Store.Membership(r.Context(), who.ID, i.Account.Slug); err == nil {
		return seeOther(w, r, at(i.Account, ""))
	} else if !errors.Is(err, core.ErrNotFound) {
		return said(fmt.Errorf("read membership: %w", err))
	}
	inviter, err := a.Store.Identity(r.Context(), i.InvitedBy)
	if err != nil {
		return said(fmt.Errorf("load inviter: %w", err))
	}
	stands, err := a.stands(r, i)
	if err != nil {
		return err
	}
	if !stands || inviter.Locked() {
		return over()
	}
	page.Account, page.Role, page.By, page.ExpiresAt = i.Account, i.Role, inviter.Name, i.ExpiresAt
	page.Return, page.ForYou = invitationPath(page.Code), who.Email == i.Email
	return a.Pages.Render(w, r, status, page)
}

// stands reports whether an invitation is open, into an open account, by somebody who belongs to it.
func (a *Room) stands(r *http.Request, i core.Invitation) (bool, error) {
	if !i.Open(a.Clock.Now()) || !i.Account.SuspendedAt.IsZero() {
		return false, nil
	}
	_, err := a.Store.Member(r.Context(), i.Account.ID, i.InvitedBy)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, said(err)
}

func (a *Room) accept(w http.ResponseWriter, r *http.Request) error {
	code := r.PostFormValue("code")
	i, err := a.invitation(r, code)
	if err != nil {
		return err
	}
	who := web.VisitorOf(r).Identity
	err = a.Store.AcceptInvitation(r.Context(), i.ID, who, a.Clock.Now())
	switch {
	case err == nil:
		return seeOther(w, r, at(i.Account, "?joined="+who.ID.String()))
	case !errors.Is(err, core.ErrConflict):
		return said(fmt.Errorf("accept invitation: %w", err))
	}
	// The page says what is in the way: it is over, for somebody else, or the person is a member already. If none of
	// these, no seat is free.
	return a.drawInvitation(w, r, http.StatusConflict, i, web.Invitation{Code: code, Full: who.Email == i.Email})
}
