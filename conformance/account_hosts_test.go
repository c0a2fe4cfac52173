package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/web"
)

// at sends a request to the server as if its address were another host's.
func at(s *lptest.Server, host string, r *http.Request) lptest.Answer {
	r.Host = host
	return s.Do(r)
}

// from opens an address at an account's host in a browser, which is sent on to the issuer's.
func from(s *lptest.Server, browser *lptest.Browser, slug, path string) lptest.Page {
	r := s.Request("GET", path, "")
	r.Host = s.AccountHost(slug)
	return browser.Do(r)
}

// RFC 6749 §3.1: at an account's host the whole flow begins as at the issuer's, and its answers are the issuer's.
func TestAccountHostsAreAWayIn(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		browser := s.Browser()
		page := from(s, browser, s.Second.Slug, "/oauth/authorize?"+s.Web.Request().Encode())
		if page.Status != 200 || !strings.HasPrefix(page.URL.String(), s.URL+"/signin?") {
			t.Fatalf("%d %s", page.Status, page.URL)
		}
		page = browser.SignIn(page, s.Person.Email, lptest.Password)
		if !strings.Contains(page.Body, `<option value="`+s.Second.ID.String()+`" selected>`) {
			t.Errorf("the account of the host is not chosen beforehand:\n%s", page.Body)
		}
		page = browser.Answer(page, lptest.Choice{Default: s.Second.ID.String()})
		if page.Param("state") != "xyz" || page.Param("iss") != s.URL {
			t.Fatalf("%s", page.Redirect)
		}
		r := s.Request("POST", "/oauth/token", s.Web.Redemption(page.Param("code")).Encode())
		r.SetBasicAuth(s.Web.ClientID, s.Web.Secret)
		a := at(s, s.AccountHost(s.Second.Slug), r)
		wantStatus(t, a, 200)
		token := a.Text("access_token")
		if got := s.Call(token).Header.Get("Launchpad-Account"); got != s.Second.Slug {
			t.Errorf("a call that names no account means %q, want %q", got, s.Second.Slug)
		}
		r = s.Request("POST", "/oauth/introspect", "token="+token)
		r.SetBasicAuth(s.Web.ClientID, s.Web.Secret)
		if a := at(s, s.AccountHost(s.First.Slug), r); a.Status != 200 || a.Text("iss") != s.URL {
			t.Errorf("introspection: %d %s", a.Status, a.Body)
		}
		wantStatus(t, at(s, s.AccountHost(s.First.Slug), s.Request("POST", "/oauth/revoke", "token="+token)), 200)
		wantStatus(t, s.Call(token), 401)
	}, lptest.WithAccountHosts())
}

// GW08: which account a call means: its path's, else its host's, else its header's, else the grant's default.
func TestTheHostSaysWhichAccountIsMeant(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		page := s.SignedIn(s.Person.Email).Authorize(s.Public.Request(), lptest.Choice{Accounts: []string{s.First.ID.String()}})
		narrow := s.Redeem(s.Public, page.Param("code")).Text("access_token")
		first, second := s.First.Slug, s.Second.Slug
		for _, c := range []struct{ token, host, path, header, want string }{
			{token, s.AccountHost(first), "/v3/dashboards", "", first},
			{token, s.AccountHost(second), "/v3/dashboards", "", second},
			{token, strings.ToUpper(s.AccountHost(second)), "/v3/dashboards", "", second},
			{token, strings.Replace(s.AccountHost(second), ":", ".:", 1), "/v3/dashboards", "", second},
			{token, s.AccountHost(second), "/v3/dashboards", first, second},
			{token, s.AccountHost(second), "/v3/accounts/" + first + "/dashboards", second, first},
			{token, s.AccountHost("api"), "/v3/dashboards", "", first},
			{token, s.AccountHost("api"), "/v3/dashboards", second, second},
			{token, "", "/v3/dashboards", second, second},
			{token, s.AccountHost("nobody"), "/v3/dashboards", first, ""},
			{narrow, s.AccountHost(first), "/v3/dashboards", "", first},
			{narrow, s.AccountHost(second), "/v3/dashboards", first, ""},
		} {
			r := s.Request("GET", c.path, "")
			r.Header.Set("Authorization", "Bearer "+c.token)
			if c.header != "" {
				r.Header.Set("Launchpad-Account", c.header)
			}
			a := at(s, c.host, r)
			got := a.Header.Get("Launchpad-Account")
			if got != c.want || a.Status == 403 && c.want != "" || c.want == "" && (a.Status != 403 || !strings.HasSuffix(a.Text("error_uri"), "/account_not_allowed")) {
				t.Errorf("%s%s with %q: %d %q %s, want %q", c.host, c.path, c.header, a.Status, got, a.Body, c.want)
			}
		}
	}, lptest.WithAccountHosts())
}

// RFC 8414 §3: there is one issuer, and its metadata lies at its host alone.
func TestMetadataLiesAtTheIssuer(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/.well-known/anything"} {
			a := at(s, s.AccountHost(s.First.Slug), s.Request("GET", path, ""))
			wantError(t, a, 404, "invalid_request")
			if !strings.Contains(a.Text("error_description"), s.URL) {
				t.Errorf("%s: %s", path, a.Body)
			}
		}
		for _, host := range []string{"", s.AccountHost("api"), "elsewhere.test"} {
			if a := at(s, host, s.Request("GET", "/.well-known/oauth-authorization-server", "")); a.Status != 200 || a.Text("issuer") != s.URL {
				t.Errorf("at %q: %d %s", host, a.Status, a.Body)
			}
		}
	}, lptest.WithAccountHosts())
}

// GW08, GW20: no page of ours is at an account's host: each is a way to the issuer's, which no Host and no path can bend, and which says
// nothing about who exists. Cookies are set at the issuer's host alone.
func TestPagesAtAccountHostsLeadToTheIssuer(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, slug := range []string{s.First.Slug, "nobody"} {
			for _, path := range []string{"/", "/signin", "/oauth/applications", "/oauth/authorize?a=b&a=c%20d&account=other", "/oauth/applications/new", "/docs/errors/old_no_pkce", "/nowhere", "/a/../b", "//evil.test/", "/%2F%2Fevil.test", "/%5Cevil.test"} {
				a := at(s, s.AccountHost(slug), s.Request("GET", path, ""))
				if a.Status == http.StatusBadRequest && strings.Contains(path, "evil") || path == "/a/../b" && a.Status == http.StatusBadRequest {
					continue // no path of ours
				}
				want, query, _ := strings.Cut(path, "?")
				to := s.URL + want + "?account=" + slug
				if query != "" {
					to += "&" + query
				}
				if a.Status != http.StatusFound || a.Header.Get("Location") != to || a.Header.Get("Set-Cookie") != "" || a.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s at %s: %d %s, want %s", path, slug, a.Status, a.Header.Get("Location"), to)
				}
			}
		}
		for _, host := range []string{"elsewhere.test", s.AccountHost("a.b"), s.AccountHost("x") + ".elsewhere.test", s.AccountHost("api"), "elsewhere.test/" + s.AccountHost("bakery")} {
			a := at(s, host, s.Request("GET", "/signin", ""))
			if a.Status == http.StatusBadRequest {
				continue // no Host at all
			}
			if a.Status != 200 || strings.Contains(a.Body, "elsewhere.test") {
				t.Errorf("at %s: %d %s", host, a.Status, a.Header.Get("Location"))
			}
		}
		// Forms of ours are not there, so what comes to be one is not.
		r := s.Request("POST", "/signin", "email=sam%40example.com&password="+url.QueryEscape(lptest.Password))
		if a := at(s, s.AccountHost(s.First.Slug), r); a.Status != http.StatusForbidden || a.Header.Get("Location") != "" {
			t.Errorf("a password sent to an account's host: %d %s", a.Status, a.Header.Get("Location"))
		}
	}, lptest.WithAccountHosts())
}

// RFC 9700 §4.12: an authorization request by POST goes on as a link, never by 307, and keeps what it says.
func TestPostedRequestsGoOnFromAccountHosts(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		request := s.Web.Request()
		request.Set("state", "a b&c=d%")
		a := at(s, s.AccountHost(s.First.Slug), s.Request("POST", "/oauth/authorize", request.Encode()))
		to, err := url.Parse(a.Header.Get("Location"))
		if err != nil || a.Status != http.StatusSeeOther || to.Scheme+"://"+to.Host+to.Path != s.URL+"/oauth/authorize" {
			t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
		}
		sent := to.Query()
		if got := sent["account"]; !slices.Equal(got, []string{s.First.Slug}) {
			t.Errorf("the hint is %q", got)
		}
		for name, values := range request {
			if !slices.Equal(sent[name], values) {
				t.Errorf("%s: %q, want %q", name, sent[name], values)
			}
		}
		request.Set("state", strings.Repeat("x", 9000))
		if a := at(s, s.AccountHost(s.First.Slug), s.Request("POST", "/oauth/authorize", request.Encode())); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("a request too long for an address: %d %s", a.Status, a.Header.Get("Location"))
		}
	}, lptest.WithAccountHosts())
}

// AU19: a hint chooses beforehand, and widens nothing: not what was chosen before, and not to accounts of others.
func TestAHintWidensNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := s.NewPerson("ben@example.com", false)
		if err := s.Store.AddMember(t.Context(), ben.ID, s.First.ID, core.RoleMember, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		ask := func(browser *lptest.Browser, hint string) lptest.Page {
			request := s.Web.Request()
			request.Set("prompt", "consent")
			request.Set(web.AccountHint, hint)
			return browser.Get("/oauth/authorize?" + request.Encode())
		}
		bens, sams := s.SignedIn(ben.Email), s.SignedIn(s.Person.Email)
		for _, hint := range []string{s.Second.Slug, "nobody", "Not A Slug", ""} {
			page := ask(bens, hint)
			if page.Status != 200 || strings.Contains(page.Body, s.Second.Name) || !strings.Contains(page.Body, s.First.ID.String()) {
				t.Errorf("a hint at %q shows others' accounts: %d", hint, page.Status)
			}
		}
		sams.Answer(ask(sams, ""), lptest.Choice{Accounts: []string{s.First.ID.String()}})
		page := ask(sams, s.Second.Slug)
		if strings.Contains(page.Body, `value="`+s.Second.ID.String()+`" checked`) || strings.Contains(page.Body, `<option value="`+s.Second.ID.String()+`" selected>`) {
			t.Error("a hint ticks an account that was not chosen before")
		}
		sams.Answer(page, lptest.Choice{Accounts: []string{s.First.ID.String(), s.Second.ID.String()}})
		if page := ask(sams, s.Second.Slug); !strings.Contains(page.Body, `<option value="`+s.Second.ID.String()+`" selected>`) {
			t.Error("a hint at an account that goes along does not make it the default")
		}
		// Nor does it say where a call goes that was consented to before.
		request := s.Web.Request()
		request.Set(web.AccountHint, "nobody")
		if code := sams.Get("/oauth/authorize?" + request.Encode()).Param("code"); code == "" {
			t.Error("a remembered consent is asked for again because of a hint")
		}
	}, lptest.WithAccountHosts())
}

// AU19: the portal at an account's host registers apps for that account, unless the developer says otherwise.
func TestTheHintReachesTheFormForApps(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, path := range []string{"/oauth/applications/new", "/oauth/applications", "/"} {
			browser := s.Browser()
			page := browser.SignIn(from(s, browser, s.Second.Slug, path), s.Person.Email, lptest.Password)
			if path != "/oauth/applications/new" {
				if !strings.Contains(page.Body, `href="/oauth/applications/new?account=`+s.Second.Slug+`"`) {
					t.Errorf("from %s the hint is lost at %s", path, page.URL)
				}
				page = browser.Get("/oauth/applications/new?account=" + s.Second.Slug)
			}
			if page.Status != 200 || !strings.Contains(page.Body, `<option value="`+s.Second.ID.String()+`" selected>`) || strings.Contains(page.Body, `<option value="`+s.First.ID.String()+`" selected>`) {
				t.Errorf("from %s: %d at %s, the account is not chosen beforehand", path, page.Status, page.URL)
			}
		}
	}, lptest.WithAccountHosts())
}

// GW08: where accounts have no hosts, a Host says nothing, as ever.
func TestWithoutAccountHostsAHostSaysNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		r := s.Request("GET", "/v3/dashboards", "")
		r.Header.Set("Authorization", "Bearer "+s.Tokens(s.Web).Text("access_token"))
		if a := at(s, s.AccountHost(s.Second.Slug), r); a.Header.Get("Launchpad-Account") != s.First.Slug {
			t.Errorf("%d %q", a.Status, a.Header.Get("Launchpad-Account"))
		}
		if a := at(s, s.AccountHost(s.Second.Slug), s.Request("GET", "/signin", "")); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Header.Get("Location"))
		}
	})
}
