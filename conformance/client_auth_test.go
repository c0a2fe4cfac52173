package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// CA01.
func TestRFC6749_5_2_WrongSecret(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wrong := s.Machine
		wrong.Secret = "wrong"
		a := s.Token(wrong, "grant_type", "client_credentials")
		wantError(t, a, 401, "invalid_client")
		if got := a.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
			t.Errorf("WWW-Authenticate %q, want Basic", got)
		}
		// CA24: an unknown client is told the same.
		unknown := wrong
		unknown.ClientID = "app_0000000000000000000000"
		b := s.Token(unknown, "grant_type", "client_credentials")
		wantError(t, b, 401, "invalid_client")
		if a.Text("error_description") != b.Text("error_description") {
			t.Errorf("unknown client and wrong secret differ: %q, %q", a.Text("error_description"), b.Text("error_description"))
		}
	})
}

// CA02.
func TestRFC6749_2_3_OneAuthenticationMethodOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wantError(t, s.Token(s.Machine, "grant_type", "client_credentials", "client_secret", s.Machine.Secret), 400, "invalid_request")
		wantError(t, s.Token(s.Machine, "grant_type", "client_credentials", "client_id", s.Web.ClientID), 400, "invalid_request")
		wantError(t, s.Token(s.Machine, "grant_type", "client_credentials", "client_assertion", "a.b.c"), 400, "invalid_request")
		public := s.Machine
		public.Secret = ""
		wantError(t, s.Token(public, "grant_type", "client_credentials", "client_assertion", "a.b.c"), 401, "invalid_client")
	})
}

// Both ways for the same app: one generation of a library uses Basic, the next the body.
func TestRFC6749_2_3_1_BasicAndBodyForTheSameApp(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wantStatus(t, s.Token(s.Machine, "grant_type", "client_credentials"), 200)
		form := lptest.Form("grant_type", "client_credentials", "client_id", s.Machine.ClientID, "client_secret", s.Machine.Secret)
		wantStatus(t, s.Do(s.Request("POST", "/oauth/token", form.Encode())), 200)
		r := s.Request("POST", "/oauth/token", "grant_type=client_credentials")
		r.SetBasicAuth(url.QueryEscape(s.Machine.ClientID), url.QueryEscape(s.Machine.Secret))
		wantStatus(t, s.Do(r), 200)
		r = s.Request("POST", "/oauth/token", "grant_type=client_credentials&client_id="+s.Machine.ClientID)
		r.SetBasicAuth(s.Machine.ClientID, s.Machine.Secret)
		wantStatus(t, s.Do(r), 200)
	})
}

// CA03, ruling 1.
func TestRFC6749_2_3_1_CredentialsInTheQueryAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Do(s.Request("POST", "/oauth/token?client_id="+s.Machine.ClientID+"&client_secret="+s.Machine.Secret, "grant_type=client_credentials"))
		wantError(t, a, 400, "invalid_request")
		if strings.Contains(a.Body, s.Machine.Secret) {
			t.Error("the answer repeats the secret")
		}
	})
}

// CA06: a confidential app without its secret is refused everywhere and for every grant.
func TestRFC6749_2_3_NoEndpointForgetsTheSecret(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		refresh := s.Tokens(s.Web).Text("refresh_token")
		for _, blank := range []string{"", "client_secret="} {
			for _, c := range []struct{ path, form string }{
				{"/oauth/token", "grant_type=refresh_token&refresh_token=" + refresh},
				{"/oauth/token", "grant_type=authorization_code&code=x"},
				{"/oauth/token", "grant_type=client_credentials"},
				{"/oauth/introspect", "token=" + refresh},
				{"/oauth/revoke", "token=" + refresh},
			} {
				a := s.Do(s.Request("POST", c.path, c.form+"&client_id="+s.Web.ClientID+"&"+blank))
				wantError(t, a, 401, "invalid_client")
				r := s.Request("POST", c.path, c.form)
				r.SetBasicAuth(s.Web.ClientID, "")
				wantError(t, s.Do(r), 401, "invalid_client")
			}
		}
		wantStatus(t, s.Refresh(s.Web, refresh), 200)
	})
}

// CA08, CA09.
func TestRFC6749_5_2_GrantsThatTheAppMayNotUse(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wantError(t, s.Token(s.Public, "grant_type", "client_credentials"), 400, "unauthorized_client")
		wantError(t, s.Token(s.Web, "grant_type", "client_credentials"), 400, "unauthorized_client")
		wantError(t, s.Token(s.Machine, "grant_type", "authorization_code", "code", "x"), 400, "unauthorized_client")
		wantError(t, s.Token(s.Machine, "grant_type", "refresh_token", "refresh_token", "x"), 400, "unauthorized_client")
		off := s.NewApp("Not switched on", core.KindMachine)
		wantError(t, s.Token(off, "grant_type", "client_credentials"), 400, "unauthorized_client")
	})
}

// CA10.
func TestRFC6749_5_2_GrantType(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wantError(t, s.Token(s.Machine), 400, "invalid_request")
		wantError(t, s.Token(s.Machine, "grant_type", ""), 400, "invalid_request")
		wantError(t, s.Token(s.Machine, "grant_type", "nonsense"), 400, "unsupported_grant_type")
		wantError(t, s.Token(s.Machine, "grant_type", "password", "username", "a", "password", "b"), 400, "unsupported_grant_type")
		wantError(t, s.Token(s.Machine, "grant_type", "client_credentials", "grant_type", "client_credentials"), 400, "invalid_request")
	})
}

// HT03, HT06, RFC 6749 §3.2: POST only (but for apps of draft 5), forms only, nothing repeated or compressed, unknown parameters ignored.
func TestRFC6749_3_2_RequestShape(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"/oauth/token", "/oauth/revoke", "/oauth/introspect"} {
			for _, method := range []string{"GET", "PUT", "DELETE", "PATCH"} {
				a := s.Do(s.Request(method, path, ""))
				if a.Status != http.StatusMethodNotAllowed || !strings.HasSuffix(a.Header.Get("Allow"), "POST") || a.Header.Get("Allow") != "POST" && path != "/oauth/token" {
					t.Errorf("%s %s: %d, Allow %q; want 405, POST", method, path, a.Status, a.Header.Get("Allow"))
				}
			}
		}
		for _, kind := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; x"} {
			r := s.Request("POST", "/oauth/token", "grant_type=client_credentials")
			r.SetBasicAuth(s.Machine.ClientID, s.Machine.Secret)
			r.Header.Set("Content-Type", kind)
			wantError(t, s.Do(r), 400, "invalid_request")
		}
		for _, repeated := range []string{"scope", "client_id", "client_secret"} {
			wantError(t, s.Token(s.Machine, "grant_type", "client_credentials", repeated, "a", repeated, "b"), 400, "invalid_request")
		}
		wantStatus(t, s.Token(s.Machine, "grant_type", "client_credentials", "audience", "x", "audience", "y"), 200)
		for _, bad := range []string{"grant_type=client_credentials&scope=%00", "grant_type=client_credentials&scope=%ff", "grant_type=%zz"} {
			r := s.Request("POST", "/oauth/token", bad)
			r.SetBasicAuth(s.Machine.ClientID, s.Machine.Secret)
			wantError(t, s.Do(r), 400, "invalid_request")
		}
		r := s.Request("POST", "/oauth/token", "grant_type=client_credentials")
		r.Header.Set("Content-Encoding", "gzip")
		wantError(t, s.Do(r), 415, "invalid_request")
	})
}

func TestRFC6749_4_4_ClientCredentials(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read")
		wantStatus(t, a, 200)
		if a.Text("refresh_token") != "" {
			t.Error("RFC 6749 §4.4.3: no refresh token should be included")
		}
		call := s.Call(a.Text("access_token"))
		wantStatus(t, call, 200)
		if call.Text("account") != s.First.Slug {
			t.Errorf("account %q, want the publisher's %q", call.Text("account"), s.First.Slug)
		}
		wantError(t, s.Call(a.Text("access_token"), "Launchpad-Account", s.Second.Slug), 403, "insufficient_scope")
		wantError(t, s.Token(s.Machine, "grant_type", "client_credentials", "scope", "admin"), 400, "invalid_scope")
	})
}
