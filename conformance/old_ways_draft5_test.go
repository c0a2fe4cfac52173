package conformance

import (
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/sunset"
)

// RFC 9745 §2, RFC 8594 §3: what only apps of draft 5 do is counted, and the answers that programs read are marked.
func TestWaysOfDraft5AreCountedAndMarked(t *testing.T) {
	end := lptest.NewClock().Now().AddDate(0, 0, 10)
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := oldApp(s)
		person := s.SignedIn(s.Person.Email)
		request := lptest.Form("type", "web_server", "client_id", app.ClientID, "redirect_uri", lptest.Redirect)
		code := person.Authorize(request, lptest.Choice{}).Param("code")
		wantCounts(t, s, app, map[core.OldWay]int64{core.OldDraft5: 1, core.OldNoPKCE: 1, core.OldNoState: 1})
		redemption := lptest.Form("client_id", app.ClientID, "client_secret", app.Secret, "redirect_uri", lptest.Redirect, "code", code)
		// Who does not prove that it is the app counts for nothing.
		wrong := lptest.Form("client_id", app.ClientID, "client_secret", app.Secret+"x", "redirect_uri", lptest.Redirect, "code", code)
		wantError(t, s.Do(s.Request("POST", "/oauth/token?"+wrong.Encode(), "")), 400, "incorrect_client_credentials")
		tokens := s.Do(s.Request("POST", "/oauth/token?"+redemption.Encode(), ""))
		wantStatus(t, tokens, 200)
		wantMarked(t, tokens, "@1349049600", "old_draft5", "old_query_credentials")
		call := s.Request("GET", "/v3/dashboards", "")
		call.Header.Set("Authorization", `Token token="`+tokens.Text("access_token")+`"`)
		wantMarked(t, s.Do(call), "@1349049600", "old_token_scheme")
		// The gems of 2010 and 2011 send the token in both ways at once.
		call = s.Request("GET", "/v3/dashboards?oauth_token="+tokens.Text("access_token"), "")
		call.Header.Set("Authorization", "OAuth "+tokens.Text("access_token"))
		wantMarked(t, s.Do(call), "@1349049600", "old_token_scheme", "old_query_token")
		wantNamed(t, s, app, "no-token-schemes", "no-query-tokens", "no-draft5")
		// What is of draft 5 in a later request is its immediate.
		later := lptest.Form("response_type", "code", "client_id", app.ClientID, "redirect_uri", lptest.Redirect, "immediate", "true")
		if page := person.Authorize(later, lptest.Choice{}); page.Param("code") == "" {
			t.Errorf("%d %s", page.Status, page.Redirect)
		}
		wantCounts(t, s, app, map[core.OldWay]int64{core.OldDraft5: 3, core.OldQueryCredentials: 1, core.OldTokenScheme: 2, core.OldQueryToken: 1, core.OldNoPKCE: 2, core.OldNoState: 2})
		request.Set("type", "user_agent")
		if page := person.Authorize(request, lptest.Choice{}); page.Fragment("access_token") == "" {
			t.Errorf("%d %s", page.Status, page.Redirect)
		}
		wantCounts(t, s, app, map[core.OldWay]int64{core.OldDraft5: 4, core.OldQueryCredentials: 1, core.OldTokenScheme: 2, core.OldQueryToken: 1, core.OldImplicit: 1, core.OldNoPKCE: 2, core.OldNoState: 3})
	}, lptest.WithSunset(map[core.OldWay]time.Time{core.OldDraft5: end, core.OldQueryCredentials: end, core.OldTokenScheme: end, core.OldQueryToken: end}))
}

// wantNamed asks for each requirement whom it would break, as launchpad policy dry-run does.
func wantNamed(t *testing.T, s *lptest.Server, app lptest.App, requirements ...string) {
	t.Helper()
	s.Settle()
	usage, err := s.Store.OldUsage(t.Context(), core.DayOf(s.Clock.Now()), 30)
	if err != nil {
		t.Fatal(err)
	}
	for _, required := range requirements {
		ways, err := sunset.EndedBy([]string{required})
		if err != nil {
			t.Fatal(err)
		}
		if broken := sunset.BrokenBy(ways, usage); len(broken) != 1 || broken[0].App.ID != app.ID {
			t.Errorf("%s would break %v, want %s", required, broken, app.Name)
		}
	}
}

func wantMarked(t *testing.T, a lptest.Answer, since string, slugs ...string) {
	t.Helper()
	wantStatus(t, a, 200)
	if a.Header.Get("Deprecation") != since || a.Header.Get("Sunset") != "Mon, 11 Mar 2030 12:00:00 GMT" {
		t.Errorf("%v", a.Header)
	}
	links := strings.Join(a.Header["Link"], "\n")
	for _, slug := range slugs {
		if !strings.Contains(links, "/docs/errors/"+slug+`>; rel="sunset"`) {
			t.Errorf("no link to %s: %s", slug, links)
		}
	}
}

// RFC 8594 §3: from its day on each is refused with its explanation, before anything is used up: the app that is mended in
// time goes on with what it holds.
func TestEndedWaysOfDraft5UseNothingUp(t *testing.T) {
	for _, way := range []core.OldWay{core.OldDraft5, core.OldQueryCredentials, core.OldTokenScheme, core.OldImplicit} {
		t.Run(string(way), func(t *testing.T) {
			end := lptest.NewClock().Now().Add(time.Hour)
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				app := oldApp(s)
				person := s.SignedIn(s.Person.Email)
				token := s.Tokens(app)
				s.Clock.Advance(time.Hour)
				slug := ""
				switch way {
				case core.OldImplicit:
					slug = person.Authorize(asksForToken(app), lptest.Choice{}).Fragment("error_uri")
				case core.OldTokenScheme:
					call := s.Request("GET", "/v3/dashboards", "")
					call.Header.Set("Authorization", "OAuth "+token.Text("access_token"))
					slug = s.Do(call).Text("error_uri")
					wantStatus(t, s.Call(token.Text("access_token")), 200)
				default:
					refresh := lptest.Form("type", "refresh", "client_id", app.ClientID, "client_secret", app.Secret, "refresh_token", token.Text("refresh_token"))
					a := s.Do(s.Request("POST", "/oauth/token?"+refresh.Encode(), ""))
					wantError(t, a, 400, "invalid_request")
					slug = a.Text("error_uri")
					wantStatus(t, s.Refresh(app, token.Text("refresh_token")), 200)
				}
				if slug != s.URL+"/docs/errors/"+way.Slug() {
					t.Errorf("refused by %s", slug)
				}
			}, lptest.WithSunset(map[core.OldWay]time.Time{way: end}))
		})
	}
}

// RFC 8594 §3: a request that goes several ways is refused once one of them has ended, and the other is no way around that.
func TestEndedWaysOfDraft5AreRefusedBesideOthers(t *testing.T) {
	for _, way := range []core.OldWay{core.OldTokenScheme, core.OldQueryToken, core.OldDraft5} {
		t.Run(string(way), func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				app := oldApp(s)
				person := s.SignedIn(s.Person.Email)
				token := s.Tokens(app).Text("access_token")
				for _, scheme := range []string{"OAuth " + token, `Token token="` + token + `"`} {
					for _, name := range []string{"access_token", "oauth_token"} {
						a := s.Do(withHeader(s.Request("GET", "/v3/dashboards?"+name+"="+token, ""), "Authorization", scheme))
						if ended := way != core.OldDraft5; ended != (a.Text("error_uri") == s.URL+"/docs/errors/"+way.Slug()) || ended != (a.Status == 401) {
							t.Errorf("%.5s and %s: %d %s", scheme, name, a.Status, a.Body)
						}
					}
				}
				request := lptest.Form("response_type", "code", "client_id", app.ClientID, "redirect_uri", lptest.Redirect, "immediate", "true")
				page := person.Authorize(request, lptest.Choice{})
				if ended := way == core.OldDraft5; ended != strings.HasSuffix(page.Param("error_uri"), "/old_draft5") || ended != (page.Param("code") == "") || ended && page.Param("error") != "invalid_request" {
					t.Errorf("immediate: %d %s", page.Status, page.Redirect)
				}
				request.Set("prompt", "none") // which wins, so that nothing is left of draft 5
				if page := person.Authorize(request, lptest.Choice{}); page.Param("code") == "" {
					t.Errorf("immediate and prompt: %d %s", page.Status, page.Redirect)
				}
			}, lptest.WithSunset(map[core.OldWay]time.Time{way: lptest.NewClock().Now()}))
		})
	}
}
