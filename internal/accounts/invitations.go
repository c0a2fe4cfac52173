package accounts

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/web"
)

// invitationLife is how long a link lets somebody in.
const invitationLife = 7 * 24 * time.Hour

func (a *Room) askInvite(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	return a.drawInvite(w, r, http.StatusOK, by, web.Form{Values: map[string]string{"role": string(core.RoleMember)}})
}

func (a *Room) drawInvite(w http.ResponseWriter, r *http.Request, status int, by core.Membership, form web.Form) error {
	return a.Pages.Render(w, r, status, web.Invite{Form: form, Account: by.Account, FormID: secret.NewID(a.Clock.Now()), Roles: policy.Givable(by.Role)})
}

// invite makes a link and shows it, this once.
func (a *Room) invite(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	now := a.Clock.Now()
	role := core.Role(r.PostFormValue("role"))
	if policy.KnownRole(role) && !policy.CanOn(by.Role, policy.Invite, role) {
		return mayNot(by.Role, policy.AppointOwners)
	}
	email, isAddress := core.NormalEmail(r.PostFormValue("email"))
	// The form's own id makes a double click invite once.
	i := core.Invitation{ID: web.FormID(r, web.MakesInvitation, now), Account: by.Account, Role: role, Email: email, InvitedBy: by.IdentityID, CreatedAt: now, ExpiresAt: now.Add(invitationLife)}
	problem := web.Problem{}
	switch {
	case !isAddress:
		problem = web.Problem{Field: "email", Message: "problem.email"}
	case !policy.KnownRole(role):
		problem = web.Problem{Field: "role", Message: "problem.role"}
	default:
		shown := secret.NewHandle(secret.Invitation, i.ID)
		i.Digest = secret.Digest(shown.Reveal())
		err := a.Store.InviteInto(r.Context(), by, i)
		if err == nil {
			return a.Pages.Render(w, r, http.StatusCreated, web.Invited{Account: by.Account, Invitation: i, Link: a.Issuer + invitationPath(shown.Reveal())})
		}
		if !errors.Is(err, core.ErrConflict) {
			return fmt.Errorf("invite: %w", err)
		}
		if made, err := a.Store.Invitation(r.Context(), i.ID); err == nil && made.Email == email {
			return seeOther(w, r, at(by.Account, "?invited")) // the same form, sent twice
		}
		if problem, err = a.whyNotInvited(r, by, i); err != nil {
			return err
		}
	}
	return a.drawInvite(w, r, http.StatusUnprocessableEntity, by, web.Form{
		Values: map[string]string{"email": strings.TrimSpace(r.PostFormValue("email")), "role": string(role)}, Problems: []web.Problem{problem},
	})
}

// whyNotInvited says why the store refused. core.ErrConflict: for no reason that is still there.
func (a *Room) whyNotInvited(r *http.Request, by core.Membership, i core.Invitation) (web.Problem, error) {
	members, err := a.Store.Members(r.Context(), by.Account.ID)
	if err != nil {
		return web.Problem{}, fmt.Errorf("list members: %w", err)
	}
	for _, m := range members {
		if m.Identity.Email == i.Email {
			return web.Problem{Field: "email", Message: "problem.member_already"}, nil
		}
	}
	open, err := a.Store.InvitationsInto(r.Context(), by.Account.ID, i.CreatedAt)
	if err != nil {
		return web.Problem{}, fmt.Errorf("list invitations: %w", err)
	}
	for _, other := range open {
		if other.Email == i.Email {
			return web.Problem{Field: "email", Message: "problem.invited_already"}, nil
		}
	}
	kept, err := a.Store.InvitationsKept(r.Context(), by.Account.ID)
	if err != nil {
		return web.Problem{}, fmt.Errorf("count invitations: %w", err)
	}
	if kept >= core.MaxInvitations {
		return web.Problem{Field: "email", Message: "problem.invitations_full"}, nil
	}
	return web.Problem{}, core.ErrConflict
}

func (a *Room) withdraw(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	id, err := core.ParseID(r.PathValue("invitation"))
	if err != nil {
		return err
	}
	i, err := a.Store.Invitation(r.Context(), id)
	if err == nil && i.Account.ID != by.Account.ID {
		err = core.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("find invitation: %w", err)
	}
	if !policy.CanOn(by.Role, policy.Invite, i.Role) {
		return mayNot(by.Role, policy.AppointOwners)
	}
	if err := a.Store.WithdrawInvitationInto(r.Context(), by, id, a.Clock.Now()); err != nil {
		return fmt.Errorf("withdraw invitation: %w", err)
	}
	return seeOther(w, r, at(by.Account, "?withdrawn"))
}

// invitationPath is where a link leads. The code is in the query: what stands in front of this server may log paths, and this server logs neither.
func invitationPath(code string) string {
	return "/invitations?" + url.Values{"code": {code}}.Encode()
}
