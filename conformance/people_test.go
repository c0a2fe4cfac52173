package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/internal/session"
)

const newPassword = "six sheep jump over the gate"

// signUp fills the sign-up page, the given fields over the usual ones.
func signUp(b *lptest.Browser, page lptest.Page, email string, pairs ...string) lptest.Page {
	form := page.Hidden()
	form.Set("name", "Nora New")
	form.Set("email", email)
	form.Set("password", newPassword)
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.Post("/signup", form)
}

// invite makes an invitation as the person does: to sign up only, unless an account is given.
func invite(t *testing.T, s *lptest.Server, account core.Account, email string) string {
	t.Helper()
	now := s.Clock.Now()
	i := core.Invitation{ID: secret.NewID(now), Account: account, Email: email, InvitedBy: s.Person.ID, CreatedAt: now, ExpiresAt: now.Add(7 * 24 * time.Hour)}
	if !account.ID.Zero() {
		i.Role = core.RoleMember
	}
	code := secret.NewHandle(secret.Invitation, i.ID)
	i.Digest = secret.Digest(code.Reveal())
	keep := s.Store.Invite
	if !account.ID.Zero() {
		keep = func(ctx context.Context, i core.Invitation) error {
			by, err := s.Store.Membership(ctx, s.Person.ID, account.Slug)
			if err != nil {
				return err
			}
			return s.Store.InviteInto(ctx, by, i)
		}
	}
	if err := keep(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	return code.Reveal()
}

func wantPerson(t *testing.T, s *lptest.Server, email string, want bool) core.Identity {
	t.Helper()
	i, err := s.Store.IdentityByEmail(t.Context(), email)
	if (err == nil) != want {
		t.Errorf("%s has an ID: %v (%v), want %v", email, err == nil, err, want)
	}
	return i
}

// LG10: what the page does not offer is refused when it is sent anyway.
func TestLG10_SignUpIsClosedUnlessOpened(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.Browser()
		signIn := b.Get("/signin")
		if strings.Contains(signIn.Body, "/signup") {
			t.Error("the sign-in page leads to a sign-up that is closed")
		}
		code := invite(t, s, core.Account{}, "")
		for what, page := range map[string]lptest.Page{
			"the page": b.Get("/signup?code=" + code), "a direct POST": signUp(b, signIn, "nora@example.com"), "a direct POST with a code": signUp(b, signIn, "nora@example.com", "code", code),
		} {
			if page.Status != http.StatusForbidden {
				t.Errorf("%s: %d, want 403", what, page.Status)
			}
		}
		wantPerson(t, s, "nora@example.com", false)
	})
}

// LG10.
func TestSigningUpWhereEverybodyMay(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.Browser()
		if page := b.Get("/signin"); !strings.Contains(page.Body, `href="/signup"`) {
			t.Error("the sign-in page does not lead to the sign-up")
		}
		page := signUp(b, b.Get("/signup"), " Nora@Example.com ", "account_name", "Nora's Own")
		if page.URL.Path != "/signin" || !strings.Contains(page.Body, "Now sign in") {
			t.Fatalf("after the sign-up: %d %s", page.Status, page.URL)
		}
		wantPerson(t, s, "nora@example.com", true)
		if page = b.SignIn(page, "nora@example.com", newPassword); page.URL.Path != "/oauth/applications" {
			t.Errorf("signing in with the new ID: %d %s", page.Status, page.URL)
		}
		if page := b.Get("/accounts"); strings.Contains(page.Body, "Nora&#39;s Own") {
			t.Error("an account was opened, though only operators may")
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// LG10.
func TestSigningUpWithAnAccountOfOnesOwn(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, email := range []string{"nora@example.com", "olaf@example.com"} {
			b := s.Browser()
			page := signUp(b, b.Get("/signup"), email, "account_name", "Sample Bakery")
			b.SignIn(page, email, newPassword)
			if page := b.Get("/accounts"); !strings.Contains(page.Body, "sample-bakery-") || !strings.Contains(page.Body, "Owner") {
				t.Errorf("%s: no account of their own, with a short name that was free", email)
			}
		}
	}, lptest.WithSignUp(core.SignUpOpen), lptest.WithCreators(core.CreatorsEveryone))
}

// LG15: an invitation counts once, in time, for whom it is, and as it was issued.
func TestLG15_SigningUpByInvitation(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := invite(t, s, core.Account{}, "")
		withdrawn := invite(t, s, core.Account{}, "")
		bound := invite(t, s, s.First, "nora@example.com")
		id, _ := secret.OpenHandle(secret.Invitation, withdrawn)
		if err := s.Store.WithdrawInvitation(t.Context(), id, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		forgedID, _ := secret.OpenHandle(secret.Invitation, code)
		b := s.Browser()
		for what, code := range map[string]string{
			"none": "", "nonsense": "lp_iv_nonsense", "withdrawn": withdrawn, "the id with another secret": secret.NewHandle(secret.Invitation, forgedID).Reveal(), "damaged": code[:len(code)-1] + "_",
		} {
			page := signUp(b, b.Get("/signup"), "mallory@example.com", "code", code)
			if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "code-mistake") {
				t.Errorf("%s: %d, want 422 and the mistake beside the code", what, page.Status)
			}
		}
		page := signUp(b, b.Get("/signup?code="+bound), "mallory@example.com")
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "email-mistake") || !strings.Contains(page.Body, bound) {
			t.Errorf("another address than the invited one: %d, want 422 and the form with its code", page.Status)
		}
		wantPerson(t, s, "mallory@example.com", false)

		page = signUp(b, page, "nora@example.com")
		b.SignIn(page, "nora@example.com", newPassword)
		if page := b.Get("/accounts"); !strings.Contains(page.Body, "Sample Bakery") {
			t.Error("whoever was invited into an account is in it")
		}
		signUp(b, b.Get("/signup?code="+code), "olaf@example.com")
		wantPerson(t, s, "olaf@example.com", true)
		if page := signUp(b, b.Get("/signup"), "mallory@example.com", "code", code); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("the code again: %d, want 422", page.Status)
		}
		late := invite(t, s, core.Account{}, "")
		s.Clock.Advance(7 * 24 * time.Hour)
		if page := signUp(b, b.Get("/signup"), "mallory@example.com", "code", late); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("late: %d, want 422", page.Status)
		}
		wantPerson(t, s, "mallory@example.com", false)
		if strings.Contains(s.Log.String(), "lp_iv_") {
			t.Error("a code is in the log")
		}
	}, lptest.WithSignUp(core.SignUpInvitation))
}

// LG05: who has an ID is not told: by no text, status, header, nor by what becomes of the code.
func TestLG05_SignUpTellsNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		type outcome struct{ answer, again, other string }
		attempt := func(email string) outcome {
			code := invite(t, s, core.Account{}, "")
			b := s.Browser()
			csrf := regexp.MustCompile(`value="[^"]*"|lp_iv_\w+`)
			shape := func(email string) string {
				form := b.Get("/signup").Hidden()
				for name, value := range map[string]string{"name": "Nora New", "email": email, "password": newPassword, "code": code} {
					form.Set(name, value)
				}
				r := s.Request("POST", "/signup", form.Encode())
				r.Header.Set("Cookie", "lp_browser="+b.Cookie("lp_browser"))
				a := s.Do(r)
				a.Header.Del("Date")
				headers, _ := json.Marshal(a.Header)
				return http.StatusText(a.Status) + string(headers) + strings.ReplaceAll(csrf.ReplaceAllString(a.Body, ""), email, "EMAIL")
			}
			return outcome{shape(email), shape(email), shape("third-" + email)}
		}
		fresh, known := attempt("nora@example.com"), attempt(s.Person.Email)
		if !strings.Contains(fresh.answer, "/signin?signed_up") {
			t.Fatalf("a newcomer is not sent to sign in: %s", fresh.answer)
		}
		if fresh.answer != known.answer {
			t.Errorf("a known address is answered otherwise:\n%s\n%s", known.answer, fresh.answer)
		}
		if fresh.again != known.again {
			t.Errorf("sent again, a known address is answered otherwise:\n%s\n%s", known.again, fresh.again)
		}
		if fresh.other != known.other {
			t.Errorf("the code tells, at a third address, whether it was used up:\n%s\n%s", known.other, fresh.other)
		}
		wantPerson(t, s, "third-"+s.Person.Email, false)
		if after := wantPerson(t, s, s.Person.Email, true); after != s.Person {
			t.Errorf("the known person is another one now: %+v", after)
		}
	}, lptest.WithSignUp(core.SignUpInvitation))
}

// LG13, LG16, LG06, LG07: what cannot be an ID comes back with what was typed, the password left out.
func TestLG13_LG16_WhatCannotBeAnID(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.Browser()
		for what, c := range map[string]struct {
			field, value string
			status       int
		}{
			"two ats":              {"email", "a@b@c.example", 422},
			"a quoted local part":  {"email", `"a b"@example.com`, 422},
			"a wide at":            {"email", "a＠example.com", 422},
			"no domain":            {"email", "a@", 422},
			"two addresses":        {"email", "a@example.com, b@example.com", 422},
			"no name":              {"name", " ", 422},
			"a name that hides":    {"name", "Nora\u202egnp.exe", 422},
			"a short password":     {"password", "seven77", 422},
			"a common password":    {"password", "Password123", 422},
			"the e-mail name":      {"password", "nora.new", 422},
			"the site's name":      {"password", "ilovelaunchpad", 422},
			"2 KB of password":     {"password", strings.Repeat("x", 2000), 422},
			"1 MB of password":     {"password", strings.Repeat("x", 1<<20), 413},
			"NUL in the password":  {"password", "correct horse\x00battery", 400},
			"bytes that are none":  {"password", "correct horse \xff\xfe", 400},
			"a name of many runes": {"name", strings.Repeat("ä", 61), 422},
		} {
			page := signUp(b, b.Get("/signup"), "nora.new@example.com", c.field, c.value)
			if page.Status != c.status {
				t.Errorf("%s: %d, want %d", what, page.Status, c.status)
			}
			if page.Status == 422 && (!strings.Contains(page.Body, c.field+"-mistake") || c.field != "name" && !strings.Contains(page.Body, `value="Nora New"`)) {
				t.Errorf("%s: the mistake is not beside its field, or what was typed is gone", what)
			}
			if page.Status == 422 && strings.Contains(page.Body, newPassword) {
				t.Errorf("%s: the password comes back", what)
			}
		}
		wantPerson(t, s, "nora.new@example.com", false)
	}, lptest.WithSignUp(core.SignUpOpen))
}

// LG07: passwords count to their last byte, as they were typed.
func TestLG07_PasswordsAreNotCut(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for email, pair := range map[string][2]string{
			"long@example.com":     {strings.Repeat("sheep ", 20) + "A", strings.Repeat("sheep ", 20) + "B"}, // differ after 72 bytes
			"composed@example.com": {"caf\u00e9 au lait", "cafe\u0301 au lait"},
			"case@example.com":     {"Correct Horse Battery", "correct horse battery"},
			"space@example.com":    {" correct horse ", "correct horse"},
		} {
			b := s.Browser()
			signUp(b, b.Get("/signup"), email, "password", pair[0])
			if page := b.SignIn(b.Get("/signin"), email, pair[1]); page.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: signed in with another password (%d)", email, page.Status)
			}
			if page := b.SignIn(b.Get("/signin"), email, pair[0]); page.Status != http.StatusOK {
				t.Errorf("%s: the password does not sign in (%d)", email, page.Status)
			}
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// LG10: an app that waits is not lost on the way to an ID.
func TestSigningUpOnTheWayToAnApp(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.Browser()
		signIn := b.Get("/oauth/authorize?" + s.Web.Request().Encode())
		link := regexp.MustCompile(`href="(/signup\?[^"]*)"`).FindStringSubmatch(signIn.Body)
		if link == nil {
			t.Fatal("the sign-in page does not lead to the sign-up")
		}
		page := b.Get(strings.ReplaceAll(link[1], "&amp;", "&"))
		if !strings.Contains(page.Body, s.Web.Name) {
			t.Error("the sign-up does not name the app that waits")
		}
		page = signUp(b, page, "nora@example.com", "email", "nonsense")
		page = signUp(b, page, "nora@example.com")
		page = b.SignIn(page, "nora@example.com", newPassword)
		if answer := b.Answer(page, lptest.Choice{}); answer.Param("code") == "" || answer.Param("state") != "xyz" {
			t.Errorf("the app's answer: %q", answer.Redirect)
		}
		page = signUp(b, b.Get("/signup?return_to=/account"), "olaf@example.com")
		if page = b.SignIn(page, "olaf@example.com", newPassword); page.URL.Path != "/account" {
			t.Errorf("went on to %s, want /account", page.URL)
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// LG10, LG15: the codes of operators: shown once, listed, withdrawn; nobody else's business.
func TestSignUpCodesAreTheOperators(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("member@example.com", false)
		other := s.NewPerson("other-operator@example.com", true)
		b, stranger, colleague := s.SignedIn(s.Person.Email), s.SignedIn("member@example.com"), s.SignedIn(other.Email)
		form := b.Get("/people/invitations").Hidden()
		form.Set("email", "Nora@Example.com")
		made := b.Post("/people/invitations", form)
		code := regexp.MustCompile(`lp_iv_\w+`).FindString(made.Body)
		if made.Status != http.StatusCreated || code == "" || !strings.Contains(made.Body, s.URL+"/signup?code="+code) {
			t.Fatalf("make a code: %d\n%s", made.Status, made.Body)
		}
		if again := b.Post("/people/invitations", form); strings.Contains(again.Body, "lp_iv_") || strings.Count(again.Body, "/withdraw") != 1 {
			t.Error("the same form again must make nothing, and show the code no more")
		}
		form.Set("form_id", "")
		form.Set("email", "nonsense")
		if page := b.Post("/people/invitations", form); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "nonsense") {
			t.Errorf("no address: %d, want 422 with what was typed", page.Status)
		}
		id, _ := secret.OpenHandle(secret.Invitation, code)
		path := "/people/invitations/" + id.String() + "/withdraw"
		csrf := stranger.Get("/accounts").Hidden()
		for what, got := range map[string]int{"see": stranger.Get("/people/invitations").Status, "make": stranger.Post("/people/invitations", csrf).Status, "withdraw": stranger.Post(path, csrf).Status} {
			if got != http.StatusForbidden {
				t.Errorf("no operator may %s codes: %d, want 403", what, got)
			}
		}
		if strings.Contains(stranger.Get("/accounts").Body, "/people/invitations") {
			t.Error("the navigation shows everybody what is for operators")
		}
		if got := colleague.Post(path, colleague.Get("/accounts").Hidden()).Status; got != http.StatusNotFound {
			t.Errorf("another operator withdraws it: %d, want 404", got)
		}
		if page := b.Post(path, b.Get("/people/invitations").Hidden()); strings.Contains(page.Body, "/withdraw") {
			t.Error("the withdrawn code is still listed")
		}
		if page := signUp(s.Browser(), b.Get("/signup"), "nora@example.com", "code", code); page.Status < 400 {
			t.Errorf("the withdrawn code lets in: %d", page.Status)
		}
	}, lptest.WithSignUp(core.SignUpInvitation))
}

// ASVS 7.4.3, SE01: a changed password ends every session and gives this browser a new one.
func TestASVS_6_2_3_ChangingThePassword(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b, elsewhere := s.SignedIn(s.Person.Email), s.SignedIn(s.Person.Email)
		before := b.Cookie("lp_session")
		change := func(current, next string) lptest.Page {
			form := b.Get("/account/password").Hidden()
			form.Set("current_password", current)
			form.Set("password", next)
			return b.Post("/account/password", form)
		}
		for what, c := range map[string][3]string{
			"a wrong current one": {"wrong", newPassword, "current_password-mistake"}, "a common one": {lptest.Password, "password1", "password-mistake"},
			"the same": {lptest.Password, lptest.Password, "password-mistake"}, "one with the e-mail name": {lptest.Password, "sam", "password-mistake"},
			"one that is too long": {lptest.Password, strings.Repeat("x", 1025), "password-mistake"},
		} {
			page := change(c[0], c[1])
			if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, c[2]) || strings.Contains(page.Body, c[1]) && len(c[1]) > 8 {
				t.Errorf("%s: %d, want 422 with %s and no password on the page", what, page.Status, c[2])
			}
		}
		if page := elsewhere.Get("/account"); page.URL.Path != "/account" {
			t.Fatal("a refused change ended a session")
		}
		if page := change(lptest.Password, newPassword); page.URL.Path != "/account" || !strings.Contains(page.Body, "Your password is changed") {
			t.Fatalf("change: %d %s", page.Status, page.URL)
		}
		if page := elsewhere.Get("/account"); page.URL.Path != "/signin" {
			t.Error("the other browser is still signed in")
		}
		if b.Cookie("lp_session") == before {
			t.Error("this browser kept its session id")
		}
		r := s.Request("GET", "/account", "")
		r.Header.Set("Cookie", "lp_session="+before)
		if got := s.Do(r).Status; got != http.StatusSeeOther {
			t.Errorf("the old cookie: %d, want to be sent to sign in", got)
		}
		if page := s.Browser().SignIn(s.Browser().Get("/signin"), s.Person.Email, lptest.Password); page.Status == http.StatusOK {
			t.Error("the old password signs in")
		}
		s2 := s.Browser()
		if page := s2.SignIn(s2.Get("/signin"), s.Person.Email, newPassword); page.URL.Path != "/oauth/applications" {
			t.Error("the new password does not sign in")
		}
	})
}

// ASVS 7.5.2: people see where they are signed in, and end it, each their own only.
func TestASVS_7_5_2_PeopleEndTheirSessions(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("stranger@example.com", false)
		b, second, third, stranger := s.SignedIn(s.Person.Email), s.SignedIn(s.Person.Email), s.SignedIn(s.Person.Email), s.SignedIn("stranger@example.com")
		id := func(b *lptest.Browser) string {
			id, _ := secret.OpenHandle(secret.Session, b.Cookie("lp_session"))
			return id.String()
		}
		page := b.Get("/account/sessions")
		if strings.Count(page.Body, "/end\"") != 2 || strings.Contains(page.Body, id(b)) || !strings.Contains(page.Body, "This browser") || !strings.Contains(page.Body, "127.0.0.x") {
			t.Errorf("three sessions, two of which can be ended here:\n%s", page.Body)
		}
		if got := stranger.Post("/account/sessions/"+id(second)+"/end", stranger.Get("/account/sessions").Hidden()).Status; got != http.StatusNotFound {
			t.Errorf("a stranger ends it: %d, want 404", got)
		}
		open := func(b *lptest.Browser) bool { return b.Get("/account").URL.Path == "/account" }
		if !open(second) {
			t.Fatal("a stranger ended the session")
		}
		b.Post("/account/sessions/"+id(second)+"/end", page.Hidden())
		if open(second) || !open(third) {
			t.Errorf("one was ended: second open=%v, third open=%v", open(second), open(third))
		}
		b.Post("/account/sessions/end_others", page.Hidden())
		if open(third) || !open(b) || !open(stranger) {
			t.Errorf("all others were ended: third open=%v, this open=%v, a stranger's open=%v", open(third), open(b), open(stranger))
		}
	})
}

// SE12: sessions end by themselves, when they lie idle and when they are old, and nobody has more than twenty.
func TestSE12_SessionsEndByThemselves(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		open := func(b *lptest.Browser) bool { return b.Get("/account").URL.Path == "/account" }
		b := s.SignedIn(s.Person.Email)
		s.Clock.Advance(session.Idle - time.Minute)
		if !open(b) {
			t.Error("ended before it lay idle for so long")
		}
		s.Clock.Advance(session.Idle)
		if open(b) {
			t.Error("it lay idle for too long, and is open")
		}
		b = s.SignedIn(s.Person.Email)
		for range int(session.Absolute/session.Idle)*2 - 1 {
			s.Clock.Advance(session.Idle / 2)
			if !open(b) {
				t.Fatal("a session in use ended early")
			}
		}
		s.Clock.Advance(session.Idle / 2)
		if open(b) {
			t.Error("it is older than any session may be, and is open")
		}
	})
}

func TestSE12_AtMostTwentySessions(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		open := func(b *lptest.Browser) bool { return b.Get("/account").URL.Path == "/account" }
		oldest, unused := s.SignedIn(s.Person.Email), s.SignedIn(s.Person.Email)
		s.Clock.Advance(10 * time.Minute)
		if !open(oldest) {
			t.Fatal("not signed in")
		}
		for range 19 {
			s.Clock.Advance(time.Second)
			s.SignedIn(s.Person.Email)
		}
		if open(unused) || !open(oldest) {
			t.Errorf("with a twenty-first session, the one not used for longest ends: it is open=%v, another old one is open=%v", open(unused), open(oldest))
		}
	})
}

// SE13: signing in as somebody else ends the session that was there, and the browser forgets its pages.
func TestSE13_SwitchingEndsTheOldSession(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("other@example.com", false)
		b := s.SignedIn(s.Person.Email)
		consent := b.Get("/oauth/authorize?" + s.Web.Request().Encode())
		link := regexp.MustCompile(`href="(/signin\?i=[^"]*)"`).FindStringSubmatch(consent.Body)
		if link == nil {
			t.Fatal("the menu of the consent page does not lead to another ID with the request")
		}
		before := b.Cookie("lp_session")
		page := b.Get(link[1])
		form := page.Hidden()
		form.Set("email", "other@example.com")
		form.Set("password", lptest.Password)
		r := s.Request("POST", "/signin", form.Encode())
		r.Header.Set("Cookie", "lp_browser="+b.Cookie("lp_browser")+"; lp_session="+before)
		if got := s.Do(r).Header.Get("Clear-Site-Data"); got != `"cache"` {
			t.Errorf("Clear-Site-Data %q, want the cache to go", got)
		}
		r = s.Request("GET", "/account", "")
		r.Header.Set("Cookie", "lp_session="+before)
		if got := s.Do(r).Status; got != http.StatusSeeOther {
			t.Errorf("the first person's cookie: %d, want to be sent to sign in", got)
		}
		b = s.SignedIn(s.Person.Email)
		b.Get("/oauth/authorize?" + s.Web.Request().Encode())
		page = b.SignIn(b.Get(link[1]), "other@example.com", lptest.Password)
		if page.Status == http.StatusOK && !strings.Contains(page.Body, "other@example.com") {
			t.Error("the consent page is not the other person's")
		}
	})
}

// SE13: signing out clears what the browser keeps, and the cookie is worth nothing when it is sent again.
func TestSE13_SigningOutClears(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		cookies := "lp_browser=" + b.Cookie("lp_browser") + "; lp_session=" + b.Cookie("lp_session")
		r := s.Request("POST", "/signout", b.Get("/account").Hidden().Encode())
		r.Header.Set("Cookie", cookies)
		a := s.Do(r)
		if a.Header.Get("Clear-Site-Data") != `"cache"` || !strings.Contains(a.Header.Get("Set-Cookie"), "lp_session=; Path=/; Max-Age=0") {
			t.Errorf("signing out: %v", a.Header)
		}
		r = s.Request("GET", "/account/data.json", "")
		r.Header.Set("Cookie", cookies)
		if got := s.Do(r).Status; got != http.StatusSeeOther {
			t.Errorf("the cookie again: %d, want to be sent to sign in", got)
		}
	})
}

// SE03: cookies that cannot be read are nobody's.
func TestSE03_OddCookiesSignNobodyIn(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		good := b.Cookie("lp_session")
		for what, c := range map[string]struct {
			cookie string
			want   int
		}{
			"damaged":        {"lp_session=" + good[:len(good)-1] + "_", 303},
			"another kind":   {"lp_session=" + strings.Replace(good, "lp_ss_", "lp_pat_", 1), 303},
			"spelt apart":    {"lp_session=\"" + good, 303},
			"21 cookies":     {strings.Repeat("a=b; ", 20) + "lp_session=" + good, 431},
			"a long one":     {"x=" + strings.Repeat("x", 1<<20), 431},
			"among 20, good": {strings.Repeat("a=b; ", 19) + "lp_session=" + good, 200},
		} {
			r := s.Request("GET", "/account", "")
			r.Header.Set("Cookie", c.cookie)
			if got := s.Do(r).Status; got != c.want {
				t.Errorf("%s: %d, want %d", what, got, c.want)
			}
		}
	})
}

// ASVS §14.2: the export is complete, a file, and holds no secret; it is the person's own only.
func TestEverythingHeldIsInTheExport(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.Tokens(s.Web)
		b := s.SignedIn(s.Person.Email)
		form := b.Get("/oauth/applications/" + s.Web.ID.String()).Hidden()
		form.Set("token_name", "Nightly")
		b.Post("/oauth/applications/"+s.Web.ID.String()+"/tokens", form)
		page := b.Get("/account/data.json")
		if page.Status != http.StatusOK || !strings.Contains(page.Header.Get("Content-Disposition"), "attachment") || page.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v", page.Status, page.Header)
		}
		var file map[string]any
		if err := json.Unmarshal([]byte(page.Body), &file); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"accounts", "sessions", "connected_apps", "apps", "personal_tokens", "events"} {
			if list, _ := file[part].([]any); len(list) == 0 {
				t.Errorf("the export has no %s", part)
			}
		}
		for _, held := range []string{s.Person.Email, s.Person.ID.String(), "Sample Bakery", "Sample Reports", "Nightly", "127.0.0.1", "Go-http-client", "session.started", "app.registered"} {
			if !strings.Contains(page.Body, held) {
				t.Errorf("the export lacks %q", held)
			}
		}
		if allowed := map[string]any{"scope": "dashboards:read dashboards:write", "all_accounts": true}; !reflect.DeepEqual(given(file), allowed) {
			t.Errorf("the history says that the app was allowed %v, want %v", given(file), allowed)
		}
		for _, hidden := range []string{"argon2", "digest", "password_hash", `"data"`, `"version"`} {
			if strings.Contains(page.Body, hidden) {
				t.Errorf("the export holds %q", hidden)
			}
		}
		if shown := b.Get("/account/data"); shown.Status != http.StatusOK || !strings.Contains(shown.Body, "Nightly") {
			t.Errorf("the page: %d", shown.Status)
		}
		s.NewPerson("stranger@example.com", false)
		other := s.SignedIn("stranger@example.com").Get("/account/data.json")
		if strings.Contains(other.Body, "Sample Bakery") || strings.Contains(other.Body, s.Person.ID.String()) {
			t.Errorf("a stranger's export holds what is not theirs: %s", other.Body)
		}
	})
}

// given is what the export's history says of the rights of an app.
func given(file map[string]any) any {
	for _, line := range file["events"].([]any) {
		if event := line.(map[string]any); event["kind"] == "grant.given" {
			return event["allowed"]
		}
	}
	return nil
}

// deletable adds a person who has everything but what keeps them from going.
func deletable(t *testing.T, s *lptest.Server, email string) (core.Identity, *lptest.Browser, lptest.Answer) {
	t.Helper()
	who := s.NewPerson(email, false)
	if err := s.Store.AddMember(t.Context(), who.ID, s.First.ID, core.RoleMember, s.Person.ID, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	b := s.SignedIn(email)
	answer := b.Authorize(s.Web.Request(), lptest.Choice{})
	tokens := s.Redeem(s.Web, answer.Param("code"))
	wantStatus(t, tokens, 200)
	return who, b, tokens
}

// SE18: with a person go sessions, grants, refresh, access and personal tokens, before the answer is given.
func TestSE18_ADeletedPersonHasNothingLeft(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		who, b, tokens := deletable(t, s, "gone@example.com")
		elsewhere := s.SignedIn("gone@example.com")
		now := s.Clock.Now()
		personal := core.PersonalToken{ID: secret.NewID(now), IdentityID: who.ID, Name: "Script", Reach: core.Reach{All: true}, CreatedAt: now}
		value := secret.NewHandle(secret.PersonalToken, personal.ID)
		personal.Digest = secret.Digest(value.Reveal())
		if err := s.Store.CreatePersonalToken(t.Context(), personal); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 200)
		wantStatus(t, s.Call(value.Reveal(), "Launchpad-Account", "sample-bakery"), 200)

		page := b.Get("/account/delete")
		if !strings.Contains(page.Body, "Sample Bakery") {
			t.Error("the page does not say which accounts are left")
		}
		form := page.Hidden()
		form.Set("password", "wrong")
		if page := b.Post("/account/delete", form); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "password-mistake") {
			t.Errorf("a wrong password: %d, want 422", page.Status)
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 200)
		form.Set("password", lptest.Password)
		if page := b.Post("/account/delete", form); page.URL.Path != "/signed-out" || !strings.Contains(page.Body, "Your ID is deleted") {
			t.Fatalf("delete: %d %s\n%s", page.Status, page.URL, page.Body)
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 401)
		wantStatus(t, s.Call(value.Reveal(), "Launchpad-Account", "sample-bakery"), 401)
		wantActive(t, s, s.Web, tokens.Text("access_token"), false)
		wantActive(t, s, s.Web, tokens.Text("refresh_token"), false)
		wantError(t, s.Refresh(s.Web, tokens.Text("refresh_token")), 400, "invalid_grant")
		for what, b := range map[string]*lptest.Browser{"this": b, "another": elsewhere} {
			if page := b.Get("/account"); page.URL.Path != "/signin" {
				t.Errorf("%s browser is still signed in", what)
			}
		}
		if page := b.SignIn(b.Get("/signin"), "gone@example.com", lptest.Password); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("signing in: %d, want 422", page.Status)
		}
		s.Restart()
		wantStatus(t, s.Call(tokens.Text("access_token")), 401)
		wantStatus(t, s.Call(value.Reveal(), "Launchpad-Account", "sample-bakery"), 401)
	})
}

// SE19: whoever comes with the same address is somebody else.
func TestSE19_ANewPersonHasNothingOfTheOld(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		old, b, tokens := deletable(t, s, "again@example.com")
		cookie := b.Cookie("lp_session")
		form := b.Get("/account/delete").Hidden()
		form.Set("password", lptest.Password)
		b.Post("/account/delete", form)

		b = s.Browser()
		page := signUp(b, b.Get("/signup"), "again@example.com")
		b.SignIn(page, "again@example.com", newPassword)
		if newcomer := wantPerson(t, s, "again@example.com", true); newcomer.ID == old.ID {
			t.Error("the id was given again")
		}
		for _, path := range []string{"/accounts", "/oauth/authorized_applications", "/account/data", "/account/data.json"} {
			if page := b.Get(path); strings.Contains(page.Body, "Sample") || strings.Contains(page.Body, old.ID.String()) {
				t.Errorf("%s shows something of the old person's", path)
			}
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 401)
		wantError(t, s.Refresh(s.Web, tokens.Text("refresh_token")), 400, "invalid_grant")
		r := s.Request("GET", "/account", "")
		r.Header.Set("Cookie", "lp_session="+cookie)
		if got := s.Do(r).Status; got != http.StatusSeeOther {
			t.Errorf("the old cookie: %d, want to be sent to sign in", got)
		}
		if page := b.Get("/oauth/authorize?" + s.Web.Request().Encode()); !strings.Contains(page.Body, `action="/oauth/consent"`) {
			t.Error("the new person is not asked for consent")
		}
		gone, err := s.Store.Identity(t.Context(), old.ID)
		if err != nil || gone.Name != "" || strings.Contains(gone.Email, "@") || gone.PasswordHash != "" || gone.DeletedAt.IsZero() {
			t.Errorf("what is left of the old person: %+v, %v", gone, err)
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// AD05: nobody goes while others depend on them; the page says who, and what to do.
func TestWhoIsNeededCannotGo(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.NewPerson("member@example.com", false)
		member := wantPerson(t, s, "member@example.com", true)
		if err := s.Store.AddMember(t.Context(), member.ID, s.Second.ID, core.RoleMember, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		b := s.SignedIn(s.Person.Email)
		page := b.Get("/account/delete")
		for _, said := range []string{"Sample Reports", "/oauth/applications/" + s.Web.ID.String(), "Sample Cinema", "only operator"} {
			if !strings.Contains(page.Body, said) {
				t.Errorf("the page does not say %q", said)
			}
		}
		if strings.Contains(page.Body, `action="/account/delete"`) {
			t.Error("the page has a form that cannot work")
		}
		form := page.Hidden()
		form.Set("password", lptest.Password)
		if page := b.Post("/account/delete", form); page.Status != http.StatusConflict || !strings.Contains(page.Body, "Sample Cinema") {
			t.Errorf("sent anyway: %d, want 409 and the reasons", page.Status)
		}
		wantPerson(t, s, s.Person.Email, true)
	})
}

// LG11, LG14: nobody can give oneself another address, or a role.
func TestLG11_ProfilesHoldOnlyTheName(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		who := s.NewPerson("member@example.com", false)
		b := s.SignedIn(who.Email)
		form := b.Get("/account").Hidden()
		for name, value := range map[string]string{"name": "Maja Member", "email": s.Person.Email, "operator": "1", "id": s.Person.ID.String(), "password_hash": "x"} {
			form.Set(name, value)
		}
		if page := b.Post("/account/name", form); !strings.Contains(page.Body, "Maja Member") {
			t.Fatalf("rename: %d", page.Status)
		}
		who.Name = "Maja Member"
		if got := wantPerson(t, s, who.Email, true); got != who {
			t.Errorf("got %+v, want %+v", got, who)
		}
		form.Set("name", "\u200b")
		if page := b.Post("/account/name", form); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "name-mistake") {
			t.Errorf("an invisible name: %d, want 422", page.Status)
		}
	})
}
