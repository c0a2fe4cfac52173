package core

import "testing"

// DC14.
func TestNamesOfStrangers(t *testing.T) {
	for name, want := range map[string]bool{
		"Claude Code": true, "Agent (work)": true, "Bücher-Agent": true, "Отчёты": true, "レポートTool": true, "تقارير": true, "דוחות": true, "Crédit Été": true, "C3+": true,
		"Rep\u043Erts":              false, // one Cyrillic letter among Latin ones
		"\u0391gent":                false, // Greek
		"Agent\u200Bx":              false, // zero width
		"\u202Etxt.Agent":           false, // turns the direction
		"Agent\u2066x":              false,
		"Ag\nent":                   false,
		"<b>Agent</b>":              false,
		"accounts.google.com":       false, // reads like a host
		"Agent \U0001F680":          false, // a picture
		"Agent \u2713":              false, // a tick: verified by nobody
		"A\u0301\u0302\u0303\u0304": false, // a pile of marks
		"\u13AAgent":                false, // Cherokee
		"":                          false,
		" Agent":                    false,
		"\U0001D400gent":            false, // a mathematical letter
	} {
		if got := StrangersName(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
}

func TestNamesThatLookTheSame(t *testing.T) {
	for _, name := range []string{"Launchpad", "LAUNCHPAD", "Launch pad", "Laun\u0441hpad", "1aunchpad", "Launch-Päd", "L\u0430unchp\u0430d", "Iaunchpad", "Ｌａｕｎｃｈｐａｄ"} {
		if Likeness(name) != Likeness("launchpad") {
			t.Errorf("%q is %q, want %q", name, Likeness(name), Likeness("launchpad"))
		}
		if !PosesAs(name+" Support", "Launchpad") {
			t.Errorf("%q may add a word", name)
		}
	}
	for _, name := range []string{"Launch", "Pad", "Lunchpad"} {
		if PosesAs(name, "Launchpad") {
			t.Errorf("%q is taken for Launchpad", name)
		}
	}
	if Likeness("Modern") != Likeness("Modem") || Likeness("?!") == "" || Likeness("") != "" {
		t.Error("pairs of letters, or names without letters")
	}
}
