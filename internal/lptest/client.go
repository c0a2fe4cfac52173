package lptest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Answer is a program's answer.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	JSON   map[string]any
}

// Text reads a member that is a string.
func (a Answer) Text(name string) string {
	text, _ := a.JSON[name].(string)
	return text
}

// Do sends a request without following redirects or keeping cookies.
func (s *Server) Do(r *http.Request) Answer {
	s.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(r)
	s.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.must(err)
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
	_ = json.Unmarshal(body, &a.JSON) // pages are not JSON
	return a
}

// Request makes a request to a path.
func (s *Server) Request(method, path, body string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	s.must(err)
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// PostAs posts a form, authenticated as the app: by Basic if it has a secret, else by client_id alone.
func (s *Server) PostAs(app App, path string, form url.Values) Answer {
	s.t.Helper()
	form = clone(form)
	if app.Secret == "" {
		form.Set("client_id", app.ClientID)
	}
	r := s.Request("POST", path, form.Encode())
	if app.Secret != "" {
		r.SetBasicAuth(app.ClientID, app.Secret)
	}
	return s.Do(r)
}

// Token posts to the token endpoint; pairs are names and values.
func (s *Server) Token(app App, pairs ...string) Answer {
	s.t.Helper()
	return s.PostAs(app, "/oauth/token", Form(pairs...))
}

// Form makes a form of names and values.
func Form(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

func clone(form url.Values) url.Values {
	out := url.Values{}
	for name, values := range form {
		out[name] = values
	}
	return out
}

// Code gets an authorization code for the app, from a person who allows all accounts.
func (s *Server) Code(app App) string {
	s.t.Helper()
	page := s.SignedIn(s.Person.Email).Authorize(app.Request(), Choice{})
	if page.Param("code") == "" {
		s.t.Fatalf("no code: %d %s\n%s", page.Status, page.Redirect, page.Body)
	}
	return page.Param("code")
}

// Redeem trades a code.
func (s *Server) Redeem(app App, code string) Answer {
	s.t.Helper()
	return s.PostAs(app, "/oauth/token", app.Redemption(code))
}

// Redemption is the token request for a code.
func (a App) Redemption(code string) url.Values {
	form := Form("grant_type", "authorization_code", "code", code, "redirect_uri", Redirect)
	if !a.Confidential() {
		form.Set("code_verifier", Verifier)
	}
	return form
}

// Tokens runs the whole flow and gives the token answer.
func (s *Server) Tokens(app App) Answer {
	s.t.Helper()
	a := s.Redeem(app, s.Code(app))
	if a.Status != http.StatusOK {
		s.t.Fatalf("redeem: %d %s", a.Status, a.Body)
	}
	return a
}

// Refresh trades a refresh token.
func (s *Server) Refresh(app App, token string) Answer {
	s.t.Helper()
	return s.Token(app, "grant_type", "refresh_token", "refresh_token", token)
}

// Call calls the sample API.
func (s *Server) Call(token string, headers ...string) Answer {
	s.t.Helper()
	r := s.Request("GET", "/v3/dashboards", "")
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.Do(r)
}

// Active asks introspection, as the app, whether a token is.
func (s *Server) Active(app App, token string) bool {
	s.t.Helper()
	a := s.PostAs(app, "/oauth/introspect", Form("token", token))
	active, _ := a.JSON["active"].(bool)
	return a.Status == http.StatusOK && active
}
