package config_test

import (
	"strings"
	"testing"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
)

func TestEveryOldWayCanBeGivenAnEnd(t *testing.T) {
	for _, rules := range core.OldWays {
		for _, day := range []string{`"2031-06-30"`, "2031-06-30"} {
			c, err := config.Load(written(t, "[sunset]\n"+string(rules.Way)+" = "+day+"\n"), nil)
			if err != nil {
				t.Errorf("%s: %v", rules.Way, err)
				continue
			}
			ends := c.Sunset.Ends()
			if want := time.Date(2031, time.June, 30, 0, 0, 0, 0, time.UTC); len(ends) != 1 || !ends[rules.Way].Equal(want) {
				t.Errorf("%s = %s: ends %v, want %v", rules.Way, day, ends, want)
			}
		}
	}
	if ends := config.Default().Sunset.Ends(); len(ends) > 0 {
		t.Errorf("without a word of the operator these end: %v", ends)
	}
}

func TestEndsThatCannotBeAreRefusedWithTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"[sunset]\n\nno_pkec = \"2031-06-30\"\n":       "no_pkec",
		"[sunset]\n\nno_pkce = \"2031-06-31\"\n":       "launchpad.toml:3:",
		"[sunset]\n\nno_pkce = \"soon\"\n":             "launchpad.toml:3:",
		"[sunset]\n\nno_pkce = 2031-06-30T10:00:00Z\n": "launchpad.toml:3:",
		"[sunset]\n\nno_pkce = 7\n":                    "launchpad.toml:3:",
	} {
		_, err := config.Load(written(t, text), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
