package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
)

// AT06, KY07: what ended stays ended, however the operator changes the life of access tokens meanwhile.
func TestShorterLivesReviveNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.RestartWithAccessLife(24 * time.Hour)
		revoked, left := s.Tokens(s.Web), s.Tokens(s.Web)
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", revoked.Text("refresh_token"))), 200)
		s.Clock.Advance(30 * time.Minute)
		s.RestartWithAccessLife(time.Hour)
		wantStatus(t, s.Call(revoked.Text("access_token")), 401)
		wantStatus(t, s.Call(left.Text("access_token")), 200)
		s.Clock.Advance(3 * time.Hour)
		s.Restart()
		wantStatus(t, s.Call(revoked.Text("access_token")), 401)
		wantError(t, s.Call(left.Text("access_token")), 401, "invalid_token") // it ends with those that are issued now
		if s.Active(s.Web, revoked.Text("access_token")) {
			t.Error("introspection calls the revoked token active")
		}
	})
}

// Introspection says which accounts a token reaches now: an API that relies on it must not serve more.
func TestRFC7662_2_2_AccountsAreThoseReachedNow(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := s.SignedIn(s.Person.Email).Authorize(s.Web.Request(), lptest.Choice{Accounts: []string{s.First.ID.String(), s.Second.ID.String()}}).Param("code")
		token := s.Redeem(s.Web, code).Text("access_token")
		accounts := func() string {
			return fmt.Sprint(s.PostAs(s.Web, "/oauth/introspect", lptest.Form("token", token)).JSON["launchpad_accounts"])
		}
		if got, want := accounts(), fmt.Sprint([]core.ID{s.First.ID, s.Second.ID}); got != want {
			t.Errorf("accounts %s, want %s", got, want)
		}
		s.LeaveAccount(s.First)
		if got, want := accounts(), fmt.Sprint([]core.ID{s.Second.ID}); got != want {
			t.Errorf("after leaving one: %s, want %s", got, want)
		}
		if err := s.Store.SuspendAccount(t.Context(), s.Second.ID, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if got := accounts(); got != "<nil>" {
			t.Errorf("after the other was suspended: %s, want none", got)
		}
	})
}

// AT10: a token with many accounts in it is good for what it was issued for, in either format.
func TestTokensCarryManyAccounts(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		var chosen []string
		for i := range 400 {
			a := core.Account{ID: secret.NewID(s.Clock.Now()), Slug: fmt.Sprintf("branch-%d", i), Name: fmt.Sprintf("Branch %d", i), CreatedAt: s.Clock.Now()}
			if err := s.Store.CreateAccount(t.Context(), a, s.Person.ID); err != nil {
				t.Fatal(err)
			}
			chosen = append(chosen, a.ID.String())
		}
		for _, format := range []core.TokenFormat{core.FormatSealed, core.FormatJWT} {
			app := s.NewApp("Reports", core.KindWeb, lptest.Redirect)
			app.App = s.Switch(app, apps.Switches{TokenFormat: format})
			code := s.SignedIn(s.Person.Email).Authorize(app.Request(), lptest.Choice{Accounts: chosen}).Param("code")
			tokens := s.Redeem(app, code)
			wantStatus(t, tokens, 200)
			wantStatus(t, s.Call(tokens.Text("access_token"), "Launchpad-Account", "branch-399"), 200)
			wantStatus(t, s.Refresh(app, tokens.Text("refresh_token")), 200)
		}
		more := append(chosen, s.First.ID.String())
		if page := s.SignedIn(s.Person.Email).Authorize(s.Web.Request(), lptest.Choice{Accounts: more}); page.Status != 422 || page.Param("code") != "" {
			t.Errorf("%d accounts: %d, want the page with a problem", len(more), page.Status)
		}
	})
}

// RFC 9700 §4.14.2: whoever comes again and again after a lost answer is answered, and noted once a window.
func TestRecoveriesAreNotedOnceAWindow(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		lost := s.Tokens(s.Web).Text("refresh_token")
		refreshed(t, s, s.Web, lost)
		s.Clock.Advance(2 * time.Minute)
		for range 20 {
			refreshed(t, s, s.Web, lost)
		}
		noted := 0
		err := s.Store.Events(t.Context(), s.Clock.Now().Add(-time.Hour), []core.EventKind{core.EventRefreshRecovered}, func(core.Event) { noted++ })
		if err != nil || noted != 1 {
			t.Errorf("%d notes, %v; want 1", noted, err)
		}
	})
}

// Processes of one app that refresh faster than the row remembers are refused, but nobody is signed out.
func TestRFC9700_4_14_2_OutrunTokensSignNobodyOut(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		slow := s.Tokens(s.Web).Text("refresh_token")
		newest := slow
		for range 12 {
			s.Clock.Advance(time.Second)
			newest = refreshed(t, s, s.Web, newest).Text("refresh_token")
		}
		a := s.Refresh(s.Web, slow)
		wantError(t, a, 400, "invalid_grant")
		if !strings.HasSuffix(a.Text("error_uri"), "/refresh_token_outrun") {
			t.Errorf("%s", a.Body)
		}
		refreshed(t, s, s.Web, newest)
		// Later, when all that the row remembers is over, the same token is a theft.
		s.Clock.Advance(2 * time.Minute)
		wantError(t, s.Refresh(s.Web, slow), 400, "invalid_grant")
		wantError(t, s.Refresh(s.Web, newest), 400, "invalid_grant")
	})
}

// CA01: Basic carries any bytes; those that no client_id has are an unknown client, on every engine.
func TestRFC6749_5_2_ClientIdsOfAnyBytes(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, id := range []string{"a%00b", "\xff\xfe", "a\x00b", "ä"} {
			for _, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
				r := s.Request("POST", path, "grant_type=client_credentials&token=x")
				r.SetBasicAuth(id, "secret")
				wantError(t, s.Do(r), 401, "invalid_client")
			}
		}
	})
}

// Ruling 11: possession revokes; a token in the header is no client authentication that could be wrong.
func TestRFC7009_2_1_ATokenInTheHeaderIsNoClient(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tokens := s.Tokens(s.Web)
		r := s.Request("POST", "/oauth/revoke?token="+tokens.Text("refresh_token"), "")
		r.Header.Set("Authorization", "Bearer "+tokens.Text("access_token"))
		wantStatus(t, s.Do(r), 200)
		wantStatus(t, s.Call(tokens.Text("access_token")), 401)
	})
}

// GW05: no address with an empty or dotted segment is answered by a redirect that would repeat its secrets.
func TestUncleanPathsAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"//signin", "/oauth//token", "/oauth/./revoke", "/x/../oauth/token", "/v3//dashboards", "/v3/../v3/dashboards"} {
			for _, method := range []string{"GET", "POST"} {
				r := s.Request(method, "/", "")
				r.URL.Path, r.URL.RawQuery = path, "token=secret"
				a := s.Do(r)
				if a.Status != http.StatusBadRequest || strings.Contains(a.Body+fmt.Sprint(a.Header), "secret") {
					t.Errorf("%s %s: %d %v %s", method, path, a.Status, a.Header, a.Body)
				}
			}
		}
	})
}

// AU20: whatever state is made of, four kilobytes of it come back.
func TestRFC6749_4_1_1_LongStateOfAnyCharacters(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, character := range []string{"a", "&", "<", "\x01", "é", `"`} {
			q := s.Web.Request()
			state := strings.Repeat(character, 4096/len(character))
			q.Set("state", state)
			q.Set("prompt", "consent")
			q.Set("login_hint", strings.Repeat("&", 254))
			if page := b.Authorize(q, lptest.Choice{}); page.Param("state") != state {
				t.Errorf("%q: %d, %d bytes of state came back", character, page.Status, len(page.Param("state")))
			}
		}
	})
}

// A browser keeps its cookies to itself when another site sends a form. The person is signed in all the same.
func TestOIDCCore_3_1_2_1_PostFromAnotherSite(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		b.Authorize(s.Web.Request(), lptest.Choice{})
		r := s.Request("POST", "/oauth/authorize", s.Web.Request().Encode())
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		a := s.Do(r)
		if a.Status != http.StatusSeeOther || len(a.Header["Set-Cookie"]) > 0 {
			t.Fatalf("%d %v, want 303 and no cookie", a.Status, a.Header)
		}
		if page := b.Get(a.Header.Get("Location")); page.Param("code") == "" {
			t.Errorf("the browser followed and got %d %s, want a code", page.Status, page.Redirect)
		}
		// AU12: what was repeated stays so.
		r = s.Request("POST", "/oauth/authorize", s.Web.Request().Encode()+"&scope=a&scope=b")
		if page := b.Get(s.Do(r).Header.Get("Location")); page.Param("error") != "invalid_request" {
			t.Errorf("repeated scope: %s", page.Redirect)
		}
	})
}

// SE08: a redirect URI is repeated in a header; none can be registered that would say more than its origin there.
func TestRFC7591_3_2_2_HostsArePlain(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, uri := range []string{
			"https://[::1%25x%20https:;frame-ancestors%20https:;x]/cb", "https://app.example;sandbox/cb", "https://app.example,sandbox/cb",
			"https://a%E4%BD%A0.example/cb", "https://a'b.example/cb", "http://[::1%25lo]/cb",
		} {
			_, _, err := s.Acts().Register(t.Context(), s.Person, apps.Draft{Name: "x", Kind: core.KindWeb, PublisherID: s.First.ID, RedirectURIs: []string{uri}})
			if err == nil {
				t.Errorf("%s was registered", uri)
			}
		}
	})
}
