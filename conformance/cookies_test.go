package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// At https. The default server is plain http on loopback, where __Host- cannot work.
var secureIssuer = lptest.WithIssuer("https://id.example.com")

// SE02: every cookie of every way to get or lose one.
func TestASVS_3_3_1_CookiesOfAnHTTPSIssuer(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		const nextPassword = "seven geese swim under it"
		b := s.Browser()
		page := signUp(b, b.Get("/signup"), "nora@example.com")
		b.SignIn(page, "nora@example.com", newPassword)
		change := b.Get("/account/password").Hidden()
		change.Set("current_password", newPassword)
		change.Set("password", nextPassword)
		b.Post("/account/password", change)
		b.Post("/signout", b.Get("/account").Hidden())
		b.SignIn(b.Get("/signin"), "nora@example.com", nextPassword)
		end := b.Get("/account/delete").Hidden()
		end.Set("password", nextPassword)
		b.Post("/account/delete", end)

		given, dropped := map[string]int{}, map[string]int{}
		for _, c := range b.CookiesSet() {
			count := given
			if c.MaxAge < 0 {
				count = dropped
			}
			count[c.Name]++
			wantSafe(t, c)
		}
		// A sign-in twice and a change of the password; a sign-out and the end of the ID.
		if given["__Host-lp_browser"] != 1 || given["__Host-lp_session"] != 3 || given["__Host-lp_device"] != 3 || dropped["__Host-lp_session"] != 2 || len(given)+len(dropped) != 4 {
			t.Errorf("given %v, dropped %v", given, dropped)
		}
	}, secureIssuer, lptest.WithSignUp(core.SignUpOpen))
}

// SE02: so are those of the first operator.
func TestASVS_3_3_1_CookiesOfTheFirstStart(t *testing.T) {
	s, link := lptest.StartEmpty(t, lptest.Engines(t)[0], secureIssuer)
	b := s.Browser()
	form := b.Get(link).Hidden()
	for field, value := range map[string]string{"name": "Ada Operator", "email": "ada@example.com", "password": lptest.Password, "account_name": "Sample Ada"} {
		form.Set(field, value)
	}
	b.Post("/setup", form)
	var names []string
	for _, c := range b.CookiesSet() {
		names = append(names, c.Name)
		wantSafe(t, c)
	}
	if want := []string{"__Host-lp_browser", "__Host-lp_session", "__Host-lp_device"}; !slices.Equal(names, want) {
		t.Errorf("cookies %v, want %v", names, want)
	}
}

func wantSafe(t *testing.T, c *http.Cookie) {
	t.Helper()
	if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || strings.Contains(strings.ToLower(c.Raw), "domain") {
		t.Errorf("%q: want Secure, HttpOnly, SameSite=Lax, Path=/ and no Domain", c.Raw)
	}
}

// SE02: a sibling host can set cookies for its parent domain, and any page over http can; but none of the prefix. What
// comes without it is nobody's, however good its value.
func TestASVS_3_3_3_TossedCookiesAreNotOurs(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		form := b.Get("/accounts").Hidden()
		session, browser, device := b.Cookie("__Host-lp_session"), b.Cookie("__Host-lp_browser"), b.Cookie("__Host-lp_device")
		send := func(method, path, body, cookies string) int {
			r := s.Request(method, path, body)
			r.Header.Set("Cookie", cookies)
			return s.Do(r).Status
		}
		open := func(cookies string) int { return send("GET", "/accounts", "", cookies) }
		if got := open("__Host-lp_session=" + session); got != http.StatusOK {
			t.Fatalf("the session's own cookie: %d, want 200", got)
		}
		for _, name := range []string{"lp_session", "__Secure-lp_session", "__host-lp_session", "__Host-lp_Session", "Host-lp_session", "__Host-session"} {
			if got := open(name + "=" + session); got != http.StatusSeeOther {
				t.Errorf("%s: %d, want to be sent to sign in", name, got)
			}
			if got := open("__Host-lp_session=" + session + "; " + name + "=tossed"); got != http.StatusOK {
				t.Errorf("%s beside the session's own: %d, want 200", name, got)
			}
		}
		if got := open("__Host-lp_session=" + session + "; __Host-lp_session=" + session); got != http.StatusSeeOther {
			t.Errorf("the session's own cookie twice: %d, want to be sent to sign in", got)
		}
		// A form's token stands on the browser's cookie: whoever could toss one would know the token.
		sign := func(cookies string) int { return send("POST", "/signout", form.Encode(), cookies) }
		if got := sign("__Host-lp_session=" + session + "; lp_browser=" + browser); got != http.StatusForbidden {
			t.Errorf("a form of a tossed browser: %d, want 403", got)
		}
		if got := sign("__Host-lp_session=" + session + "; __Host-lp_browser=" + browser); got != http.StatusSeeOther {
			t.Errorf("the same form of the browser itself: %d, want 303", got)
		}
		wantTossedDeviceIsUnknown(t, s, device)
	}, secureIssuer)
}

// Whoever could toss a known browser's cookie would get guesses of its own.
func wantTossedDeviceIsUnknown(t *testing.T, s *lptest.Server, device string) {
	t.Helper()
	b := s.Browser()
	form := b.Get("/signin").Hidden()
	g := &guesser{s, form, "__Host-lp_browser=" + b.Cookie("__Host-lp_browser")}
	for range 10 {
		g.guess(s.Person.Email, "wrong", "", "")
	}
	for cookies, want := range map[string]int{"": unheard, "; lp_device=" + device: unheard, "; __Host-lp_device=" + device: right} {
		if got := g.guess(s.Person.Email, lptest.Password, "", cookies).Status; got != want {
			t.Errorf("the right password after many wrong ones, with %q: %d, want %d", cookies, got, want)
		}
	}
}
