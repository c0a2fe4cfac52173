package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/web"
)

// SE07, SE08, CO16: every page that there is, errors included, carries the same armour.
func TestASVS_3_4_EveryPageIsArmoured(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		paths := []string{"/nowhere", "/oauth/authorize?" + s.Web.Request().Encode()}
		for _, route := range s.Routes() {
			if route.Surface == web.PageSurface && route.Method == http.MethodGet {
				there := strings.NewReplacer("{app}", s.Web.ID.String(), "{account}", s.First.Slug, "{slug}", "form_not_ours", "{member}", s.Person.ID.String()).Replace(route.Path)
				paths = append(paths, pathOf(route), pathOf(web.Route{Path: there}))
			}
		}
		if len(paths) < 80 || !slices.Contains(paths, "/accounts/"+s.First.Slug+"/settings") {
			t.Fatalf("%d pages; the list is broken: %v", len(paths), paths)
		}
		for _, path := range paths {
			if page := b.Get(path); page.Redirect == "" {
				wantArmour(t, path, page.Header)
			}
		}
		consent := b.Get("/oauth/authorize?" + s.Web.Request().Encode())
		if csp := consent.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://app.example;") {
			t.Errorf("consent page: CSP %q must let the form end at the app's origin, and nowhere else", csp)
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// SE07: so does what is said while the database is away.
func TestASVS_3_4_PagesOfFaultsAreArmoured(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		s.BreakStore()
		page := b.Get("/accounts")
		if page.Status != http.StatusServiceUnavailable || page.Header.Get("Retry-After") == "" {
			t.Errorf("without the database: %d, want 503 with Retry-After", page.Status)
		}
		wantArmour(t, "503", page.Header)
	})
}

// SE04: a form that finds us busy, or the database away, is kept for another try, but for its passwords; one that a stranger sent is not.
func TestFormsThatAreSentAgain(t *testing.T) {
	const typed = "wrong but secret"
	newcomer := url.Values{"name": {"Kim O’Sample"}, "email": {"kim@example.com"}, "password": {typed}, "account_name": {"Sample Forge"}}
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		kept := func(page lptest.Page, status int, fields url.Values) {
			t.Helper()
			hidden := page.Hidden()
			for name, values := range fields {
				if want := values[0]; strings.Contains(name, "password") {
					if strings.Contains(page.Body, want) || !strings.Contains(page.Body, `name="`+name+`" type="password"`) {
						t.Errorf("%s is not to be typed anew:\n%s", name, page.Body)
					}
				} else if hidden.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, hidden.Get(name), want)
				}
			}
			if page.Status != status || hidden.Get(web.CSRFField) == "" {
				t.Errorf("%d, csrf %q", page.Status, hidden.Get(web.CSRFField))
			}
		}
		b := s.Browser()
		form, page := b.Get("/signin"), lptest.Page{}
		for range 20 {
			if page = b.SignIn(form, s.Person.Email, typed); page.Status == http.StatusTooManyRequests {
				break
			}
		}
		kept(page, http.StatusTooManyRequests, url.Values{"email": {s.Person.Email}, "password": {typed}})
		s.Clock.Advance(time.Hour)
		again := page.Hidden()
		again.Set("password", lptest.Password)
		if got := b.Post("/signin", again); got.Status != http.StatusOK || strings.Contains(got.Body, `name="password"`) {
			t.Errorf("sent again, with the password: %d\n%s", got.Status, got.Body)
		}

		known := s.SignedIn(s.Person.Email)
		create := known.Get("/accounts").Hidden()
		create.Set("name", "Sample & Sons")
		signUp := s.Browser()
		for name, values := range signUp.Get(web.PathSignUp).Hidden() {
			newcomer[name] = values
		}
		s.BreakStore()
		kept(known.Post("/accounts", create), http.StatusServiceUnavailable, create)
		kept(signUp.Post(web.PathSignUp, newcomer), http.StatusServiceUnavailable, newcomer)
		create.Set(web.CSRFField, "strange")
		if page := known.Post("/accounts", create); strings.Contains(page.Body, "Sample &amp; Sons") {
			t.Errorf("a form that was not ours is kept: %d\n%s", page.Status, page.Body)
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

func wantArmour(t *testing.T, what string, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'", "style-src 'self'"} {
		if !strings.Contains(csp, directive) {
			t.Errorf("%s: CSP %q lacks %s", what, csp, directive)
		}
	}
	for header, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
		if got := h.Get(header); got != want {
			t.Errorf("%s: %s %q, want %q", what, header, got, want)
		}
	}
	if got := h.Get("Referrer-Policy"); got != "same-origin" && got != "no-referrer" {
		t.Errorf("%s: Referrer-Policy %q", what, got)
	}
}

// SE01: a session id that was planted is worth nothing after signing in; SE13: nor is one after signing out.
func TestASVS_7_2_4_SessionsAreNewAndEnd(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		before := b.Cookie("lp_session")
		page := b.Get("/signin")
		b.SignIn(page, s.Person.Email, lptest.Password)
		after := b.Cookie("lp_session")
		if before == after || after == "" {
			t.Fatalf("signing in kept the session cookie")
		}
		open := func(cookie string) int {
			r := s.Request("GET", "/oauth/applications", "")
			r.Header.Set("Cookie", "lp_session="+cookie)
			return s.Do(r).Status
		}
		if got := open(before); got != http.StatusSeeOther {
			t.Errorf("the old session: %d, want to be sent to sign in", got)
		}
		if got := open(after); got != http.StatusOK {
			t.Errorf("the new session: %d, want 200", got)
		}
		b.Post("/signout", b.Get("/oauth/applications").Hidden())
		if got := open(after); got != http.StatusSeeOther {
			t.Errorf("after signing out: %d, want to be sent to sign in", got)
		}
	})
}

// SE02: two cookies of one name are refused both; flags are set.
func TestASVS_3_3_Cookies(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		r := s.Request("GET", "/oauth/applications", "")
		r.Header.Set("Cookie", "lp_session="+b.Cookie("lp_session")+"; lp_session=other")
		if got := s.Do(r).Status; got != http.StatusSeeOther {
			t.Errorf("two session cookies: %d, want to be sent to sign in", got)
		}
		got := s.Do(s.Request("GET", "/signin", "")).Header.Get("Set-Cookie")
		for _, flag := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
			if !strings.Contains(got, flag) {
				t.Errorf("cookie %q lacks %s", got, flag)
			}
		}
	})
}

// AU10: signing in goes on only to paths of this server.
func TestASVS_1_2_2_ReturnPathsStayHere(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for path, want := range map[string]string{
			"/accounts": "/accounts", "//evil.example": "/oauth/applications", `/\evil.example`: "/oauth/applications", "/%09/evil.example": "/oauth/applications",
			"https://evil.example": "/oauth/applications", "/\t/evil.example": "/oauth/applications", "javascript:x": "/oauth/applications", "/%5cevil.example": "/oauth/applications",
		} {
			b := s.Browser()
			page := b.SignIn(b.Get("/signin?"+lptest.Form("return_to", path).Encode()), s.Person.Email, lptest.Password)
			if page.URL.Path != want || page.URL.Host != strings.TrimPrefix(s.URL, "http://") {
				t.Errorf("%q led to %s, want %s", path, page.URL, want)
			}
		}
	})
}

// SE09, DC14: what comes from outside is text.
func TestASVS_1_2_1_NothingFromOutsideIsMarkup(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		const evil = `"><script>alert(1)</script>`
		b := s.SignedIn(s.Person.Email)
		names := []string{"scope", "nonce", "prompt", "login_hint", "ui_locales", "resource", "error", "error_description", "error_uri", "error_hint", "return_to", "i", "code", "token", "deleted", "joined", evil}
		for name := range s.Web.Request() {
			names = append(names, name)
		}
		for _, name := range names {
			request := s.Web.Request()
			request.Set(name, evil)
			for _, browser := range []*lptest.Browser{b, s.Browser()} {
				for _, path := range []string{"/oauth/authorize", "/oauth/authorize/continue", "/oauth/consent", "/signin", "/signup", "/signed-out", "/invitations", "/setup", "/accounts", "/account", "/docs/errors/nonsense", "/nowhere"} {
					if page := browser.Get(path + "?" + request.Encode()); strings.Contains(page.Body, "<script>alert") {
						t.Errorf("%s: %s is echoed as markup", path, name)
					}
				}
			}
		}
		for _, name := range []string{"error", "error_description", "error_uri", "error_hint", "unheard_of"} {
			request := s.Web.Request()
			request.Set(name, "planted-words")
			for _, wrong := range []string{"", "response_type", "redirect_uri", "client_id"} {
				if wrong != "" {
					request.Set(wrong, "wrong")
				}
				if page := b.Get("/oauth/authorize?" + request.Encode()); strings.Contains(page.Body+page.Redirect, "planted-words") {
					t.Errorf("%s is echoed, with a wrong %q", name, wrong)
				}
			}
		}
		form := b.Get("/oauth/applications/new").Hidden()
		form.Set("client_name", evil)
		form.Set("redirect_uri", evil)
		form.Set("client_uri", evil)
		page := b.Post("/oauth/applications", form)
		if strings.Contains(page.Body, evil) || page.Status != http.StatusUnprocessableEntity {
			t.Errorf("registration form: %d, echoed=%v", page.Status, strings.Contains(page.Body, evil))
		}
	})
}

// SE05: what was asked for is sealed. Fields beside it, in a form that its sender changed, say nothing.
func TestSE05_FieldsOfTheConsentFormChangeNoRequest(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		ask := func(app lptest.App) lptest.Page {
			request := app.Request()
			request.Set("scope", "dashboards:read")
			return b.Get("/oauth/authorize?" + request.Encode())
		}
		form := ask(s.Web).Hidden()
		for name, value := range map[string]string{
			"act": "allow", "reach": "all", "default": s.First.ID.String(),
			"scope": "dashboards:read dashboards:write", "client_id": s.Public.ClientID, "redirect_uri": "https://evil.example/callback", "response_type": "token", "state": "changed", "code_challenge": "changed",
		} {
			form.Set(name, value)
		}
		sealed := form.Get("i")
		for _, other := range []string{"", sealed[:len(sealed)-1], "x" + sealed, sealed[:len(sealed)/2] + "0" + sealed[len(sealed)/2+1:]} {
			form.Set("i", other)
			if page := b.Post("/oauth/consent", form); page.Redirect != "" || page.Status < 400 {
				t.Errorf("a changed request was answered: %d %s", page.Status, page.Redirect)
			}
		}
		form.Set("i", sealed)
		page := b.Post("/oauth/consent", form)
		if !strings.HasPrefix(page.Redirect, lptest.Redirect+"?") || page.Param("state") != "xyz" || page.Fragment("access_token") != "" {
			t.Fatalf("answered to %s", page.Redirect)
		}
		wantError(t, s.Redeem(s.Public, page.Param("code")), 400, "invalid_grant")
		a := s.Redeem(s.Web, page.Param("code"))
		wantStatus(t, a, 200)
		if got := a.Text("scope"); got != "dashboards:read" {
			t.Errorf("scope %q, want dashboards:read", got)
		}
		if again := b.Post("/oauth/consent", form); again.Redirect != "" || again.Status < 400 {
			t.Errorf("the same answer again: %d %s", again.Status, again.Redirect)
		}
	})
}

// DC18, LG-like: somebody else's app does not exist.
func TestPortalShowsOwnAppsOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("stranger@example.com", false)
		b := s.SignedIn("stranger@example.com")
		form := b.Get("/accounts").Hidden()
		app := "/oauth/applications/" + s.Web.ID.String()
		for _, path := range []string{app, app + "/edit", app + "/delete"} {
			if got := b.Get(path).Status; got != http.StatusNotFound {
				t.Errorf("GET %s: %d, want 404", path, got)
			}
		}
		for _, path := range []string{app + "/edit", app + "/delete", app + "/switches", app + "/tokens", app + "/tokens/" + s.Web.ID.String() + "/revoke"} {
			if got := b.Post(path, form).Status; got != http.StatusNotFound {
				t.Errorf("POST %s: %d, want 404", path, got)
			}
		}
		for _, path := range []string{"/oauth/applications", "/accounts", app} {
			if page := s.Browser().Get(path); page.URL.Path != "/signin" {
				t.Errorf("%s signed out: %s, want /signin", path, page.URL)
			}
		}
	})
}

// The portal's whole round: register, secret once, edit, token, revoke, delete. CA26, HT19.
func TestPortalRound(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		form := b.Get("/oauth/applications/new").Hidden()
		form.Set("client_name", "Weather")
		form.Set("kind", "web")
		form.Set("account", s.First.ID.String())
		form.Set("redirect_uri", "http://myapp.com/oauth\nhttps://weather.example/callback")
		created := b.Post("/oauth/applications", form)
		if created.Status != http.StatusCreated || !strings.Contains(created.Body, "lp_cs_") {
			t.Fatalf("register: %d\n%s", created.Status, created.Body)
		}
		again := b.Post("/oauth/applications", form)
		if again.Status != http.StatusOK || strings.Contains(again.Body, "lp_cs_") || !strings.Contains(again.Body, "In development") {
			t.Errorf("the same form again: %d, must show the app without its secret, in development", again.Status)
		}
		app := again.URL.Path
		form = b.Get(app + "/edit").Hidden()
		form.Set("client_name", "Weather 2")
		form.Set("redirect_uri", "https://weather.example/callback")
		if page := b.Post(app+"/edit", form); !strings.Contains(page.Body, "Weather 2") || strings.Contains(page.Body, "In development") {
			t.Errorf("edit: %d\n%s", page.Status, page.Body)
		}
		form = b.Get(app).Hidden()
		form.Set("token_name", "Script")
		page := b.Post(app+"/tokens", form)
		_, rest, found := strings.Cut(page.Body, "lp_pat_")
		if page.Status != http.StatusCreated || !found {
			t.Fatalf("token: %d\n%s", page.Status, page.Body)
		}
		value, _, _ := strings.Cut("lp_pat_"+rest, "<")
		wantStatus(t, s.Call(value), 200)
		shown := b.Get(app)
		if strings.Contains(shown.Body, "lp_pat_") || !strings.Contains(shown.Body, "just now") {
			t.Error("the app's page must list the token with its last use and without its value")
		}
		_, rest, _ = strings.Cut(shown.Body, app+"/tokens/")
		id, _, _ := strings.Cut(rest, "/revoke")
		b.Post(app+"/tokens/"+id+"/revoke", shown.Hidden())
		wantStatus(t, s.Call(value), 401)
		form = b.Get(app + "/delete").Hidden()
		form.Set("password", "wrong")
		if got := b.Post(app+"/delete", form).Status; got != http.StatusUnprocessableEntity {
			t.Errorf("delete with a wrong password: %d, want 422", got)
		}
		form.Set("password", lptest.Password)
		if page := b.Post(app+"/delete", form); strings.Contains(page.Body, "Weather 2") {
			t.Error("the deleted app is still listed")
		}
	})
}

// AD09: a refused form must not come back wider than it was: the second try would make a token that may do everything.
func TestRefusedTokenFormStaysNarrow(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		app := "/oauth/applications/" + s.Web.ID.String()
		fresh := b.Get(app)
		if !strings.Contains(fresh.Body, `<option value="90" selected>`) || strings.Contains(fresh.Body, `value="dashboards:read" checked`) {
			t.Error("a fresh form: want 90 days and nothing ticked")
		}
		form := fresh.Hidden()
		form.Set("token_name", " ")
		form.Set("scope", "dashboards:read")
		form.Set("account", s.Second.ID.String())
		form.Set("life", "30")
		page := b.Post(app+"/tokens", form)
		if page.Status != http.StatusUnprocessableEntity {
			t.Fatalf("a token without a name: %d, want 422", page.Status)
		}
		for _, want := range []string{
			`name="scope" value="dashboards:read" checked`, `name="account" value="` + s.Second.ID.String() + `" checked`, `<option value="30" selected>`,
		} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the form lost %s", want)
			}
		}
		if strings.Contains(page.Body, `name="account" value="`+s.First.ID.String()+`" checked`) || strings.Count(page.Body, `<details class="fold" open>`) != 2 {
			t.Error("the form came back with other accounts, or folded shut")
		}
		form = page.Hidden()
		form.Set("token_name", "Forged")
		form.Set("account", "no-id-at-all")
		if page := b.Post(app+"/tokens", form); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "account-mistake") {
			t.Errorf("an account that is none: %d, want 422 and never a token for all accounts", page.Status)
		}
	})
}

// What a developer registers decides what people can be tricked into. RU03, RU09, RU11, AU03, AU04, AU05.
func TestRFC7591_3_2_2_RedirectURIsAtRegistration(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for uri, good := range map[string]bool{
			"https://a.example/cb": true, "http://myapp.com/oauth": true, "http://127.0.0.1/cb": true, "http://[::1]:8080/cb": true, "http://localhost:8787/callback": true, "com.example.app:/cb": true, "https://a.example/cb?x=1": true,
			"https://a.example/cb#x": false, "https://a.example/cb#": false, "https://u@a.example/cb": false, "https://u:p@a.example/cb": false, "https://*.example/cb": false, "https://a.example/*": false,
			"javascript:alert(1)": false, "JaVaScRiPt:alert(1)": false, "data:text/html,x": false, "vbscript:x": false, "file:///etc/passwd": false, "blob:https://x": false, "about:blank": false,
			"myapp:/cb": false, "com.example.app://host@evil.example": false, "//a.example/cb": false, "/cb": false, "a.example/cb": false, "https://": false, "https:/a.example": false, `https:\\a.example`: false,
			"https://a.example/cb?code=1": false, "https://a.example/cb?state=1": false, "https://a.example/../cb": false, "https://a.example:0/cb": false, "https://a.example:99999/cb": false, "https://bücher.example/cb": false,
		} {
			form := b.Get("/oauth/applications/new").Hidden()
			form.Set("client_name", "Redirect")
			form.Set("account", s.First.ID.String())
			form.Set("redirect_uri", uri)
			page := b.Post("/oauth/applications", form)
			if got := page.Status == http.StatusCreated; got != good {
				t.Errorf("%s: accepted=%v (%d), want %v", uri, got, page.Status, good)
			}
		}
	})
}

// LG08: the one-time link makes one operator.
func TestFirstStartMakesOneOperator(t *testing.T) {
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) {
		s, link := lptest.StartEmpty(t, e)
		attempt := func(name string) int {
			b := s.Browser()
			page := b.Get(link)
			if page.Status != http.StatusOK {
				return page.Status
			}
			form := page.Hidden()
			for field, value := range map[string]string{"name": "Ada Operator", "email": name + "@example.com", "password": lptest.Password, "account_name": "Sample " + name} {
				form.Set(field, value)
			}
			return b.Post("/setup", form).Status
		}
		var made sync.Map
		var all sync.WaitGroup
		for _, name := range []string{"a", "b", "c", "d"} {
			all.Go(func() { made.Store(name, attempt(name)) })
		}
		all.Wait()
		winners := 0
		made.Range(func(_, status any) bool {
			if status == http.StatusOK {
				winners++
			} else if status != http.StatusNotFound {
				t.Errorf("a loser got %v, want 404", status)
			}
			return true
		})
		if winners != 1 {
			t.Errorf("%d operators, want 1", winners)
		}
		if got := attempt("late"); got != http.StatusNotFound {
			t.Errorf("the link again: %d, want 404", got)
		}
	})
}

// LG05: an unknown person, a wrong password and a locked person are told the same.
func TestASVS_6_3_8_SignInTellsNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		locked := s.NewPerson("locked@example.com", false)
		if err := s.Store.LockIdentity(t.Context(), locked.ID, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		shape := func(email, password string) string {
			b := s.Browser()
			page := b.SignIn(b.Get("/signin"), email, password)
			form := page.Hidden()
			body := strings.ReplaceAll(page.Body, email, "EMAIL")
			return http.StatusText(page.Status) + strings.ReplaceAll(body, form.Get("csrf"), "CSRF")
		}
		want := shape("nobody@example.com", "wrong")
		if !strings.Contains(want, "is not right") {
			t.Fatalf("no message: %s", want)
		}
		for name, got := range map[string]string{
			"wrong password": shape(s.Person.Email, "wrong"), "locked": shape(locked.Email, lptest.Password), "not an address": shape("nonsense", "x"), "too long": shape(s.Person.Email, strings.Repeat("x", 2000)),
		} {
			if got != want {
				t.Errorf("%s: the answer differs from that to an unknown person", name)
			}
		}
	})
}
