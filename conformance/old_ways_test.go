package conformance

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/sunset"
	"launchpad/oauth"
)

// counted is how often the app went each old way today.
func counted(t *testing.T, s *lptest.Server, app lptest.App) map[core.OldWay]int64 {
	t.Helper()
	s.Settle()
	list, err := s.Store.OldUsesOf(t.Context(), app.ID, core.DayOf(s.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[core.OldWay]int64{}
	for _, use := range list {
		counts[use.Way] += use.Count
	}
	return counts
}

func wantCounts(t *testing.T, s *lptest.Server, app lptest.App, want map[core.OldWay]int64) {
	t.Helper()
	got := counted(t, s, app)
	for _, rules := range core.OldWays {
		if got[rules.Way] != want[rules.Way] {
			t.Errorf("%s was counted %d times, want %d", rules.Way, got[rules.Way], want[rules.Way])
		}
	}
}

// modern is a request that does nothing in an old way.
func modern(app lptest.App) url.Values {
	request := app.Request()
	request.Set("code_challenge", oauth.S256(lptest.Verifier))
	request.Set("code_challenge_method", "S256")
	return request
}

// bare is what a stock library of 2012 sends.
func bare(app lptest.App) url.Values {
	return url.Values{"response_type": {"code"}, "client_id": {app.ClientID}}
}

// RFC 9700 §2.1.1: who still does without is counted: once for each authorization, and only if a person wanted it.
func TestOldWaysOfAuthorizingAreCountedOnce(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		person := s.SignedIn(s.Person.Email)
		if page := person.Authorize(modern(s.Web), lptest.Choice{}); page.Param("code") == "" {
			t.Fatalf("%d %s", page.Status, page.Body)
		}
		wantCounts(t, s, s.Web, nil)
		s.Do(s.Request("GET", "/oauth/authorize?"+bare(s.Web).Encode(), "")) // anybody can send this
		again := bare(s.Web)
		again.Set("prompt", "consent")
		person.Authorize(again, lptest.Choice{Deny: true})
		wantCounts(t, s, s.Web, nil)
		person.Authorize(bare(s.Web), lptest.Choice{})
		wantCounts(t, s, s.Web, map[core.OldWay]int64{core.OldNoPKCE: 1, core.OldNoState: 1})
		dummy := s.NewApp("Just begun", core.KindWeb, "http://myapp.com/oauth")
		for range 2 {
			person.Authorize(bare(dummy), lptest.Choice{})
		}
		wantCounts(t, s, dummy, map[core.OldWay]int64{core.OldNoPKCE: 2, core.OldNoState: 2, core.OldHTTPRedirect: 2})
		local := s.NewApp("On this computer", core.KindWeb, "http://127.0.0.1:8765/callback")
		person.Authorize(bare(local), lptest.Choice{})
		wantCounts(t, s, local, map[core.OldWay]int64{core.OldNoPKCE: 1, core.OldNoState: 1})
		if metrics := s.Metrics(); !strings.Contains(metrics, `launchpad_old_ways_total{outcome="answered",way="no_pkce"} 4`) {
			t.Error("the metrics do not count it")
		}
	})
}

// RFC 9745 §2, RFC 8594 §3: an answer to a token in the address says since when it is over, until when it works, and where that is
// explained.
func TestTokensInAddressesAreCountedAndMarked(t *testing.T) {
	end := lptest.NewClock().Now().AddDate(0, 0, 10)
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		_, own, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Machine.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		call := func(token string) lptest.Answer {
			return s.Do(s.Request("GET", "/v3/dashboards?access_token="+token, ""))
		}
		for range 3 {
			a := call(token)
			wantStatus(t, a, 200)
			links := strings.Join(a.Header["Link"], "\n")
			if a.Header.Get("Deprecation") != "@1735689600" || a.Header.Get("Sunset") != "Mon, 11 Mar 2030 12:00:00 GMT" ||
				!strings.Contains(links, `/docs/errors/old_query_token>; rel="deprecation"`) || !strings.Contains(links, `/docs/errors/old_query_token>; rel="sunset"`) {
				t.Errorf("%v", a.Header)
			}
		}
		wantStatus(t, call(own.Reveal()), 200)
		wantStatus(t, call(token+"x"), 401)
		if got := counted(t, s, s.Web)[core.OldQueryToken]; got != 3 {
			t.Errorf("counted %d, want 3", got)
		}
		wantCounts(t, s, s.Machine, map[core.OldWay]int64{core.OldQueryToken: 1})
		if a := s.Call(token); a.Header.Get("Deprecation") != "" || a.Header.Get("Sunset") != "" {
			t.Errorf("an answer to a token in the header is marked: %v", a.Header)
		}
		s.Clock.Advance(10 * 24 * time.Hour)
		a := call(own.Reveal())
		wantError(t, a, 401, "invalid_token")
		if !strings.HasSuffix(a.Text("error_uri"), "/docs/errors/old_query_token") || !strings.Contains(a.Text("error_description"), "11 March 2030") {
			t.Errorf("%s", a.Body)
		}
		if page := s.Browser().Get("/docs/errors/old_query_token"); page.Status != 200 {
			t.Errorf("the explanation: %d", page.Status)
		}
	}, lptest.WithSunset(map[core.OldWay]time.Time{core.OldQueryToken: end}))
}

// RFC 6749 §4.1.2.1: an app whose way of authorizing has ended hears so, with state and iss.
func TestEndedWaysOfAuthorizingAreRefused(t *testing.T) {
	end := lptest.NewClock().Now().Add(time.Hour)
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		person := s.SignedIn(s.Person.Email)
		if page := person.Authorize(s.Web.Request(), lptest.Choice{}); page.Param("code") == "" {
			t.Fatalf("before its end: %d %s", page.Status, page.Redirect)
		}
		s.Clock.Advance(time.Hour)
		page := person.Authorize(s.Web.Request(), lptest.Choice{})
		if page.Param("error") != "invalid_request" || !strings.HasSuffix(page.Param("error_uri"), "/old_no_pkce") || page.Param("state") != "xyz" || page.Param("iss") != s.URL {
			t.Errorf("after its end: %d %s", page.Status, page.Redirect)
		}
		if page := person.Authorize(modern(s.Web), lptest.Choice{}); page.Param("code") == "" {
			t.Errorf("a request with PKCE: %d %s", page.Status, page.Redirect)
		}
		wantCounts(t, s, s.Web, map[core.OldWay]int64{core.OldNoPKCE: 1})
		if !strings.Contains(s.Metrics(), `launchpad_old_ways_total{outcome="refused",way="no_pkce"} 1`) {
			t.Error("the metrics do not count refusals")
		}
	}, lptest.WithSunset(map[core.OldWay]time.Time{core.OldNoPKCE: end}))
}

// DC18, AD02: what an app does in old ways is told to who builds it and to operators, and to nobody else.
func TestOldWaysAreShownToWhomTheyConcern(t *testing.T) {
	end := lptest.NewClock().Now().AddDate(0, 2, 0)
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := s.NewPerson("ben@example.com", false)
		if err := s.Store.AddMember(t.Context(), ben.ID, s.First.ID, core.RoleMember, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		s.SignedIn(s.Person.Email).Authorize(bare(s.Web), lptest.Choice{})
		portal, report := "/oauth/applications/"+s.Web.ID.String(), "/admin/old-ways"
		const shown, told = "Authorization without PKCE", "Refused from 1 May 2030"
		owner, stranger := s.SignedIn(s.Person.Email), s.SignedIn(ben.Email)
		wantShown := func(who string, page lptest.Page, status int, want bool) {
			t.Helper()
			if page.Status != status || strings.Contains(page.Body, shown) != want || strings.Contains(page.Body, told) != want {
				t.Errorf("%s: %d, shown %v, want %d, %v", who, page.Status, !want, status, want)
			}
		}
		wantShown("the developer", owner.Get(portal), 200, true)
		wantShown("the developer, of an app that asks as one does today", owner.Get("/oauth/applications/"+s.Public.ID.String()), 200, false)
		wantShown("a colleague in the account", stranger.Get(portal), 404, false)
		if err := s.Acts().AddToTeam(t.Context(), s.Person, s.Web.ID, ben.ID); err != nil {
			t.Fatal(err)
		}
		wantShown("somebody on the team", stranger.Get(portal), 200, true)

		all := owner.Get(report)
		wantShown("an operator", all, 200, true)
		if !strings.Contains(all.Body, s.Web.Name) || strings.Contains(all.Body, s.Public.Name) {
			t.Error("the report does not name the apps that do it, and no others")
		}
		wantShown("an operator, of the app", owner.Get(report+"/"+s.Web.ID.String()), 200, true)
		if page := owner.Get(report + "/" + ben.ID.String()); page.Status != 404 {
			t.Errorf("an app that does not exist: %d", page.Status)
		}
		for _, path := range []string{report, report + "/" + s.Web.ID.String()} {
			wantShown("a developer at "+path, stranger.Get(path), 404, false)
		}
		if strings.Contains(stranger.Get("/oauth/applications").Body, report) {
			t.Error("the navigation leads others there")
		}
		s.Clock.Advance(31 * 24 * time.Hour)
		again := s.SignedIn(s.Person.Email)
		wantShown("the developer, a month later", again.Get(portal), 200, false)
		if page := again.Get(report); !strings.Contains(page.Body, "No app goes an old way") || !strings.Contains(page.Body, "31 days ago") {
			t.Error("the report does not say when the last use was")
		}
	}, lptest.WithSunset(map[core.OldWay]time.Time{core.OldNoPKCE: end}))
}

// RFC 8594 §3: what the dry run foretells is what happens: the apps that it names are those whose requests are refused once
// the ways have ended, and no others.
func TestTheDryRunForetellsWhatBreaks(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		person := s.SignedIn(s.Person.Email)
		authorized := func(request url.Values) func() bool {
			return func() bool { return person.Authorize(request, lptest.Choice{}).Param("code") != "" }
		}
		web := func(name, redirect string) lptest.App { return s.NewApp(name, core.KindWeb, redirect) }
		today, noPKCE, noState, dummy, query := web("Today", lptest.Redirect), web("No PKCE", lptest.Redirect), web("No state", lptest.Redirect), web("Dummy", "http://myapp.com/oauth"), web("Query", lptest.Redirect)
		stateless, plain := modern(noState), modern(dummy)
		stateless.Del("state")
		plain.Set("redirect_uri", "http://myapp.com/oauth")
		_, token, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, query.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		replay := map[core.ID]func() bool{
			today.ID: authorized(modern(today)), noPKCE.ID: authorized(noPKCE.Request()), noState.ID: authorized(stateless), dummy.ID: authorized(plain),
			query.ID: func() bool {
				return s.Do(s.Request("GET", "/v3/dashboards?access_token="+token.Reveal(), "")).Status == 200
			},
		}
		for app, works := range replay {
			if !works() {
				t.Fatalf("%s does not work to begin with", app)
			}
		}
		s.Settle()
		for _, required := range [][]string{{"pkce"}, {"state"}, {"no-http-redirects"}, {"no-query-tokens"}, {"no-draft5", "no-implicit"}, {"pkce", "no-query-tokens"}, sunset.Requirements()} {
			ways, err := sunset.EndedBy(required)
			if err != nil {
				t.Fatal(err)
			}
			s.RestartWithSunset(nil)
			usage, err := s.Store.OldUsage(t.Context(), core.DayOf(s.Clock.Now()), 30)
			if err != nil {
				t.Fatal(err)
			}
			var foretold, broke []string
			for _, b := range sunset.BrokenBy(ways, usage) {
				foretold = append(foretold, b.App.ID.String())
			}
			ends := map[core.OldWay]time.Time{}
			for _, way := range ways {
				ends[way] = s.Clock.Now()
			}
			s.RestartWithSunset(ends)
			for app, works := range replay {
				if !works() {
					broke = append(broke, app.String())
				}
			}
			slices.Sort(foretold)
			slices.Sort(broke)
			if !slices.Equal(foretold, broke) {
				t.Errorf("%v: foretold %v, broke %v", required, foretold, broke)
			}
		}
	})
}
