package conformance

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"launchpad/internal/lptest"
)

// Part 4.2 of the bar: header 32 KB, body 64 KB, 200 parameters, 20 cookies. HT02, AU21, SE03.
func TestLimitsOfARequest(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		form := func(body string) *http.Request {
			r := s.Request("POST", "/oauth/token", body)
			r.SetBasicAuth(s.Machine.ClientID, s.Machine.Secret)
			return r
		}
		wantStatus(t, s.Do(form("grant_type=client_credentials&pad="+strings.Repeat("x", 60_000))), 200)
		wantError(t, s.Do(form("grant_type=client_credentials&pad="+strings.Repeat("x", 70_000))), 413, "invalid_request")
		chunked := form("")
		chunked.Body, chunked.ContentLength = io.NopCloser(strings.NewReader("grant_type=client_credentials&pad="+strings.Repeat("x", 1<<20))), -1
		chunked.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		wantError(t, s.Do(chunked), 413, "invalid_request")
		wantStatus(t, s.Do(form("grant_type=client_credentials"+strings.Repeat("&a=b", 199))), 200)
		wantError(t, s.Do(form("grant_type=client_credentials"+strings.Repeat("&a=b", 200))), 400, "invalid_request")

		b := s.Browser()
		if page := b.Get("/oauth/authorize?" + strings.Repeat("a=b&", 10_000)); page.Status != 400 && page.Status != 431 {
			t.Errorf("10,000 parameters: %d, want 400 or 431", page.Status)
		}
		big := s.Request("GET", "/signin", "")
		big.Header.Set("X-Padding", strings.Repeat("x", 40<<10))
		wantStatus(t, s.Do(big), 431)
		crumbs := s.Request("GET", "/signin", "")
		crumbs.Header.Set("Cookie", strings.Repeat("a=b; ", 25)+"a=b")
		wantStatus(t, s.Do(crumbs), 431)
		page := s.Request("POST", "/signin", "email="+strings.Repeat("x", 70_000))
		wantStatus(t, s.Do(page), 413)
	})
}

// AT29 and the fault rule: storage that is away is 503 with Retry-After everywhere, never a refusal.
func TestRFC7009_2_2_1_PassingFaultsAre503(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		code := s.Code(s.Web)
		b := s.SignedIn(s.Person.Email)
		page := b.Get("/signin")
		s.CatchUp() // what is heard later makes it look into the store again
		wantActive(t, s, s.Web, a.Text("access_token"), true)
		s.BreakStore()
		for name, got := range map[string]lptest.Answer{
			"refresh":        s.Refresh(s.Web, a.Text("refresh_token")),
			"redeem":         s.Redeem(s.Web, code),
			"revoke refresh": s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", a.Text("refresh_token"))),
			"revoke access":  s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", a.Text("access_token"))),
			"readyz":         s.Do(s.Request("GET", "/readyz", "")),
		} {
			if got.Status != 503 || got.Header.Get("Retry-After") == "" || got.Text("error") != "temporarily_unavailable" {
				t.Errorf("%s: %d %s, want 503 with Retry-After", name, got.Status, got.Body)
			}
		}
		if got := b.SignIn(page, s.Person.Email, lptest.Password); got.Status != 503 || got.Header.Get("Retry-After") == "" {
			t.Errorf("sign in: %d, want 503", got.Status)
		}
		wantActive(t, s, s.Web, a.Text("access_token"), true) // verifying needs no store
		wantStatus(t, s.Do(s.Request("GET", "/healthz", "")), 200)
	})
}

// HT15: a panic is one request's trouble.
func TestErrorsExplainThemselves(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Token(s.Machine, "grant_type", "nonsense")
		page := s.Browser().Get(strings.TrimPrefix(a.Text("error_uri"), s.URL))
		if page.Status != http.StatusOK || !strings.Contains(page.Body, "grant_type") {
			t.Errorf("error_uri leads to %d\n%s", page.Status, page.Body)
		}
		if !strings.Contains(s.Log.String(), a.Text("trace")) {
			t.Error("the trace id is not in the log")
		}
		if !strings.Contains(a.Text("error_description"), "nonsense") {
			t.Errorf("the description does not say what was received: %s", a.Text("error_description"))
		}
	})
}
