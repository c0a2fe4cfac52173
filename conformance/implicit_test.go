package conformance

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// takesTokens registers an app for which tokens in the redirect are switched on.
func takesTokens(s *lptest.Server, kind core.AppKind) lptest.App {
	app := s.NewApp("In the page", kind, lptest.Redirect)
	app.App = s.Switch(app, apps.Switches{Profile: core.ProfileOAuth2, Implicit: true})
	return app
}

func asksForToken(app lptest.App) url.Values {
	return lptest.Form("response_type", "token", "client_id", app.ClientID, "redirect_uri", lptest.Redirect, "state", "xyz", "scope", "dashboards:read")
}

// AU14, ruling 4: a short token in the fragment, never anything that lives longer.
func TestRFC6749_4_2_2_TokenInTheFragment(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := takesTokens(s, core.KindWeb)
		page := s.SignedIn(s.Person.Email).Authorize(asksForToken(app), lptest.Choice{Accounts: []string{s.Second.ID.String()}})
		if before, _, _ := strings.Cut(page.Redirect, "#"); before != lptest.Redirect {
			t.Fatalf("sent to %s, want everything in the fragment", page.Redirect)
		}
		for name, want := range map[string]string{"token_type": "Bearer", "expires_in": "900", "scope": "dashboards:read", "state": "xyz", "iss": s.URL, "refresh_token": "", "code": ""} {
			if got := page.Fragment(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		token := page.Fragment("access_token")
		a := s.Call(token)
		wantStatus(t, a, 200)
		if a.Text("account") != s.Second.Slug {
			t.Errorf("the token reaches %s, want the account that was chosen", a.Text("account"))
		}
		wantActive(t, s, app, token, true)
		s.Clock.Advance(15 * time.Minute)
		wantError(t, s.Call(token), 401, "invalid_token")
	})
}

func TestRFC6749_4_2_2_TokenLivesNoLongerThanOthers(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := takesTokens(s, core.KindWeb)
		s.RestartWithAccessLife(5 * time.Minute)
		page := s.SignedIn(s.Person.Email).Authorize(asksForToken(app), lptest.Choice{})
		if got := page.Fragment("expires_in"); got != "300" {
			t.Errorf("expires_in %s, want the 300 of every token", got)
		}
	})
}

// It stands on an authorization like any other: taken back, it is dead at once.
func TestRFC7009_2_1_TokenOfAFragmentIsRevoked(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := takesTokens(s, core.KindWeb)
		b := s.SignedIn(s.Person.Email)
		first := b.Authorize(asksForToken(app), lptest.Choice{}).Fragment("access_token")
		second := b.Authorize(asksForToken(app), lptest.Choice{}).Fragment("access_token")
		wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke?token="+first, "")), 200)
		wantError(t, s.Call(first), 401, "invalid_token")
		wantStatus(t, s.Call(second), 200)
		page := b.Get("/oauth/authorized_applications")
		if !strings.Contains(page.Body, app.Name) {
			t.Fatal("the app is not among the connected ones")
		}
		grant, err := s.Store.Grant(t.Context(), s.Person.ID, app.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.Post("/oauth/authorized_applications/"+grant.ID.String()+"/remove", page.Hidden())
		wantError(t, s.Call(second), 401, "invalid_token")
	})
}

// AU14: off unless an operator switched it on, and never for OAuth 2.1. The app hears it where it would have got the token.
func TestRFC6749_4_2_2_1_TokensAreSwitchedOff(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, c := range []struct {
			name     string
			switches apps.Switches
			want     string
		}{
			{"OAuth 2.0, off", apps.Switches{}, "unauthorized_client"},
			{"draft 5, off", apps.Switches{Profile: core.ProfileDraft5}, "unauthorized_client"},
			{"OAuth 2.1, switched on in vain", apps.Switches{Profile: core.ProfileOAuth21, Implicit: true}, "unsupported_response_type"},
		} {
			app := s.NewApp(c.name, core.KindWeb, lptest.Redirect)
			s.Switch(app, c.switches)
			page := b.Get("/oauth/authorize?" + asksForToken(app).Encode())
			if page.Fragment("error") != c.want || page.Fragment("state") != "xyz" || page.Fragment("error_description") == "" || page.Param("error") != "" {
				t.Errorf("%s: %d %s, want %s in the fragment", c.name, page.Status, page.Redirect, c.want)
			}
		}
	})
}

// An operator who changes his mind is obeyed while the person still thinks.
func TestRFC6749_4_2_2_1_SwitchedOffWhileThePersonThinks(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := takesTokens(s, core.KindWeb)
		b := s.SignedIn(s.Person.Email)
		page := b.Get("/oauth/authorize?" + asksForToken(app).Encode())
		s.Switch(app, apps.Switches{})
		page = b.Answer(page, lptest.Choice{})
		if page.Fragment("access_token") != "" || page.Fragment("error") != "unauthorized_client" {
			t.Errorf("got %s, want unauthorized_client", page.Redirect)
		}
	})
}

// AU15: a token never goes into the query, whatever is asked for.
func TestRFC6749_4_2_2_1_ResponseModes(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := takesTokens(s, core.KindWeb)
		b := s.SignedIn(s.Person.Email)
		b.Authorize(asksForToken(app), lptest.Choice{})
		for mode, want := range map[string]string{"": "", "fragment": "", "query": "invalid_request", "form_post": "invalid_request", "carrier_pigeon": "invalid_request"} {
			request := asksForToken(app)
			request.Set("response_mode", mode)
			page := b.Authorize(request, lptest.Choice{})
			if page.Fragment("error") != want || (page.Fragment("access_token") == "") != (want != "") || page.Param("access_token") != "" {
				t.Errorf("response_mode=%s: %s, want error %q in the fragment", mode, page.Redirect, want)
			}
		}
		for _, kind := range []string{"code token", "id_token token", "id_token", "token token"} {
			request := asksForToken(app)
			request.Set("response_type", kind)
			if page := b.Get("/oauth/authorize?" + request.Encode()); page.Param("error") != "unsupported_response_type" {
				t.Errorf("response_type=%s: %s, want unsupported_response_type", kind, page.Redirect)
			}
		}
	})
}

// SE06: what cannot prove who it is asks every time; it needs no PKCE, since no code could be caught.
func TestRFC8252_8_6_TokensForPublicAppsAreAskedForEachTime(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := takesTokens(s, core.KindSinglePage)
		b := s.SignedIn(s.Person.Email)
		for range 2 {
			page := b.Get("/oauth/authorize?" + asksForToken(app).Encode())
			if page.Redirect != "" {
				t.Fatalf("nobody was asked: %s", page.Redirect)
			}
			if page = b.Answer(page, lptest.Choice{}); page.Fragment("access_token") == "" {
				t.Fatalf("no token: %d %s", page.Status, page.Redirect)
			}
		}
	})
}
