package policy_test

import (
	"slices"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/policy"
)

// Every standing and act, so that a change of the table is a change of this test.
func TestWhoMayDoWhatWithAnApp(t *testing.T) {
	acts := []policy.AppAct{policy.SeeApp, policy.EditApp, policy.RotateSecrets, policy.MakeTokens, policy.AuthorizeUnproved, policy.LeaveTeam,
		policy.ManageTeam, policy.HandAppOver, policy.DeleteApp, policy.TakeAppOver, "something else"}
	if !slices.Equal(slices.Sorted(slices.Values(acts[:len(acts)-1])), policy.AppActs()) {
		t.Errorf("the table has the acts %q, this test %q", policy.AppActs(), acts)
	}
	owner, other := core.ID{15: 1}, core.ID{15: 2}
	account, elsewhere := core.Account{ID: core.ID{15: 3}}, core.Account{ID: core.ID{15: 4}}
	in := func(who core.ID, account core.Account, role core.Role) []core.Membership {
		return []core.Membership{{IdentityID: who, Account: account, Role: role}}
	}
	app := core.App{OwnerID: owner, Publisher: account}
	team, orphan, both := app, app, app
	team.Team = []core.ID{other}
	orphan.OwnerLeft = true
	both.Team, both.OwnerLeft = team.Team, true
	for _, c := range []struct {
		who         string
		app         core.App
		identity    core.ID
		memberships []core.Membership
		want        string
	}{
		{"owner", app, owner, in(owner, account, core.RoleMember), "yyyyynyyynn"},
		{"owner who left the account", app, owner, in(owner, elsewhere, core.RoleOwner), "nnnnnnnnnnn"},
		{"owner, with memberships of somebody else", app, owner, in(other, account, core.RoleOwner), "nnnnnnnnnnn"},
		{"team member", team, other, in(other, account, core.RoleMember), "yyyyyynnnnn"},
		{"team member who left the account", team, other, in(other, elsewhere, core.RoleOwner), "nnnnnnnnnnn"},
		{"owner of the account", app, other, in(other, account, core.RoleOwner), "nnnnnnnnnnn"},
		{"owner of the account, the app's gone", orphan, other, in(other, account, core.RoleOwner), "nnnnnnnnnyn"},
		{"admin of the account, the app's owner gone", orphan, other, in(other, account, core.RoleAdmin), "nnnnnnnnnyn"},
		{"member of the account, the app's owner gone", orphan, other, in(other, account, core.RoleMember), "nnnnnnnnnnn"},
		{"owner of another account, the app's owner gone", orphan, other, in(other, elsewhere, core.RoleOwner), "nnnnnnnnnnn"},
		{"admin on the team, the app's owner gone", both, other, in(other, account, core.RoleAdmin), "yyyyyynnnyn"},
		{"stranger", team, core.ID{15: 9}, nil, "nnnnnnnnnnn"},
		{"nobody", core.App{}, core.ID{}, nil, "nnnnnnnnnnn"},
	} {
		got := ""
		for _, act := range acts {
			if policy.MayOnApp(act, c.app, c.identity, c.memberships) {
				got += "y"
			} else {
				got += "n"
			}
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.who, got, c.want)
		}
	}
}
