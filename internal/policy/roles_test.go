package policy_test

import (
	"slices"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/policy"
)

// Every role and act, so that a change of the table is a change of this test.
func TestWhatEachRoleMayDo(t *testing.T) {
	acts := []policy.Act{policy.SeeMembers, policy.RegisterApps, policy.Leave, policy.Invite, policy.RemoveMembers, policy.ChangeRoles, policy.RenameAccount, policy.AppointOwners, policy.SuspendAccount}
	if !slices.Equal(slices.Sorted(slices.Values(acts)), policy.Acts()) {
		t.Errorf("the table has the acts %q, this test %q", policy.Acts(), acts)
	}
	for role, want := range map[core.Role]string{
		core.RoleOwner:  "yyyyyyyyy",
		core.RoleAdmin:  "yyyyyyynn",
		core.RoleMember: "yyynnnnnn",
		"":              "nnnnnnnnn",
		"Owner":         "nnnnnnnnn",
	} {
		got := ""
		for _, act := range acts {
			if policy.Can(role, act) {
				got += "y"
			} else {
				got += "n"
			}
		}
		if got != want {
			t.Errorf("role %q: got %s, want %s", role, got, want)
		}
		if policy.Can(role, "something else") {
			t.Errorf("role %q may do what is not in the table", role)
		}
	}
}

func TestOnlyOwnersTouchOwners(t *testing.T) {
	for _, act := range []policy.Act{policy.Invite, policy.RemoveMembers, policy.ChangeRoles} {
		for _, c := range []struct {
			role, other core.Role
			want        bool
		}{
			{core.RoleOwner, core.RoleOwner, true},
			{core.RoleAdmin, core.RoleOwner, false},
			{core.RoleAdmin, core.RoleAdmin, true},
			{core.RoleMember, core.RoleMember, false},
			{core.RoleOwner, "king", false},
		} {
			if got := policy.CanOn(c.role, act, c.other); got != c.want {
				t.Errorf("%s, as %s on %s: got %v, want %v", act, c.role, c.other, got, c.want)
			}
		}
	}
}
