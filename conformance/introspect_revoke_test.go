package conformance

import (
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// AT23.
func TestRFC7662_2_1_OnlyTheEntitledMayAsk(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		wantError(t, s.Do(s.Request("POST", "/oauth/introspect", "token="+token)), 401, "invalid_client")
		wantError(t, s.PostAs(s.Public, "/oauth/introspect", lptest.Form("token", token)), 401, "invalid_client")
		other := s.PostAs(s.Machine, "/oauth/introspect", lptest.Form("token", token))
		if other.Status != 200 || other.Body != `{"active":false}` {
			t.Errorf("another app: %d %s, want active false and nothing else", other.Status, other.Body)
		}
		s.Switch(s.Machine, apps.Switches{Introspection: true})
		wantActive(t, s, s.Machine, token, true)
	})
}

func TestRFC7662_2_2_Members(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.PostAs(s.Web, "/oauth/introspect", lptest.Form("token", s.Tokens(s.Web).Text("access_token")))
		for member, want := range map[string]string{
			"scope": "dashboards:read dashboards:write", "client_id": s.Web.ClientID, "token_type": "Bearer", "sub": s.Person.ID.String(), "iss": s.URL,
		} {
			if a.Text(member) != want {
				t.Errorf("%s %q, want %q", member, a.Text(member), want)
			}
		}
		if a.JSON["exp"] == nil || a.JSON["iat"] == nil || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("incomplete: %s %v", a.Body, a.Header)
		}
	})
}

// AT24, AT25.
func TestRFC7662_2_2_InactiveSaysNothingElse(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", a.Text("refresh_token")))
		expired := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		s.Clock.Advance(3 * time.Hour)
		for name, token := range map[string]string{"garbage": "x", "revoked": a.Text("access_token"), "revoked refresh": a.Text("refresh_token"), "expired": expired, "secret": s.Web.Secret} {
			for _, hint := range []string{"", "refresh_token", "nonsense"} {
				got := s.PostAs(s.Machine, "/oauth/introspect", lptest.Form("token", token, "token_type_hint", hint))
				if got.Status != 200 || got.Body != `{"active":false}` {
					t.Errorf("%s: %d %s", name, got.Status, got.Body)
				}
			}
		}
		wantError(t, s.PostAs(s.Web, "/oauth/introspect", lptest.Form()), 400, "invalid_request")
	})
}

// AT26.
func TestRFC7009_2_1_AnotherAppsTokenStaysValid(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		for _, token := range []string{a.Text("access_token"), a.Text("refresh_token")} {
			wantError(t, s.PostAs(s.Machine, "/oauth/revoke", lptest.Form("token", token)), 400, "unauthorized_client")
			wantActive(t, s, s.Web, token, true)
		}
	})
}

// AT27, AT30, ruling 11: possession is enough, in body or query, and the whole sign-in ends.
func TestRFC7009_2_1_Revocation(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for name, send := range map[string]func(token string) lptest.Answer{
			"as the app": func(token string) lptest.Answer {
				return s.PostAs(s.Public, "/oauth/revoke", lptest.Form("token", token))
			},
			"by possession": func(token string) lptest.Answer { return s.Do(s.Request("POST", "/oauth/revoke", "token="+token)) },
			"in the query":  func(token string) lptest.Answer { return s.Do(s.Request("POST", "/oauth/revoke?token="+token, "")) },
		} {
			a := s.Tokens(s.Public)
			got := send(a.Text("refresh_token"))
			if got.Status != 200 || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
				t.Errorf("%s: %d %s", name, got.Status, got.Header.Get("Content-Type"))
			}
			wantStatus(t, s.Call(a.Text("access_token")), 401)
			wantError(t, s.Refresh(s.Public, a.Text("refresh_token")), 400, "invalid_grant")
		}
	})
}

func TestRFC7009_2_1_AccessTokenAlone(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", a.Text("access_token"))), 200)
		wantStatus(t, s.Call(a.Text("access_token")), 401)
		wantStatus(t, s.Refresh(s.Web, a.Text("refresh_token")), 200)
		s.Restart()
		wantStatus(t, s.Call(a.Text("access_token")), 401)
	})
}

// AT28.
func TestRFC7009_2_2_NothingToRevokeIsFine(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		for range 2 {
			wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", a.Text("refresh_token"), "token_type_hint", "access_token")), 200)
		}
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", "garbage")), 200)
		wantError(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form()), 400, "invalid_request")
	})
}

// AD09.
func TestPersonalTokensAreRevoked(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		_, shown, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, s.Call(shown.Reveal()), 200)
		wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke", "token="+shown.Reveal())), 200)
		wantError(t, s.Call(shown.Reveal()), 401, "invalid_token")
	})
}

// DC17: everything of an app ends with it.
func TestDeletedAppsTokensAreDead(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		_, shown, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		machine := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		for _, app := range []lptest.App{s.Web, s.Machine} {
			if err := s.Acts().Delete(t.Context(), s.Person, app.ID); err != nil {
				t.Fatal(err)
			}
		}
		for _, token := range []string{a.Text("access_token"), shown.Reveal(), machine} {
			wantError(t, s.Call(token), 401, "invalid_token")
		}
		wantError(t, s.Refresh(s.Web, a.Text("refresh_token")), 401, "invalid_client")
	})
}
