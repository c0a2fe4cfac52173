package conformance

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/web"
)

// HT10, HT11: whatever is written into a path, a query or a form is text, or no text: never SQL, and never our mistake. The
// routes come from the server.
func TestEveryRouteTakesOddText(t *testing.T) {
	odd := []string{"\x00", "a\x00b", "\xff\xfe", "' OR '1'='1", "\"; DROP TABLE apps; --", "%", "_", "\\", "$1", "\u202e", strings.Repeat("9", 40)}
	fields := []string{"name", "email", "password", "current_password", "code", "token", "client_id", "client_name", "client_uri", "redirect_uri", "scope", "kind", "account", "account_name",
		"slug", "role", "member", "form_id", "life", "token_name", "i", "return_to", "state", "grant_type", "refresh_token", "response_type", "created", "joined", "default", "reach", "q"}
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		csrf := b.Get("/accounts").Hidden().Get(web.CSRFField)
		for _, route := range s.Routes() {
			if route.Path == "/signout" || route.Path == "/account/delete" {
				continue // nothing is typed there, and the person goes
			}
			for _, text := range odd {
				query := url.Values{}
				for _, name := range fields {
					query.Set(name, text)
				}
				form := url.Values{web.CSRFField: {csrf}}
				if route.Surface != web.PageSurface {
					form = url.Values{}
				}
				for name, values := range query {
					form[name] = values
				}
				path := wildcard.ReplaceAllString(strings.ReplaceAll(route.Path, "{$}", ""), url.PathEscape(text))
				ask := func(path, body string) {
					r := s.Request(route.Method, path, body)
					if route.Method == "" {
						r.Method = http.MethodGet
					}
					r.Header.Set("Origin", s.URL)
					if page := b.Do(r); page.Status >= 500 {
						t.Errorf("%s %s with %q: %d", route.Method, route.Path, text, page.Status)
					}
				}
				ask(path, "")
				ask(pathOf(route)+"?"+query.Encode(), "")
				if route.Method == http.MethodPost {
					ask(pathOf(route), form.Encode())
				}
			}
		}
	}, lptest.WithSignUp(core.SignUpOpen), lptest.WithCreators(core.CreatorsEveryone))
}

// LG09: a locked person comes in by no way: no session, password, app, nor token of theirs.
func TestLG09_ALockedPersonComesInByNoWay(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tokens, code, b := s.Tokens(s.Web), s.Code(s.Web), s.SignedIn(s.Person.Email)
		_, personal, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		check(t, err)
		check(t, s.Store.LockIdentity(t.Context(), s.Person.ID, core.ID{}, s.Clock.Now()))
		if page := b.Get("/account"); page.URL.Path != "/signin" {
			t.Errorf("the session: %d %s", page.Status, page.URL)
		}
		if page := b.SignIn(b.Get("/signin"), s.Person.Email, lptest.Password); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("the password: %d", page.Status)
		}
		wantError(t, s.Redeem(s.Web, code), 400, "invalid_grant")
		wantError(t, s.Refresh(s.Web, tokens.Text("refresh_token")), 400, "invalid_grant")
		for what, token := range map[string]string{"access token": tokens.Text("access_token"), "personal token": personal.Reveal()} {
			if a := s.Call(token); a.Status != http.StatusUnauthorized {
				t.Errorf("the %s: %d %s", what, a.Status, a.Body)
			}
		}
	})
}

// MF14, GW20: whatever a request says of the host that it came to, no answer repeats it.
func TestNoAnswerRepeatsTheHost(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"/", "/signin", "/oauth/applications", "/accounts", "/invitations?code=x", "/.well-known/oauth-authorization-server", "/oauth/authorize?client_id=x", "/no-such-page", "/v3/dashboards", "/oauth/token"} {
			r := s.Request("GET", path, "")
			r.Host = "evil.example"
			for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Original-Url", "X-Forwarded-Proto", "X-Forwarded-Prefix"} {
				r.Header.Set(name, "evil.example")
			}
			r.Header.Set("Forwarded", "host=evil.example")
			a := s.Do(r)
			for name, values := range a.Header {
				if strings.Contains(strings.Join(values, " "), "evil.example") {
					t.Errorf("%s: %s repeats the host", path, name)
				}
			}
			if strings.Contains(a.Body, "evil.example") {
				t.Errorf("%s: the answer repeats the host", path)
			}
		}
	}, lptest.BehindProxy())
}

// GW06, GW07: a query, a fragment or a name of the program decides nothing at the gateway.
func TestOnlyThePathDecidesAtTheGateway(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"/v3/dashboards", "/v3/dashboards?x=/healthz", "/v3/dashboards?/healthz", "/v3/dashboards?x=%23/healthz", "/v3/dashboards?#/oauth/jwks"} {
			r := s.Request("GET", path, "")
			r.Header.Set("User-Agent", "kube-probe/1.30 ELB-HealthChecker/2.0 GoogleHC/1.0")
			if a := s.Do(r); a.Status != http.StatusUnauthorized {
				t.Errorf("%s: %d, want 401", path, a.Status)
			}
		}
	})
}

// GW12: what two programs in a row could take for one request or for two is refused, and the connection closed.
func TestRequestsAreNotSmuggled(t *testing.T) {
	const second = "GET /oauth/jwks HTTP/1.1\r\nHost: a\r\n\r\n"
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		address := strings.TrimPrefix(s.URL, "http://")
		for what, request := range map[string]string{
			"two lengths":                "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n" + second,
			"a length that is a list":    "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 40\r\n\r\n" + second,
			"an odd transfer encoding":   "POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n" + second,
			"two transfer encodings":     "POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + second,
			"a blank before the colon":   "POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length : 40\r\n\r\n" + second,
			"a header that goes on":      "POST /oauth/token HTTP/1.1\r\nHost: a\r\n Content-Length: 40\r\n\r\n" + second,
			"two hosts":                  "GET /oauth/jwks HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
			"a chunk that ends in LF":    "POST /oauth/token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n" + second,
			"a version that is not ours": "GET /oauth/jwks HTTP/3.1\r\nHost: a\r\n\r\n",
		} {
			answers := rawAnswers(t, address, request)
			if len(answers) == 0 || answers[0] < 400 || answers[len(answers)-1] == http.StatusOK {
				t.Errorf("%s: answered %v", what, answers)
			}
		}
	})
}

// rawAnswers writes bytes, and gives the statuses of all answers until the connection ends.
func rawAnswers(t *testing.T, address, request string) (answers []int) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	check(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	check(t, err)
	check(t, conn.(*net.TCPConn).CloseWrite())
	for r := bufio.NewReader(conn); ; {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		answers = append(answers, res.StatusCode)
	}
}

// RFC 9110 §15.5.5: what is not there is 404 whatever is sent to it, in words for whoever sent it. An agent that registers where it may
// not must not be told of an old form.
func TestRFC9110_15_5_5_NothingThere(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"/register", "/oauth/register", "/nothing-here"} {
			for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
				r := s.Request(method, path, `{"redirect_uris":["http://127.0.0.1/a"]}`)
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Accept", "application/json")
				a := s.Do(r)
				if a.Status != 404 || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") || a.Text("error_description") == "" || a.Text("trace") == "" {
					t.Errorf("%s %s by a program: %d %s", method, path, a.Status, a.Body)
				}
				r = s.Request(method, path, "a=b")
				r.Header.Set("Accept", "text/html,application/xhtml+xml")
				if a := s.Do(r); a.Status != 404 || !strings.Contains(a.Body, "<h1>") {
					t.Errorf("%s %s by a browser: %d %s", method, path, a.Status, a.Body)
				}
			}
		}
	})
}
