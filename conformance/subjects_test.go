package conformance

import (
	"net/http"
	"strings"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// AT33: an app is nobody's person: its client_id is ours to give and has another form than a person's subject, and a token that
// it gets for itself names no person anywhere.
func TestAT33_AnAppCannotPassForAPerson(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		subject := s.Person.ID.String()
		a := registerJSON(s, `{"client_id":"`+subject+`","client_name":"Sample Agent","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`)
		if a.Status != http.StatusCreated || !strings.HasPrefix(a.Text("client_id"), "app_") {
			t.Errorf("registered: %d %s", a.Status, a.Body)
		}
		s.Switch(s.Machine, apps.Switches{ClientCredentials: true, Introspection: true})
		for _, format := range []core.TokenFormat{core.FormatSealed, core.FormatJWT} {
			s.Switch(s.Machine, apps.Switches{ClientCredentials: true, Introspection: true, TokenFormat: format})
			token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
			told := s.PostAs(s.Machine, "/oauth/introspect", lptest.Form("token", token))
			if told.Text("sub") != s.Machine.ClientID || told.Text("username") != "" || told.Text("email") != "" {
				t.Errorf("%s: introspection: %s", format, told.Body)
			}
			for _, path := range []string{"/authorization.json", "/authorization.xml"} {
				if page := callAt(s, "GET", path, token); page.Status == http.StatusOK && strings.Contains(page.Body, subject) || strings.Contains(page.Body, s.Person.Email) {
					t.Errorf("%s: %s: %d %s", format, path, page.Status, page.Body)
				}
			}
		}
	})
}

// AT33: nor does the API hear of a person.
func TestAT33_TheAPIHearsOfNoPerson(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = r.Header.Write(w) })
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := s.Call(s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token"), "Launchpad-Identity", s.Person.ID.String())
		wantStatus(t, app, 200)
		if strings.Contains(app.Body, "Launchpad-Identity") || strings.Contains(app.Body, s.Person.ID.String()) {
			t.Errorf("the API was told:\n%s", app.Body)
		}
		person := s.Call(s.Tokens(s.Web).Text("access_token"))
		if !strings.Contains(person.Body, "Launchpad-Identity: "+s.Person.ID.String()) {
			t.Errorf("of a person the API was told:\n%s", person.Body)
		}
	}, lptest.WithUpstream(t, api))
}

// AT05, RFC 6750 §2.2: a token in a body is for forms alone, and never for GET.
func TestAT05_RFC6750_2_2_TokensInBodiesThatAreNoForms(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		for _, c := range []struct{ method, kind, body string }{
			{"GET", "application/x-www-form-urlencoded", "access_token=" + token},
			{"POST", "application/json", `{"access_token":"` + token + `"}`},
			{"POST", "text/plain", "access_token=" + token},
			{"POST", "multipart/form-data; boundary=a", "--a\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n" + token + "\r\n--a--\r\n"},
		} {
			r := s.Request(c.method, "/v3/dashboards", c.body)
			r.Header.Set("Content-Type", c.kind)
			wantStatus(t, s.Do(r), 401)
		}
	})
}
