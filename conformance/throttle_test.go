package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/internal/web"
)

// guesser sends one sign-in form over and over, from any address.
type guesser struct {
	s      *lptest.Server
	form   url.Values
	cookie string
}

func newGuesser(s *lptest.Server) *guesser {
	b := s.Browser()
	form := b.Get("/signin").Hidden()
	return &guesser{s, form, "lp_browser=" + b.Cookie("lp_browser")}
}

// guess signs in. headers are names and values; cookies are added to the browser's.
func (g *guesser) guess(email, password, address, cookies string) lptest.Answer {
	form := url.Values{"email": {email}, "password": {password}}
	for name, values := range g.form {
		form[name] = values
	}
	r := g.s.Request("POST", "/signin", form.Encode())
	r.Header.Set("Origin", g.s.URL)
	r.Header.Set("Cookie", g.cookie+cookies)
	if address != "" {
		r.Header.Set("X-Forwarded-For", address)
	}
	return g.s.Do(r)
}

// Answers to a guess.
const (
	right   = http.StatusSeeOther
	wrong   = http.StatusUnprocessableEntity
	unheard = http.StatusTooManyRequests
)

func wantRetryAfter(t *testing.T, a lptest.Answer, want time.Duration) {
	t.Helper()
	if got := a.Header.Get("Retry-After"); got != strconv.Itoa(int(want/time.Second)) {
		t.Errorf("Retry-After %q, want %s", got, want)
	}
}

// LG01: one person from many addresses. Ten in an hour are looked at, with pauses that grow; the owner, in a browser that
// knows them, is not concerned.
func TestLG01_OnePersonFromManyAddresses(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		device := s.SignedIn(s.Person.Email).Cookie("lp_device")
		g := newGuesser(s)
		evaluated := 0
		for n := range 60 { // each minute of an hour
			for i := range 12 {
				a := g.guess(s.Person.Email, "wrong", fmt.Sprintf("10.1.%d.%d", n, i), "")
				switch a.Status {
				case wrong:
					evaluated++
				case unheard:
				default:
					t.Fatalf("answered %d %s", a.Status, a.Body)
				}
			}
			if n == 0 {
				a := g.guess(s.Person.Email, lptest.Password, "10.2.0.1", "")
				if a.Status != unheard {
					t.Errorf("the right password of a stranger: %d, want %d", a.Status, unheard)
				}
				wantRetryAfter(t, a, time.Minute)
				for _, want := range []string{"Too many passwords were tried", "in a minute", "in which you have signed in before"} {
					if !strings.Contains(strings.ReplaceAll(a.Body, "60 seconds", "a minute"), want) {
						t.Errorf("the page does not say %q", want)
					}
				}
			}
			if a := g.guess(s.Person.Email, lptest.Password, "10.3.0.1", "; lp_device="+device); a.Status != right {
				t.Fatalf("minute %d: the owner in a browser that knows them: %d, want %d", n, a.Status, right)
			}
			s.Clock.Advance(time.Minute)
		}
		if evaluated != 10 {
			t.Errorf("%d guesses of strangers were looked at in an hour, want 10", evaluated)
		}
	}, lptest.BehindProxy())
}

// LG01: many people from one address (spraying). Right passwords are not counted.
func TestLG01_ManyPeopleFromOneAddress(t *testing.T) {
	l := config.Unlimited()
	l.WrongPasswords = 8
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		device := s.SignedIn(s.Person.Email).Cookie("lp_device")
		g := newGuesser(s)
		for n := range 8 {
			if a := g.guess(s.Person.Email, lptest.Password, "2001:db8::1", ""); a.Status != right {
				t.Fatalf("right password %d: %d", n+1, a.Status)
			}
			if a := g.guess(fmt.Sprintf("nobody%d@example.com", n), "wrong", "2001:db8::"+strconv.Itoa(n), ""); a.Status != wrong {
				t.Fatalf("wrong password %d: %d", n+1, a.Status)
			}
		}
		a := g.guess("nobody@example.com", "wrong", "2001:db8::ffff", "")
		if a.Status != unheard || !strings.Contains(a.Body, "from your network") {
			t.Errorf("the ninth from this network: %d, want %d", a.Status, unheard)
		}
		wantRetryAfter(t, a, time.Hour)
		if a := g.guess("nobody@example.com", "wrong", "2001:db8:0:1::1", ""); a.Status != wrong {
			t.Errorf("another network: %d, want %d", a.Status, wrong)
		}
		if a := g.guess(s.Person.Email, lptest.Password, "2001:db8::1", "; lp_device="+device); a.Status != right {
			t.Errorf("a browser that knows the person, in that network: %d, want %d", a.Status, right)
		}
		s.Clock.Advance(time.Hour)
		if a := g.guess("nobody@example.com", "wrong", "2001:db8::1", ""); a.Status != wrong {
			t.Errorf("after an hour: %d, want %d", a.Status, wrong)
		}
	}, lptest.BehindProxy(), lptest.WithLimits(l))
}

// LG01: a browser is known for who signed in there, and for nobody else; and it has a count of its own.
func TestLG01_WhichBrowsersAreKnown(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("other@example.com", false)
		owner := s.SignedIn(s.Person.Email).Cookie("lp_device")
		stranger := s.SignedIn("other@example.com").Cookie("lp_device")
		g := newGuesser(s)
		for n := range 7 {
			want := wrong
			if n >= 5 {
				want = unheard
			}
			if a := g.guess(s.Person.Email, "wrong", "", "; lp_device="+stranger); a.Status != want {
				t.Errorf("guess %d in a browser that knows another person: %d, want %d", n+1, a.Status, want)
			}
		}
		for name, device := range map[string]string{"another person's": stranger, "a damaged": strings.ToUpper(owner), "two": owner + "; lp_device=" + owner} {
			if a := g.guess(s.Person.Email, lptest.Password, "", "; lp_device="+device); a.Status != unheard {
				t.Errorf("%s cookie: %d, want %d", name, a.Status, unheard)
			}
		}
		for n := range 6 {
			a := g.guess(s.Person.Email, "wrong", "", "; lp_device="+owner)
			if want := map[bool]int{true: wrong, false: unheard}[n < 5]; a.Status != want {
				t.Errorf("guess %d in a browser that knows the person: %d, want %d", n+1, a.Status, want)
			}
		}
		s.Restart() // counts are forgotten, browsers are not
		for range 5 {
			g.guess(s.Person.Email, "wrong", "", "")
		}
		if a := g.guess(s.Person.Email, lptest.Password, "", "; lp_device="+owner); a.Status != right {
			t.Errorf("after a restart: %d, want %d", a.Status, right)
		}
		s.Clock.Advance(366 * 24 * time.Hour)
		for range 5 {
			g.guess(s.Person.Email, "wrong", "", "")
		}
		if a := g.guess(s.Person.Email, lptest.Password, "", "; lp_device="+owner); a.Status != unheard {
			t.Errorf("after more than a year: %d, want %d", a.Status, unheard)
		}
	})
}

// LG01: a new password makes strangers of all browsers but the one where it was chosen. Who knew the old one could have
// signed in there as often as they liked, and each of these browsers would have had guesses of its own.
func TestLG01_ANewPasswordForgetsBrowsers(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		var thief []string
		for range 10 {
			thief = append(thief, s.SignedIn(s.Person.Email).Cookie("lp_device"))
		}
		owner := s.SignedIn(s.Person.Email)
		form := owner.Get("/account/password").Hidden()
		form.Set("current_password", lptest.Password)
		form.Set("password", newPassword)
		if page := owner.Post("/account/password", form); page.Status != http.StatusOK {
			t.Fatalf("change the password: %d", page.Status)
		}
		g := newGuesser(s)
		evaluated := 0
		for _, device := range thief {
			for range 3 {
				if a := g.guess(s.Person.Email, "wrong", "", "; lp_device="+device); a.Status == wrong {
					evaluated++
				}
			}
		}
		if evaluated != 5 {
			t.Errorf("%d guesses were looked at in browsers of the old password, want 5", evaluated)
		}
		if a := g.guess(s.Person.Email, newPassword, "", "; lp_device="+owner.Cookie("lp_device")); a.Status != right {
			t.Errorf("the browser in which it was chosen: %d, want %d", a.Status, right)
		}
		s.Clock.Advance(time.Hour)
		again := s.Browser()
		again.SignIn(again.Get("/signin"), s.Person.Email, newPassword)
		for range 6 {
			g.guess(s.Person.Email, "wrong", "", "")
		}
		if a := g.guess(s.Person.Email, newPassword, "", "; lp_device="+again.Cookie("lp_device")); a.Status != right {
			t.Errorf("a browser that came to know the new one: %d, want %d", a.Status, right)
		}
	})
}

// A browser that several people share knows each of them.
func TestLG01_ASharedBrowserKnowsAll(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("other@example.com", false)
		b := s.SignedIn(s.Person.Email)
		b.SignIn(b.Get("/signin"), "other@example.com", lptest.Password)
		device := b.Cookie("lp_device")
		g := newGuesser(s)
		for _, email := range []string{s.Person.Email, "other@example.com"} {
			for range 5 {
				g.guess(email, "wrong", "", "")
			}
			if a := g.guess(email, lptest.Password, "", "; lp_device="+device); a.Status != right {
				t.Errorf("%s: %d, want %d", email, a.Status, right)
			}
		}
	})
}

// LG02: however somebody is spelled, it is one person and one count.
func TestLG02_OneCountForEverySpelling(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, person := range []string{"sam", "nobody"} {
			g := newGuesser(s)
			spellings := []string{person + "@example.com", strings.ToUpper(person) + "@Example.COM", "  " + person + "@example.com ", fullwidth(person) + "@example.com", "\t" + person + "＠example.com\u00a0", strings.Replace(person, "s", "ſ", 1) + "@EXAMPLE.com"}
			for n := range 12 {
				want := wrong
				if n >= 5 {
					want = unheard
				}
				email := spellings[n%len(spellings)]
				if a := g.guess(email, "wrong", "", ""); a.Status != want {
					t.Errorf("guess %d, as %q: %d, want %d", n+1, email, a.Status, want)
				}
			}
		}
	})
}

func fullwidth(s string) string {
	return strings.Map(func(c rune) rune { return c - '!' + '！' }, s)
}

// LG03: what a request says of its address counts only if a proxy of ours says it, and then its last word.
func TestLG03_AddressesCannotBeMadeUp(t *testing.T) {
	l := config.Unlimited()
	l.Token = 3
	for _, behind := range []bool{false, true} {
		options := []lptest.Option{lptest.WithLimits(l)}
		if behind {
			options = append(options, lptest.BehindProxy())
		}
		lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
			ask := func(headers ...string) int {
				r := s.Request("POST", "/oauth/token", "grant_type=client_credentials")
				r.SetBasicAuth(s.Machine.ClientID, s.Machine.Secret)
				for i := 0; i < len(headers); i += 2 {
					r.Header.Add(headers[i], headers[i+1])
				}
				return s.Do(r).Status
			}
			var last int
			for n := range 4 {
				own := strconv.Itoa(n)
				headers := []string{"Forwarded", "for=10.0.0." + own, "X-Real-IP", "10.0.0." + own, "X-Forwarded-For", "10.0.0." + own}
				if behind {
					headers = append(headers, "X-Forwarded-For", "203.0.113.1, 127.0.0.2") // what the proxies added
				}
				last = ask(headers...)
			}
			if last != http.StatusTooManyRequests {
				t.Errorf("behind a proxy: %v; the fourth request under a new made-up address: %d, want 429", behind, last)
			}
			if !behind {
				return
			}
			if got := ask("X-Forwarded-For", "203.0.113.2"); got != http.StatusOK {
				t.Errorf("another client behind the proxy: %d, want 200", got)
			}
			for n := range 4 {
				last = ask("X-Forwarded-For", "10.0.0."+strconv.Itoa(n)+", nonsense")
			}
			if last != http.StatusTooManyRequests {
				t.Errorf("a malformed hop: %d, want to be counted as the peer", last)
			}
		}, options...)
	}
}

// LG03, at the sign-in: wrong passwords are counted for the address from which they really come.
func TestLG03_AddressesCannotBeMadeUpAtTheSignIn(t *testing.T) {
	l := config.Unlimited()
	l.WrongPasswords = 3
	for _, behind := range []bool{false, true} {
		options := []lptest.Option{lptest.WithLimits(l)}
		if behind {
			options = append(options, lptest.BehindProxy())
		}
		lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
			g := newGuesser(s)
			guess := func(n int, added string) int {
				form := g.form
				form.Set("email", fmt.Sprintf("nobody%d@example.com", n))
				form.Set("password", "wrong")
				r := s.Request("POST", "/signin", form.Encode())
				r.Header.Set("Origin", s.URL)
				r.Header.Set("Cookie", g.cookie)
				madeUp := "10.0.0." + strconv.Itoa(n)
				for _, header := range []string{"X-Real-IP", "X-Forwarded-For", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"} {
					r.Header.Set(header, madeUp)
				}
				r.Header.Set("Forwarded", "for="+madeUp)
				if behind {
					r.Header.Add("X-Forwarded-For", added) // by the proxies
				}
				return s.Do(r).Status
			}
			for n, want := range []int{wrong, wrong, wrong, unheard} {
				if got := guess(n, "203.0.113.1, 127.0.0.2"); got != want {
					t.Errorf("behind a proxy: %v; guess %d under a new made-up address: %d, want %d", behind, n+1, got, want)
				}
			}
			if behind {
				if got := guess(9, "203.0.113.2"); got != wrong {
					t.Errorf("somebody else behind the proxy: %d, want %d", got, wrong)
				}
			}
		}, options...)
	}
}

// LG04: every path on which a password is compared. They are two; house keeps it so.
func TestLG04_EveryPathOfAPassword(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		other := s.SignedIn(s.Person.Email)
		fresh := newGuesser(s)
		remove := "/oauth/applications/" + s.Web.ID.String() + "/delete"
		again := func(b *lptest.Browser, password string) lptest.Page {
			form := b.Get(remove).Hidden()
			form.Set("password", password)
			return b.Post(remove, form)
		}
		paths := map[string]func(password string) (status int, retryAfter string){
			"sign-in, a stranger's browser": func(password string) (int, string) {
				a := fresh.guess(s.Person.Email, password, "", "")
				return a.Status, a.Header.Get("Retry-After")
			},
			"sign-in, the owner's browser": func(password string) (int, string) {
				a := fresh.guess(s.Person.Email, password, "", "; lp_device="+b.Cookie("lp_device"))
				return a.Status, a.Header.Get("Retry-After")
			},
			"before a dangerous act": func(password string) (int, string) {
				page := again(b, password)
				return page.Status, page.Header.Get("Retry-After")
			},
		}
		for name, try := range paths {
			for n := range 5 {
				if status, _ := try("wrong"); status != wrong {
					t.Errorf("%s: guess %d: %d, want %d", name, n+1, status, wrong)
				}
			}
			if status, after := try(lptest.Password); status != unheard || after != "60" {
				t.Errorf("%s: the sixth: %d, Retry-After %q, want 429 and 60", name, status, after)
			}
		}
		// Each of them was used up without touching another session of the person.
		if page := again(other, lptest.Password); page.Status != http.StatusOK {
			t.Errorf("in another session: %d, want 200", page.Status)
		}
	})
}

// LG05: what a guess is answered, looked at or not, says nothing about whether there is such a person.
func TestLG05_GuessesTellNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		locked := s.NewPerson("kim@example.com", false)
		if err := s.Store.LockIdentity(t.Context(), locked.ID, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		g := newGuesser(s)
		var want []string
		for _, who := range []struct{ email, password string }{{"ann@example.com", "wrong"}, {"sam@example.com", "wrong"}, {"kim@example.com", "wrong"}, {"pat@example.com", lptest.Password}} {
			for n := range 8 {
				seen := shape(g.guess(who.email, who.password, "", ""), who.email)
				if who.email == "ann@example.com" {
					want = append(want, seen)
				} else if seen != want[n] {
					t.Errorf("%s, guess %d: the answer differs from that to an unknown person:\n%s\n%s", who.email, n+1, seen, want[n])
				}
			}
		}
		// A locked person's right password is counted like a wrong one.
		s.Clock.Advance(time.Hour)
		for n := range 6 {
			if seen := shape(g.guess(locked.Email, lptest.Password, "", ""), locked.Email); seen != want[n] {
				t.Errorf("a locked person's right password, guess %d: the answer differs", n+1)
			}
		}
	})
}

// shape is all of an answer but what is new in each, and what was typed.
func shape(a lptest.Answer, email string) string {
	a.Header.Del("Date")
	body := strings.ReplaceAll(a.Body, email, "EMAIL")
	if _, after, found := strings.Cut(body, "Reference for support <code>"); found {
		trace, _, _ := strings.Cut(after, "<")
		body = strings.ReplaceAll(body, trace, "TRACE")
		a.Header.Del("Content-Length") // of a trace that has a digit more or less
	}
	return fmt.Sprintf("%d %v\n%s", a.Status, a.Header, body)
}

// LG06: a long password is not hashed, and is nobody's.
func TestLG06_LongPasswordsCostNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		g := newGuesser(s)
		began := time.Now()
		const many = 200
		for range many {
			if a := g.guess(s.Person.Email, strings.Repeat("x", secret.MaxPassword+1), "", ""); a.Status != wrong {
				t.Fatalf("answered %d, want %d", a.Status, wrong)
			}
		}
		// 200 hashes take four seconds at the very least.
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%d long passwords took %s", many, took)
		}
		if a := g.guess(s.Person.Email, strings.Repeat("x", 70_000), "", ""); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("70,000 letters: %d, want 413", a.Status)
		}
		if a := g.guess(s.Person.Email, lptest.Password, "", ""); a.Status != right {
			t.Errorf("the right one afterwards: %d; what was not looked at was counted", a.Status)
		}
	})
}

// LG06: of many sign-ins at once those that find no place in the queue are asked to come later, and what they tried does
// not count.
func TestLG06_ParallelSignIns(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.BehindProxy())
	g := newGuesser(s)
	var wrongs, later atomic.Int64
	var all sync.WaitGroup
	for n := range 1000 {
		all.Go(func() {
			switch a := g.guess(fmt.Sprintf("p%d@example.com", n), "wrong", fmt.Sprintf("10.0.%d.%d", n/256, n%256), ""); {
			case a.Status == wrong:
				wrongs.Add(1)
			case a.Status == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "":
				later.Add(1)
			default:
				t.Errorf("answered %d", a.Status)
			}
		})
	}
	all.Wait()
	t.Logf("%d were looked at, %d were asked to come later", wrongs.Load(), later.Load())
	if wrongs.Load() == 0 || later.Load() == 0 {
		t.Errorf("%d were looked at, %d were asked to come later; want some of each", wrongs.Load(), later.Load())
	}
}

// LG01, AT36: every route of the house has a limit, and says so in its own way. The list comes from the server.
func TestEveryRouteIsLimited(t *testing.T) {
	few := config.Limits{
		Pages: 2, Forms: 2, Authorize: 2, Documents: 2, Files: 2, Token: 2, Introspect: 2, Feed: 2, Revoke: 2, API: 2,
		TokenOfApp: 2, IntrospectOfApp: 2, FeedOfApp: 2, RevokeOfApp: 2, APIOfAccount: 2, WrongSecrets: 2, WrongPasswords: 2,
	}
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for n, route := range s.Routes() {
			method := route.Method
			if method == "" {
				method = http.MethodGet
			}
			what := method + " " + route.Path
			address := fmt.Sprintf("10.0.%d.%d", n/256, n%256)
			ask := func(address string) lptest.Answer {
				r := s.Request(method, pathOf(route), "")
				r.Header.Set("X-Forwarded-For", address)
				return s.Do(r)
			}
			for range 2 {
				if a := ask(address); a.Status == http.StatusTooManyRequests {
					t.Errorf("%s: refused too early", what)
				}
			}
			a := ask(address)
			if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "10" {
				t.Errorf("%s: the third: %d, Retry-After %q, want 429 and 10", what, a.Status, a.Header.Get("Retry-After"))
				continue
			}
			if page := strings.HasPrefix(a.Header.Get("Content-Type"), "text/html"); page != (route.Surface == web.PageSurface) {
				t.Errorf("%s: a program wants no page, and a person no JSON: %s", what, a.Header.Get("Content-Type"))
			}
			if route.Surface != web.PageSurface {
				wantError(t, a, 429, "temporarily_unavailable")
			}
			if a := ask("192.0.2." + strconv.Itoa(n%256)); a.Status == http.StatusTooManyRequests && n < 256 {
				t.Errorf("%s: another address is refused, too", what)
			}
		}
		s.Clock.Advance(10 * time.Second)
		wantStatus(t, s.Do(s.Request("GET", "/healthz", "")), 200)
	}, lptest.BehindProxy(), lptest.WithLimits(few))
}

// LG01, AT36: what is refused before its route is known is counted, too: drawing the page that says so is work.
func TestWhatHasNoRouteIsLimited(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		odd := map[string]func() *http.Request{
			"a path that is not plain": func() *http.Request { return s.Request("GET", "/oauth//token", "") },
			"too many cookies": func() *http.Request {
				r := s.Request("GET", "/signin", "")
				r.Header.Set("Cookie", strings.Repeat("a=b; ", 30)+"a=b")
				return r
			},
			"too large": func() *http.Request { return s.Request("POST", "/signin", strings.Repeat("x", 70_000)) },
		}
		n := 0
		for what, request := range odd {
			n++
			for _, want := range []int{0, 0, http.StatusTooManyRequests} {
				r := request()
				r.Header.Set("Accept", "text/html")
				r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.4.0.%d", n))
				if got := s.Do(r).Status; (got == http.StatusTooManyRequests) != (want != 0) {
					t.Errorf("%s: %d", what, got)
				}
			}
		}
	}, lptest.BehindProxy(), lptest.WithLimits(func() config.Limits { l := config.Unlimited(); l.Pages = 2; return l }()))
}

// AT36, and the promise to developers: 500 calls in 10 seconds from one address for one account.
func TestAT36_FiveHundredCallsForOneAccount(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		call := func(account core.Account, address string) lptest.Answer {
			return s.Call(token, "Launchpad-Account", account.Slug, "X-Forwarded-For", address)
		}
		for n := range 500 {
			if a := call(s.First, "203.0.113.1"); a.Status != 200 {
				t.Fatalf("call %d: %d %s", n+1, a.Status, a.Body)
			}
			if n == 249 {
				s.Clock.Advance(4 * time.Second)
			}
		}
		a := call(s.First, "203.0.113.1")
		wantError(t, a, 429, "temporarily_unavailable")
		wantRetryAfter(t, a, 6*time.Second)
		wantStatus(t, call(s.Second, "203.0.113.1"), 200)
		wantStatus(t, call(s.First, "203.0.113.2"), 200)
		wantStatus(t, s.Call(token, "Launchpad-Account", s.First.Slug, "X-Forwarded-For", "203.0.113.9, 203.0.113.1"), 429)
		s.Clock.Advance(6 * time.Second)
		wantStatus(t, call(s.First, "203.0.113.1"), 200)
	}, lptest.BehindProxy(), lptest.WithLimits(config.DefaultLimits))
}

// An app that is too fast is told so, from wherever it asks; others, and apps without a secret, whose name anybody can
// use, are not concerned.
func TestRFC6585_4_TooManyOfOneApp(t *testing.T) {
	l := config.Unlimited()
	l.TokenOfApp, l.IntrospectOfApp, l.RevokeOfApp = 3, 3, 3
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := s.Code(s.Public)
		for path, form := range map[string]url.Values{
			"/oauth/token": lptest.Form("grant_type", "client_credentials"), "/oauth/introspect": lptest.Form("token", "x"), "/oauth/revoke": lptest.Form("token", "x"),
		} {
			for n := range 4 {
				a := s.PostAs(s.Machine, path, form)
				if want := map[bool]int{true: 200, false: 429}[n < 3]; a.Status != want {
					t.Errorf("%s, request %d: %d %s, want %d", path, n+1, a.Status, a.Body, want)
				}
				if n == 3 {
					wantError(t, a, 429, "temporarily_unavailable")
				}
			}
		}
		for range 4 {
			wantError(t, s.Redeem(s.Public, "nonsense"), 400, "invalid_grant")
		}
		wantStatus(t, s.Redeem(s.Public, code), 200)
	}, lptest.WithLimits(l))
}

// Wrong secrets are answered 429 after a while; the right one is taken whatever others have tried in its name or from its
// address.
func TestRFC6749_2_3_1_TooManyWrongSecrets(t *testing.T) {
	l := config.Unlimited()
	l.WrongSecrets = 3
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		try := func(app lptest.App, address string) lptest.Answer {
			r := s.Request("POST", "/oauth/token", "grant_type=client_credentials")
			r.SetBasicAuth(app.ClientID, app.Secret)
			r.Header.Set("X-Forwarded-For", address)
			return s.Do(r)
		}
		bad := s.Machine
		bad.Secret = s.Web.Secret
		for n := range 3 {
			wantError(t, try(bad, fmt.Sprintf("203.0.113.%d", n)), 401, "invalid_client")
		}
		a := try(bad, "203.0.113.9")
		wantError(t, a, 429, "temporarily_unavailable")
		wantRetryAfter(t, a, 10*time.Second)
		wantStatus(t, try(s.Machine, "203.0.113.9"), 200)
		for n := range 3 {
			bad.ClientID = fmt.Sprintf("app_nobody%d", n)
			try(bad, "203.0.113.20")
		}
		bad.ClientID = "app_nobody"
		wantError(t, try(bad, "203.0.113.20"), 429, "temporarily_unavailable")
		wantError(t, try(bad, "203.0.113.21"), 401, "invalid_client")
		wantStatus(t, try(s.Machine, "203.0.113.20"), 200)
	}, lptest.BehindProxy(), lptest.WithLimits(l))
}
