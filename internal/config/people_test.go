package config

import (
	"strings"
	"testing"

	"launchpad/internal/core"
)

func TestWhoMayBringApps(t *testing.T) {
	for word, good := range map[string]bool{"": true, "open": true, "closed": true, "Open": false, "token": false} {
		config := Default()
		config.Register = word
		if err := config.Finish(); (err == nil) != good {
			t.Errorf("%q: %v", word, err)
		}
	}
	forAgents := []API{{Routes: []Route{{Scope: "other"}}}, {Agents: true, Routes: []Route{{Scope: "use"}, {}, {Scope: "use"}, {Scope: "ask"}}}}
	for _, c := range []struct {
		word string
		apis []API
		want core.Registrars
	}{
		{"", nil, core.RegistrarsNobody}, {"", forAgents[:1], core.RegistrarsNobody}, {"", forAgents, core.RegistrarsAnybody},
		{"closed", forAgents, core.RegistrarsNobody}, {"open", nil, core.RegistrarsAnybody},
	} {
		config := Config{Register: c.word, APIs: c.apis}
		if got := config.Registrars(); got != c.want {
			t.Errorf("%q with %d APIs: %q, want %q", c.word, len(c.apis), got, c.want)
		}
	}
	if got := (&Config{}).Unlike(&Config{APIs: forAgents}); len(got) != 1 || got[0] != "register" {
		t.Errorf("the first API for agents opens the registration at the next start, and a reload says %v", got)
	}
}

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
