package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// wantPage checks that an error was shown to the person and nobody was sent anywhere.
func wantPage(t *testing.T, what string, p lptest.Page) {
	t.Helper()
	if p.Status != http.StatusBadRequest || p.Redirect != "" || p.Header.Get("Location") != "" {
		t.Errorf("%s: got %d, redirect %q; want a page with 400", what, p.Status, p.Redirect)
	}
	if !strings.Contains(p.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%s: the page can be framed", what)
	}
}

// RU01, RU02, RU03, RU04, RU05, RU06, RU07, RU08, RU09.
func TestRFC6749_3_1_2_4_RedirectURIsMatchByteByByte(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, uri := range []string{
			"https://evil.example/cb",
			lptest.Redirect + "/../evil", lptest.Redirect + "/%2e%2e/evil", lptest.Redirect + "%2f..%2fevil", lptest.Redirect + "/..;/evil",
			"https://app.example@evil.example/callback", "https://app.example:x@evil.example/callback", "https://a@b@evil.example/",
			`https://app.example\@evil.example/callback`, `https:\\evil.example`, "https:/evil.example", "//evil.example/callback",
			" " + lptest.Redirect, lptest.Redirect + "\t", lptest.Redirect + "\r\nSet-Cookie:x", lptest.Redirect + "\n",
			"https://app．example/callback", "https://аpp.example/callback",
			"HTTPS://APP.EXAMPLE/callback", "https://app.example./callback", "https://app.example/CALLBACK", lptest.Redirect + "/",
			lptest.Redirect + "?x=1", lptest.Redirect + "#fragment", lptest.Redirect + "%23fragment", "https://app.example:443/callback",
			"http://app.example/callback", "javascript:alert(1)", "data:text/html,x",
		} {
			request := s.Web.Request()
			request.Set("redirect_uri", uri)
			wantPage(t, uri, b.Get("/oauth/authorize?"+request.Encode()))
			request.Set("scope", "nonsense") // AU08: a second mistake does not open the way
			request.Set("prompt", "none")
			wantPage(t, uri+" with a bad scope", b.Get("/oauth/authorize?"+request.Encode()))
		}
		request := s.Web.Request()
		request.Set("redirect_uri", lptest.Redirect+"\x00")
		wantPage(t, "zero byte", b.Get("/oauth/authorize?"+request.Encode()))
	})
}

// AU01, AU02.
func TestRFC8252_7_3_LoopbackPortIsFree(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		web := s.NewApp("Web on loopback", core.KindWeb, lptest.LoopbackRedirect)
		for uri, good := range map[string]bool{
			"http://127.0.0.1:1/callback": true, "http://127.0.0.1:65535/callback": true, "http://127.0.0.1:51004/callback": true, "http://127.0.0.1/callback": true,
			"http://127.0.0.1:0/callback": false, "http://127.0.0.1:99999/callback": false, "http://127.0.0.1:51004/other": false,
			"http://localhost:51004/callback": false, "https://127.0.0.1:51004/callback": false, "http://127.0.0.1:51004/callback?x=1": false, "http://x@127.0.0.1:51004/callback": false,
		} {
			request := s.Public.Request()
			request.Set("redirect_uri", uri)
			page := b.Authorize(request, lptest.Choice{})
			if got := strings.HasPrefix(page.Redirect, uri+"?code="); got != good {
				t.Errorf("native app, %s: accepted=%v, want %v (%d)", uri, got, good, page.Status)
			}
			request = web.Request()
			request.Set("redirect_uri", uri)
			if uri != lptest.LoopbackRedirect {
				wantPage(t, "web app, "+uri, b.Get("/oauth/authorize?"+request.Encode()))
			}
		}
	})
}

// AU06, AU07, AU11.
func TestRFC6749_4_1_2_1_BadClientOrRedirectIsShown(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		get := func(change func(url.Values)) lptest.Page {
			request := s.Web.Request()
			change(request)
			return b.Get("/oauth/authorize?" + request.Encode())
		}
		wantPage(t, "no client_id", get(func(q url.Values) { q.Del("client_id") }))
		wantPage(t, "unknown client_id", get(func(q url.Values) { q.Set("client_id", "app_unknown") }))
		wantPage(t, "client_id twice", get(func(q url.Values) { q.Add("client_id", s.Web.ClientID) }))
		wantPage(t, "redirect_uri twice, good first", get(func(q url.Values) { q.Add("redirect_uri", "https://evil.example/") }))
		wantPage(t, "redirect_uri twice, bad first", get(func(q url.Values) { q["redirect_uri"] = []string{"https://evil.example/", lptest.Redirect} }))
		wantPage(t, "no redirect_uri, two registered", b.Get("/oauth/authorize?response_type=code&client_id="+s.Public.ClientID))
		if page := b.Authorize(lptest.Form("response_type", "code", "client_id", s.Web.ClientID), lptest.Choice{}); page.Param("code") == "" {
			t.Errorf("no redirect_uri, one registered: %d %s, want a code", page.Status, page.Redirect)
		}
	})
}

// AU12, AU14, AU15, AU17, AU20, AU22, AU24, PK01.
func TestRFC6749_4_1_2_1_MistakesAreToldToTheApp(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, c := range []struct {
			name, want string
			change     func(url.Values)
		}{
			{"response_type missing", "invalid_request", func(q url.Values) { q.Del("response_type") }},
			{"hybrid", "unsupported_response_type", func(q url.Values) { q.Set("response_type", "code token") }},
			{"code twice in one", "unsupported_response_type", func(q url.Values) { q.Set("response_type", "code code") }},
			{"response_mode", "invalid_request", func(q url.Values) { q.Set("response_mode", "carrier_pigeon") }},
			{"scope twice", "invalid_request", func(q url.Values) { q["scope"] = []string{"a", "b"} }},
			{"prompt twice", "invalid_request", func(q url.Values) { q["prompt"] = []string{"login", "consent"} }},
			{"unknown scope", "invalid_scope", func(q url.Values) { q.Set("scope", "dashboards:read admin") }},
			{"malformed scope", "invalid_scope", func(q url.Values) { q.Set("scope", "a\"b") }},
			{"unknown prompt", "invalid_request", func(q url.Values) { q.Set("prompt", "dance") }},
			{"prompt=none with another", "invalid_request", func(q url.Values) { q.Set("prompt", "none login") }},
			{"prompt=none without consent", "consent_required", func(q url.Values) { q.Set("prompt", "none") }},
		} {
			request := s.Web.Request()
			c.change(request)
			page := b.Get("/oauth/authorize?" + request.Encode())
			if page.Param("error") != c.want || page.Param("state") != "xyz" || page.Param("iss") != s.URL || page.Param("error_description") == "" {
				t.Errorf("%s: got %d %s, want %s with state, iss and a description", c.name, page.Status, page.Redirect, c.want)
			}
			if page.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: AU18: the authorization endpoint must not support CORS", c.name)
			}
		}
		if page := s.Browser().Get("/oauth/authorize?" + s.Web.Request().Encode() + "&prompt=none"); page.Param("error") != "login_required" {
			t.Errorf("prompt=none, nobody signed in: got %s, want login_required", page.Redirect)
		}
	})
}

func TestRFC6749_4_1_1_StateComesBackExactly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, state := range []string{"", "a b&c=d#e%20+\"'<é>", strings.Repeat("x", 4096), "line\r\nbreak"} {
			request := s.Web.Request()
			request.Set("state", state)
			page := b.Authorize(request, lptest.Choice{})
			if page.Param("state") != state || page.Param("code") == "" {
				t.Errorf("state %.20q came back as %.20q (%d)", state, page.Param("state"), page.Status)
			}
			if strings.ContainsAny(page.Redirect, "\r\n") {
				t.Error("raw line break in the redirect")
			}
		}
		request := s.Web.Request()
		request.Set("state", strings.Repeat("x", 4097))
		if page := b.Get("/oauth/authorize?" + request.Encode()); page.Param("error") != "invalid_request" {
			t.Errorf("state over the limit: %d %s, want invalid_request", page.Status, page.Redirect)
		}
	})
}

// AU23.
func TestOIDCCore_3_1_2_1_GetAndPost(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		b.Authorize(s.Web.Request(), lptest.Choice{})
		r := s.Request("POST", "/oauth/authorize", s.Web.Request().Encode())
		r.Header.Set("Origin", "https://app.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if page := b.Do(r); page.Param("code") == "" || page.Status != http.StatusSeeOther {
			t.Errorf("POST: %d %s, want 303 with a code", page.Status, page.Redirect)
		}
		r = s.Request("POST", "/oauth/authorize?client_id="+s.Web.ClientID, s.Web.Request().Encode())
		wantPage(t, "AU13: a parameter in query and body", b.Do(r))
		for _, method := range []string{"PUT", "PATCH", "TRACE", "HEAD"} {
			if a := s.Do(s.Request(method, "/oauth/authorize", "")); a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "DELETE, GET, POST" {
				t.Errorf("%s: %d, Allow %q; want 405", method, a.Status, a.Header.Get("Allow"))
			}
		}
	})
}

// SE06, RFC 8252 §8.6: what cannot prove who it is asks every time; a confidential app is remembered.
func TestRFC8252_8_6_ConsentIsNotRememberedForPublicApps(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, c := range []struct {
			app   lptest.App
			again bool
		}{{s.Web, false}, {s.Public, true}} {
			b.Authorize(c.app.Request(), lptest.Choice{})
			page := b.Get("/oauth/authorize?" + c.app.Request().Encode())
			if asked := page.Redirect == ""; asked != c.again {
				t.Errorf("%s: asked again=%v, want %v", c.app.Name, asked, c.again)
			}
		}
		request := s.Web.Request()
		request.Set("prompt", "consent")
		if page := b.Get("/oauth/authorize?" + request.Encode()); page.Redirect != "" {
			t.Error("prompt=consent did not ask")
		}
	})
}

func TestRFC6749_4_1_2_1_DenialGoesBack(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := s.SignedIn(s.Person.Email).Authorize(s.Web.Request(), lptest.Choice{Deny: true})
		if page.Param("error") != "access_denied" || page.Param("state") != "xyz" || page.Param("iss") != s.URL {
			t.Errorf("got %s, want access_denied with state and iss", page.Redirect)
		}
	})
}

// AU03: ruling 3.
func TestAppInDevelopmentIsForItsTeam(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := s.NewApp("First try", core.KindWeb, "http://myapp.com/oauth")
		request := lptest.Form("response_type", "code", "client_id", app.ClientID)
		page := s.SignedIn(s.Person.Email).Get("/oauth/authorize?" + request.Encode())
		if !strings.Contains(page.Body, "In development") {
			t.Error("the consent page does not say that the app is in development")
		}
		s.NewPerson("stranger@example.com", false)
		if page := s.SignedIn("stranger@example.com").Get("/oauth/authorize?" + request.Encode()); page.Status != http.StatusForbidden {
			t.Errorf("a stranger: %d, want 403", page.Status)
		}
	})
}

// AU03: ruling 3, by the side door: whoever leaves the way that the authorize room sends him meets the same rule.
func TestAppInDevelopmentCannotBeEnteredThroughConsent(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := s.NewApp("First try", core.KindWeb, "http://myapp.com/oauth")
		stranger := s.NewPerson("stranger@example.com", false)
		b := s.Browser()
		page := b.Get("/oauth/authorize?response_type=code&client_id=" + app.ClientID)
		sealed := page.URL.Query().Get("i")
		b.SignIn(b.Get("/signin"), stranger.Email, lptest.Password) // without the request
		if got := b.Get("/oauth/consent?" + lptest.Form("i", sealed).Encode()); got.Status != http.StatusForbidden {
			t.Errorf("the consent page opens for a stranger: %d, want 403", got.Status)
		}
		form := b.Get("/accounts").Hidden()
		form.Set("i", sealed)
		form.Set("act", "allow")
		form.Set("reach", "all")
		if got := b.Post("/oauth/consent", form); got.Status != http.StatusForbidden || got.Redirect != "" {
			t.Errorf("a stranger's answer: %d %s, want 403", got.Status, got.Redirect)
		}
		if _, err := s.Store.Grant(t.Context(), stranger.ID, app.ID); err == nil {
			t.Error("a stranger's answer left a grant")
		}
	})
}
