package accounts

import (
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/web"
)

// who finds the member that the path names.
func (a *Room) who(r *http.Request, by core.Membership) (core.Member, error) {
	id, err := core.ParseID(r.PathValue("member"))
	if err != nil {
		return core.Member{}, err
	}
	return a.Store.Member(r.Context(), by.Account.ID, id)
}

func (a *Room) member(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	who, err := a.who(r, by)
	if err != nil {
		return err
	}
	return a.drawMember(w, r, http.StatusOK, by, who, web.Form{Values: map[string]string{"role": string(who.Role)}})
}

func (a *Room) drawMember(w http.ResponseWriter, r *http.Request, status int, by core.Membership, who core.Member, form web.Form) error {
	page := web.Member{Form: form, Account: by.Account, Member: who, You: who.Identity.ID == by.IdentityID, MayRemove: policy.CanOn(by.Role, policy.RemoveMembers, who.Role)}
	if policy.CanOn(by.Role, policy.ChangeRoles, who.Role) {
		page.Roles = policy.Givable(by.Role)
	}
	return a.Pages.Render(w, r, status, page)
}

func (a *Room) changeRole(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	who, err := a.who(r, by)
	if err != nil {
		return err
	}
	to := core.Role(r.PostFormValue("role"))
	problem := ""
	switch {
	case !policy.CanOn(by.Role, policy.ChangeRoles, who.Role):
		return mayNot(by.Role, policy.AppointOwners)
	case !policy.KnownRole(to):
		problem = "problem.role"
	case !policy.CanOn(by.Role, policy.ChangeRoles, to):
		return mayNot(by.Role, policy.AppointOwners)
	case to == who.Role:
		return seeOther(w, r, at(by.Account, ""))
	case to != core.RoleOwner:
		last, err := a.lastOwner(r, by.Account, who)
		if err != nil {
			return err
		}
		if last {
			problem = "problem.last_owner"
		}
	}
	if problem != "" {
		return a.drawMember(w, r, http.StatusUnprocessableEntity, by, who, web.Form{
			Values: map[string]string{"role": string(to)}, Problems: []web.Problem{{Field: "role", Message: problem}},
		})
	}
	if err := a.Store.ChangeRole(r.Context(), by, who, to, a.Clock.Now()); err != nil {
		return fmt.Errorf("change role: %w", err)
	}
	return seeOther(w, r, at(by.Account, "?changed="+who.Identity.ID.String()))
}

// lastOwner reports whether a member is the only owner.
func (a *Room) lastOwner(r *http.Request, account core.Account, who core.Member) (bool, error) {
	if who.Role != core.RoleOwner {
		return false, nil
	}
	members, err := a.Store.Members(r.Context(), account.ID)
	if err != nil {
		return false, fmt.Errorf("list members: %w", err)
	}
	owners := 0
	for _, m := range members {
		if m.Role == core.RoleOwner {
			owners++
		}
	}
	return owners < 2, nil
}

// removeMember takes somebody out. What apps reach by their grants in this account ends with the answer: access asks
// for memberships.
func (a *Room) removeMember(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	who, err := a.who(r, by)
	if err != nil {
		return err
	}
	if who.Identity.ID == by.IdentityID {
		return seeOther(w, r, at(by.Account, "/leave"))
	}
	if !policy.CanOn(by.Role, policy.RemoveMembers, who.Role) {
		return mayNot(by.Role, policy.AppointOwners)
	}
	if err := a.Store.RemoveMember(r.Context(), by, who, a.Clock.Now()); err != nil {
		return fmt.Errorf("remove member: %w", err)
	}
	return seeOther(w, r, at(by.Account, "?removed"))
}

func (a *Room) askLeave(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	last, err := a.lastOwner(r, by.Account, self(r, by))
	if err != nil {
		return err
	}
	return a.Pages.Render(w, r, http.StatusOK, web.LeaveAccount{Account: by.Account, LastOwner: last})
}

// self is the actor as a member.
func self(r *http.Request, by core.Membership) core.Member {
	return core.Member{Identity: web.VisitorOf(r).Identity, Role: by.Role, CreatedAt: by.CreatedAt}
}

func (a *Room) leave(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	last, err := a.lastOwner(r, by.Account, self(r, by))
	if err != nil {
		return err
	}
	if last {
		return a.Pages.Render(w, r, http.StatusUnprocessableEntity, web.LeaveAccount{Account: by.Account, LastOwner: true})
	}
	if err := a.Store.RemoveMember(r.Context(), by, self(r, by), a.Clock.Now()); err != nil {
		return fmt.Errorf("leave account: %w", err)
	}
	return seeOther(w, r, path+"?left")
}
