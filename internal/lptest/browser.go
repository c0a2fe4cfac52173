package lptest

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"launchpad/oauth"
)

// Browser is a person's browser: it keeps cookies, follows redirects on the server, and stops where an app begins.
type Browser struct {
	t      testing.TB
	s      *Server
	client *http.Client
	jar    *jar
}

// jar keeps cookies as a browser at the issuer's address does: with an https issuer, tests stand where TLS has ended.
type jar struct {
	http.CookieJar
	https bool
	set   []*http.Cookie
}

func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.set = append(j.set, cookies...)
	j.CookieJar.SetCookies(j.at(u), cookies)
}

func (j *jar) Cookies(u *url.URL) []*http.Cookie { return j.CookieJar.Cookies(j.at(u)) }

func (j *jar) at(u *url.URL) *url.URL {
	at := *u
	if j.https {
		at.Scheme = "https"
	}
	return &at
}

// Page is what the browser shows.
type Page struct {
	Status   int
	URL      *url.URL
	Header   http.Header
	Body     string
	Redirect string // where an app's answer went, if the server sent the browser away
}

// Browser opens a new one.
func (s *Server) Browser() *Browser {
	cookies, err := cookiejar.New(nil)
	s.must(err)
	return s.browser(&jar{CookieJar: cookies, https: strings.HasPrefix(s.issuer, "https:")})
}

// At is the same browser, whose requests another node answers.
func (b *Browser) At(node *Server) *Browser { return node.browser(b.jar) }

func (s *Server) browser(j *jar) *Browser {
	return &Browser{t: s.t, s: s, jar: j, client: &http.Client{Jar: j, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), s.URL+"/") {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

// SignedIn opens a browser in which the person has signed in.
func (s *Server) SignedIn(email string) *Browser {
	s.t.Helper()
	b := s.Browser()
	page := b.SignIn(b.Get("/signin"), email, Password)
	if page.Status != http.StatusOK || strings.Contains(page.Body, `name="password"`) {
		s.t.Fatalf("sign in as %s: %d\n%s", email, page.Status, page.Body)
	}
	return b
}

// Cookie reads a cookie of the server's.
func (b *Browser) Cookie(name string) string {
	u, err := url.Parse(b.s.URL)
	b.s.must(err)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// CookiesSet lists the cookies that answers have set or dropped so far, in their order.
func (b *Browser) CookiesSet() []*http.Cookie { return b.jar.set }

// Get opens a path or an address.
func (b *Browser) Get(address string) Page {
	b.t.Helper()
	r, err := http.NewRequest("GET", b.absolute(address), nil)
	b.s.must(err)
	return b.Do(r)
}

func (b *Browser) absolute(address string) string {
	if strings.HasPrefix(address, "/") {
		return b.s.URL + address
	}
	return address
}

// Do sends any request. It asks for pages, as browsers do, unless it says what for.
func (b *Browser) Do(r *http.Request) Page {
	b.t.Helper()
	if _, says := r.Header["Accept"]; !says {
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	}
	res, err := b.client.Do(r)
	b.s.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.s.must(err)
	page := Page{Status: res.StatusCode, URL: res.Request.URL, Header: res.Header, Body: string(body)}
	if to := res.Header.Get("Location"); to != "" && !strings.HasPrefix(to, b.s.URL+"/") && !strings.HasPrefix(to, "/") {
		page.Redirect = to
	}
	return page
}

// Post sends a form as a browser on our own page would.
func (b *Browser) Post(address string, form url.Values) Page {
	b.t.Helper()
	r, err := http.NewRequest("POST", b.absolute(address), strings.NewReader(form.Encode()))
	b.s.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.s.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.Do(r)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// Hidden reads the hidden fields of a page; the last of a name wins.
func (p Page) Hidden() url.Values {
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(p.Body, -1) {
		if m[1] == "act" {
			continue // of the "switch" form
		}
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

// SignIn fills the sign-in page.
func (b *Browser) SignIn(page Page, email, password string) Page {
	b.t.Helper()
	form := page.Hidden()
	form.Set("email", email)
	form.Set("password", password)
	return b.Post("/signin", form)
}

// Choice is how a consent page is answered.
type Choice struct {
	Deny     bool
	Accounts []string // ids; none: all, now and later
	Default  string   // "": the one that the page suggests
}

// Answer fills the consent page.
func (b *Browser) Answer(page Page, choice Choice) Page {
	b.t.Helper()
	if !strings.Contains(page.Body, `action="/oauth/consent"`) {
		b.t.Fatalf("not a consent page: %d %s\n%s", page.Status, page.URL, page.Body)
	}
	form := page.Hidden()
	form.Set("act", "allow")
	form.Set("reach", "all")
	if choice.Deny {
		form.Set("act", "deny")
	}
	if len(choice.Accounts) > 0 {
		form.Set("reach", "some")
		form["account"] = choice.Accounts
	}
	form.Set("default", choice.Default)
	if choice.Default == "" {
		form.Set("default", b.s.First.ID.String())
	}
	return b.Post("/oauth/consent", form)
}

// Authorize opens the authorization request and answers the consent page if one comes.
func (b *Browser) Authorize(request url.Values, choice Choice) Page {
	b.t.Helper()
	page := b.Get("/oauth/authorize?" + request.Encode())
	if strings.Contains(page.Body, `action="/oauth/consent"`) {
		page = b.Answer(page, choice)
	}
	return page
}

// Param reads a parameter of the answer that went to the app.
func (p Page) Param(name string) string {
	u, err := url.Parse(p.Redirect)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

// Fragment reads a parameter of an answer that came in the fragment.
func (p Page) Fragment(name string) string {
	_, fragment, _ := strings.Cut(p.Redirect, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return ""
	}
	return values.Get(name)
}

// Verifier is a PKCE verifier for tests.
const Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// Request is the authorization request of an app, with PKCE if it is public.
func (a App) Request() url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {Redirect}, "state": {"xyz"}}
	if !a.Confidential() {
		q.Set("code_challenge", oauth.S256(Verifier))
		q.Set("code_challenge_method", "S256")
	}
	return q
}
