package config

import (
	"strings"
	"testing"
)

// Who may come in, and open accounts, is closed unless it is said otherwise, and a slip of the pen opens nothing.
func TestWhoMayComeIn(t *testing.T) {
	for name, c := range map[string]struct {
		signUp, accounts string
		refused          string // in the error; empty: none
	}{
		"as it comes":            {"closed", "operators", ""},
		"open":                   {"open", "everyone", ""},
		"by invitation":          {"invitation", "operators", ""},
		"nothing said":           {"", "operators", "sign_up"},
		"another word":           {"Open", "operators", `sign_up: "Open" must be open`},
		"another word for whom":  {"open", "all", `create_accounts: "all" must be operators or everyone`},
		"nothing said for whom":  {"open", "", "create_accounts"},
		"an invitation, plurals": {"invitations", "operators", "sign_up"},
	} {
		config := Default()
		config.SignUp, config.CreateAccounts = c.signUp, c.accounts
		err := config.Finish()
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: %v, want %q", name, err, c.refused)
		}
	}
	if d := Default(); d.SignUp != "closed" || d.CreateAccounts != "operators" {
		t.Errorf("the default lets people in: %q, %q", d.SignUp, d.CreateAccounts)
	}
}
