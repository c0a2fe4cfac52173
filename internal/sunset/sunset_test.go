package sunset_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/sunset"
	"launchpad/oauth"
)

const issuer = "https://id.example.com"

// RFC 9745 §2, RFC 8594 §3: what was over first and what ends first counts, whatever comes first.
func TestOneAnswerIsMarkedForSeveralWays(t *testing.T) {
	e := lptest.Engines(t)[0]
	clock := lptest.NewClock()
	june, july := time.Date(2031, time.June, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, time.July, 1, 0, 0, 0, 0, time.UTC)
	ways := sunset.New(e.Store(t, clock), clock, issuer, map[core.OldWay]time.Time{core.OldDraft5: july, core.OldQueryToken: june})
	for _, order := range [][]core.OldWay{{core.OldDraft5, core.OldQueryToken}, {core.OldQueryToken, core.OldDraft5}} {
		h := http.Header{}
		for _, way := range order {
			if err := ways.Use(h, core.ID{1}, way); err != nil {
				t.Fatal(err)
			}
		}
		if got := h.Get("Deprecation"); got != "@1349049600" {
			t.Errorf("%v: Deprecation %s", order, got)
		}
		if got := h.Get("Sunset"); got != "Sun, 01 Jun 2031 00:00:00 GMT" {
			t.Errorf("%v: Sunset %s", order, got)
		}
		links := strings.Join(h["Link"], "\n")
		for _, way := range order {
			for _, rel := range []string{"deprecation", "sunset"} {
				if want := "<" + issuer + "/docs/errors/" + way.Slug() + `>; rel="` + rel + `"`; strings.Count(links, want) != 1 {
					t.Errorf("%v: links\n%s\nwant once %s", order, links, want)
				}
			}
		}
	}
}

func TestEveryWayEndsOnItsDay(t *testing.T) {
	e := lptest.Engines(t)[0]
	clock := lptest.NewClock()
	end := clock.Now().Add(time.Hour)
	ends := map[core.OldWay]time.Time{}
	for _, rules := range core.OldWays {
		ends[rules.Way] = end
	}
	ways, never := sunset.New(e.Store(t, clock), clock, issuer, ends), sunset.New(e.Store(t, clock), clock, issuer, nil)
	for hour := range 3 {
		for _, rules := range core.OldWays {
			err := ways.Use(http.Header{}, core.ID{1}, rules.Way)
			if hour == 0 && err != nil || hour > 0 && (err == nil || oauth.AsError(err).Slug != rules.Way.Slug() || oauth.AsError(err).Status >= 500) {
				t.Errorf("%s in hour %d: %v", rules.Way, hour, err)
			}
			if err := never.Use(http.Header{}, core.ID{1}, rules.Way); err != nil {
				t.Errorf("%s without a day: %v", rules.Way, err)
			}
		}
		clock.Advance(time.Hour)
	}
}

func TestRequirementsNameTheirWays(t *testing.T) {
	ways, err := sunset.EndedBy(sunset.Requirements())
	if err != nil || len(ways) != len(core.OldWays) {
		t.Errorf("%v, %v", ways, err)
	}
	if _, err := sunset.EndedBy([]string{"pkce", "no-quarter"}); err == nil || !strings.Contains(err.Error(), "no-quarter") || !strings.Contains(err.Error(), "no-query-tokens") {
		t.Errorf("an unknown requirement: %v", err)
	}
}

// What an app did long ago breaks nothing, and each app is named once.
func TestBrokenAppsAreThoseThatStillDoIt(t *testing.T) {
	app := func(n byte) core.App { return core.App{ID: core.ID{n}} }
	broken := sunset.BrokenBy([]core.OldWay{core.OldNoPKCE, core.OldNoState}, []core.OldUsage{
		{App: app(1), Way: core.OldNoPKCE, Period: 9}, {App: app(2), Way: core.OldQueryToken, Period: 8},
		{App: app(1), Way: core.OldNoState, Period: 7}, {App: app(3), Way: core.OldNoState}, {App: app(4), Way: core.OldNoState, Period: 1},
	})
	if len(broken) != 2 || broken[0].App.ID != app(1).ID || len(broken[0].Uses) != 2 || broken[1].App.ID != app(4).ID {
		t.Errorf("%+v", broken)
	}
}
