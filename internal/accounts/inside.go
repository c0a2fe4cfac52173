package accounts

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// inside is what lies in an account: each route with the act that a role must allow.
func (a *Room) inside() []web.Route {
	const account = path + "/{account}"
	var routes []web.Route
	for _, r := range []struct {
		method, path string
		needs        policy.Act
		handle       insider
	}{
		{"GET", account, policy.SeeMembers, a.account},
		{"GET", account + "/settings", policy.SeeMembers, a.settings},
		{"POST", account + "/name", policy.RenameAccount, a.rename},
		{"GET", account + "/members/{member}", policy.SeeMembers, a.member},
		{"POST", account + "/members/{member}/role", policy.ChangeRoles, a.changeRole},
		{"POST", account + "/members/{member}/remove", policy.RemoveMembers, a.removeMember},
		{"GET", account + "/invitations/new", policy.Invite, a.askInvite},
		{"POST", account + "/invitations", policy.Invite, a.invite},
		{"POST", account + "/invitations/{invitation}/withdraw", policy.Invite, a.withdraw},
		{"GET", account + "/leave", policy.Leave, a.askLeave},
		{"POST", account + "/leave", policy.Leave, a.leave},
		{"GET", account + "/owner", policy.AppointOwners, a.askHandOver},
		{"POST", account + "/owner", policy.AppointOwners, a.handOver},
		{"GET", account + "/close", policy.SuspendAccount, a.askClose},
		{"POST", account + "/close", policy.SuspendAccount, a.close},
	} {
		routes = append(routes, web.Route{Method: r.method, Path: r.path, SignedIn: true, Handle: a.enter(r.needs, r.handle)})
	}
	return append(routes, web.Route{Method: "POST", Path: account + "/reopen", SignedIn: true, Handle: a.reopen})
}

// insider serves somebody who belongs to the account, in a role that may do this. core.ErrConflict, before anything is
// written: what was decided on has changed meanwhile.
type insider func(w http.ResponseWriter, r *http.Request, by core.Membership) error

// looks is how often an act that loses to somebody else's change is decided again.
const looks = 3

// enter lets members in whose role allows the act. For strangers there is no such account.
func (a *Room) enter(needs policy.Act, handle insider) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		for range looks {
			by, err := a.membership(r)
			switch {
			case err != nil && r.Method == http.MethodGet:
				return a.outside(w, r, err)
			case err != nil:
				return err
			case !by.Account.SuspendedAt.IsZero() && r.Method == http.MethodGet:
				return a.drawClosed(w, r, by.Account)
			case !by.Account.SuspendedAt.IsZero():
				return closed()
			case !policy.Can(by.Role, needs):
				return mayNot(by.Role, needs)
			}
			if err := handle(w, r, by); !errors.Is(err, core.ErrConflict) {
				return said(err)
			}
		}
		return oauth.InvalidRequest("account_changed", "somebody changed this account at the same moment, and nothing was done; look again and repeat it if it is still right").WithStatus(http.StatusConflict)
	}
}

func (a *Room) membership(r *http.Request) (core.Membership, error) {
	slug := r.PathValue("account")
	if !core.ValidSlug(slug) {
		return core.Membership{}, noAccount()
	}
	m, err := a.Store.Membership(r.Context(), web.VisitorOf(r).Identity.ID, slug)
	if errors.Is(err, core.ErrNotFound) {
		return m, noAccount()
	}
	return m, said(err)
}

func noAccount() *oauth.Error {
	return oauth.NotFound("account_unknown", "you belong to no account at this address")
}

func closed() *oauth.Error {
	return oauth.AccessDenied("account_closed", "this account is closed; an operator can open it again")
}

// mayNot says which role the person has and which would be enough.
func mayNot(role core.Role, act policy.Act) *oauth.Error {
	var enough []string
	for _, r := range policy.Allowed(act) {
		enough = append(enough, string(r)+"s")
	}
	return oauth.AccessDenied("role_insufficient", "your role in this account is %s, and only %s may %s", role, strings.Join(enough, " and "), act)
}

// said puts what the store answered into the surface's words.
func said(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, core.ErrUnavailable):
		return oauth.Unavailable(err)
	case errors.Is(err, core.ErrNotFound):
		return oauth.NotFound("member_unknown", "there is no such member or invitation in this account any more").Because(err)
	}
	return err
}

func at(account core.Account, more string) string { return path + "/" + account.Slug + more }

func seeOther(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// account is the account's page.
func (a *Room) account(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	members, err := a.Store.Members(r.Context(), by.Account.ID)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	page := web.Account{Membership: by, MayInvite: policy.Can(by.Role, policy.Invite)}
	names := map[core.ID]string{}
	for _, m := range web.MembersByName(members) {
		names[m.Identity.ID] = m.Identity.Name
		page.Members = append(page.Members, web.AccountMember{Member: m, May: policy.CanOn(by.Role, policy.ChangeRoles, m.Role), You: m.Identity.ID == by.IdentityID})
	}
	if page.MayInvite {
		open, err := a.Store.InvitationsInto(r.Context(), by.Account.ID, a.Clock.Now())
		if err != nil {
			return fmt.Errorf("list invitations: %w", err)
		}
		for _, i := range open {
			page.Invitations = append(page.Invitations, web.OpenInvitation{Invitation: i, By: names[i.InvitedBy], May: policy.CanOn(by.Role, policy.Invite, i.Role)})
		}
	}
	apps, err := a.Store.AppsPublishedBy(r.Context(), by.Account.ID)
	if err != nil {
		return fmt.Errorf("list apps: %w", err)
	}
	built, err := a.Store.AppsOf(r.Context(), by.IdentityID)
	if err != nil {
		return fmt.Errorf("list own apps: %w", err)
	}
	for _, app := range apps {
		page.Apps = append(page.Apps, web.AccountApp{App: app, May: slices.ContainsFunc(built, func(b core.App) bool { return b.ID == app.ID })})
	}
	page.Notice = notice(r, names)
	return a.Pages.Render(w, r, http.StatusOK, page)
}

// notice gives the confirmation that a redirect asked for by a query parameter, which may name a member.
func notice(r *http.Request, names map[core.ID]string) web.Notice {
	for _, n := range []struct{ parameter, message string }{
		{"joined", "account.joined_html"}, {"renamed", "account.renamed"}, {"changed", "account.role_changed_html"}, {"removed", "account.member_removed"},
		{"withdrawn", "account.withdrawn"}, {"handed_over", "account.handed_over"}, {"reopened", "account.reopened"}, {"invited", "account.invited_before"},
	} {
		if r.URL.Query().Has(n.parameter) {
			id, _ := core.ParseID(r.URL.Query().Get(n.parameter))
			return web.Notice{Message: n.message, Name: names[id]}
		}
	}
	return web.Notice{}
}

func (a *Room) settings(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	return a.drawSettings(w, r, http.StatusOK, by, web.Form{Values: map[string]string{"account_name": by.Account.Name}})
}

func (a *Room) drawSettings(w http.ResponseWriter, r *http.Request, status int, by core.Membership, form web.Form) error {
	return a.Pages.Render(w, r, status, web.AccountSettings{
		Form: form, Membership: by,
		MayRename: policy.Can(by.Role, policy.RenameAccount), MayAppoint: policy.Can(by.Role, policy.AppointOwners), MayClose: policy.Can(by.Role, policy.SuspendAccount),
	})
}

func (a *Room) rename(w http.ResponseWriter, r *http.Request, by core.Membership) error {
	name := strings.TrimSpace(r.PostFormValue("account_name"))
	if !core.VisibleName(name) {
		return a.drawSettings(w, r, http.StatusUnprocessableEntity, by, web.Form{
			Values: map[string]string{"account_name": name}, Problems: []web.Problem{{Field: "account_name", Message: "problem.account_name"}},
		})
	}
	if err := a.Store.RenameAccount(r.Context(), by, name, a.Clock.Now()); err != nil {
		return fmt.Errorf("rename account: %w", err)
	}
	return seeOther(w, r, at(by.Account, "?renamed"))
}
