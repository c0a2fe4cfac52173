package conformance

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/oauth"
)

// oldRequest is one request as a client of its age sends it, and the answer that it understands, both word for word.
// {names} stand for what is made anew each time.
type oldRequest struct {
	from    string // who sends it
	request string // method and address, headers, and behind an empty line the body
	answer  string // status and media type, or status and address; behind a line break the body
	refused string // the slug by which the same request of an OAuth 2.1 app is refused; everybody: it is in today's grammar
	oauth2  string // likewise of an OAuth 2.0 app, the usual kind; "": as that of an OAuth 2.1 app
	person  string // what somebody answers who is asked: "allows" or "denies"; "": must not be asked
	allowed bool   // the person has authorized the app before
	public  bool   // an app without a secret
	shown   bool   // an app without an address: codes are shown to the person
}

const (
	// everybody marks requests whose answer is the same, whoever sends them.
	everybody = "-"
	// personAsked is what becomes of a request that must not ask, and is not understood to say so.
	personAsked = "200 the person is asked"
)

// oldCase is a row with what its placeholders stand for.
type oldCase struct {
	oldRequest
	t   *testing.T
	s   *lptest.Server
	b   *lptest.Browser
	app lptest.App
}

// appOfProfile registers an app whose shape is the row's.
func (c *oldCase) appOfProfile(profile core.Profile) {
	kind := core.KindWeb
	if c.public {
		kind = core.KindNative
	}
	redirect := lptest.Redirect
	if c.shown {
		redirect = oauth.RedirectShownURI
	}
	c.app = c.s.NewApp("Old integration", kind, redirect)
	c.app.App = c.s.Switch(c.app, apps.Switches{Profile: profile, Implicit: true})
}

// usesPKCE reports whether the row's app cannot do without. Libraries of the row's age do not know it.
func (c *oldCase) usesPKCE() bool {
	rules := c.app.Profile.Rules()
	return rules.PKCE || c.public && !rules.BeforePKCE
}

// modern is the authorization request with which codes and tokens are got for the rows that need them.
func (c *oldCase) modern() url.Values {
	request := c.app.Request()
	request.Del("code_challenge")
	request.Del("code_challenge_method")
	if c.usesPKCE() {
		request.Set("code_challenge", oauth.S256(lptest.Verifier))
		request.Set("code_challenge_method", "S256")
	}
	return request
}

func (c *oldCase) code() string { return c.b.Authorize(c.modern(), lptest.Choice{}).Param("code") }

func (c *oldCase) tokens() lptest.Answer {
	form := c.app.Redemption(c.code())
	form.Del("code_verifier")
	if c.usesPKCE() {
		form.Set("code_verifier", lptest.Verifier)
	}
	a := c.s.PostAs(c.app, "/oauth/token", form)
	wantStatus(c.t, a, 200)
	return a
}

// filled puts values into a request, and makes only those that it needs.
func (c *oldCase) filled() string {
	text := strings.NewReplacer("{id}", c.app.ClientID, "{secret}", c.app.Secret, "{redirect}", url.QueryEscape(lptest.Redirect), "{host}", c.s.AccountHost(c.s.First.Slug)).Replace(c.request)
	if strings.Contains(text, "{barecode}") { // of a request without redirect_uri
		request := c.modern()
		request.Del("redirect_uri")
		text = strings.ReplaceAll(text, "{barecode}", c.b.Authorize(request, lptest.Choice{}).Param("code"))
	}
	if strings.Contains(text, "{code}") {
		text = strings.ReplaceAll(text, "{code}", c.code())
	}
	if strings.Contains(text, "{token}") || strings.Contains(text, "{refresh}") {
		a := c.tokens()
		text = strings.NewReplacer("{token}", a.Text("access_token"), "{refresh}", a.Text("refresh_token")).Replace(text)
	}
	return text
}

// send gives the answer in the form in which rows are written.
func (c *oldCase) send() string {
	head, body, _ := strings.Cut(c.filled(), "\n\n")
	lines := strings.Split(head, "\n")
	method, address, _ := strings.Cut(lines[0], " ")
	r := c.s.Request(method, address, body)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Basic" { // as curl -u writes it
			id, secret, _ := strings.Cut(value, ":")
			r.SetBasicAuth(id, secret)
			continue
		}
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	if method == http.MethodGet && r.Host == r.URL.Host && (strings.Contains(address, "/authorize?") || strings.Contains(address, "/authorization/new?")) {
		return c.browse(address)
	}
	a := c.s.Do(r)
	if !strings.HasPrefix(address, "/v3/") && a.Header.Get("Cache-Control") != "no-store" {
		c.t.Errorf("%s: Cache-Control %q, want no-store", c.from, a.Header.Get("Cache-Control"))
	}
	if to := a.Header.Get("Location"); to != "" {
		return strconv.Itoa(a.Status) + " " + to
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strconv.Itoa(a.Status) + " " + media + "\n" + a.Body
}

func (c *oldCase) browse(address string) string {
	page := c.b.Get(address)
	if strings.Contains(page.Body, `action="/oauth/consent"`) {
		if c.person == "" {
			return personAsked
		}
		page = c.b.Answer(page, lptest.Choice{Deny: c.person == "denies"})
	} else if c.person != "" && c.app.Profile == core.ProfileDraft5 {
		c.t.Errorf("%s: the person is not asked", c.from)
	}
	if page.Redirect == "" { // it is shown to the person
		return strconv.Itoa(page.Status) + " " + page.URL.Path + " " + cmp.Or(between(page.Body, "lp_ac_"), slugInAnswer.FindString(page.Body))
	}
	return strconv.Itoa(page.Status) + " " + page.Redirect
}

var nameInRow = regexp.MustCompile(`\\\{([a-z]+)\\\}`)

var made = map[string]string{
	"access": "lp_at_[A-Za-z0-9]+", "refreshed": "lp_rt_[A-Za-z0-9]+", "code": "lp_ac_[A-Za-z0-9]+", "seconds": "[0-9]{10}",
	"text": "[^\"<]+?", "words": "[^&]+", "trace": "[A-Za-z0-9]+", "uuid": "[0-9a-f-]{36}", "owner": `"[^"]+"|\d+`, "moment": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00`,
}

// matches reports whether an answer is the row's, word for word.
func (c *oldCase) matches(got string) bool {
	want := strings.NewReplacer("{issuer}", c.s.URL, "{issuerquery}", url.QueryEscape(c.s.URL), "{redirect}", lptest.Redirect, "{first}", c.s.First.Slug, "{redirectquery}", url.QueryEscape(lptest.Redirect), "{id}", c.app.ClientID).Replace(c.answer)
	pattern := nameInRow.ReplaceAllStringFunc(regexp.QuoteMeta(want), func(name string) string { return "(?:" + made[name[2:len(name)-2]] + ")" })
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

// CA03, HT07.
func TestOldRequestsOfDraft5AppsGetOldAnswers(t *testing.T) {
	if len(oldRequests) < 60 {
		t.Fatalf("only %d old requests", len(oldRequests))
	}
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, row := range oldRequests {
			c := &oldCase{oldRequest: row, t: t, s: s, b: b}
			c.appOfProfile(core.ProfileDraft5)
			if row.allowed {
				c.code()
			}
			if got := c.send(); !c.matches(got) {
				t.Errorf("%s: %s\ngot  %s\nwant %s", row.from, row.request, got, row.answer)
			}
		}
	}, lptest.WithAccountHosts())
}

var slugInAnswer = regexp.MustCompile(`/docs/errors/([a-z0-9_]+)|%2Fdocs%2Ferrors%2F([a-z0-9_]+)`)

// CA03, AT02, AT03, AT04: no leniency reaches an app of another profile, and what refuses it says why.
func TestOldRequestsOfOtherAppsAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, row := range oldRequests {
			for profile, refused := range map[core.Profile]string{core.ProfileOAuth21: row.refused, core.ProfileOAuth2: cmp.Or(row.oauth2, row.refused)} {
				c := &oldCase{oldRequest: row, t: t, s: s, b: b}
				c.appOfProfile(profile)
				if row.allowed {
					c.code()
				}
				c.wantRefused(refused)
			}
		}
	}, lptest.WithAccountHosts())
}

func (c *oldCase) wantRefused(refused string) {
	c.t.Helper()
	got := c.send()
	switch m := slugInAnswer.FindStringSubmatch(got); {
	case refused == everybody && c.matches(got), refused == got, m != nil && m[1]+m[2] == refused:
	case refused == everybody:
		c.t.Errorf("%s, %s: %s\ngot  %s\nwant %s", c.from, c.app.Profile, c.request, got, c.answer)
	default:
		c.t.Errorf("%s, %s: %s\ngot  %s\nwant a refusal by %s", c.from, c.app.Profile, c.request, got, refused)
	}
}

// RFC 6749 §5.1: the first gems read whatever comes as a form, later ones as JSON, and neither says so: one answer serves both.
func TestFirstGemsReadTheAnswerAsAForm(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := oldApp(s)
		form := lptest.Form("type", "refresh", "client_id", app.ClientID, "client_secret", app.Secret, "refresh_token", s.Tokens(app).Text("refresh_token"))
		a := s.Do(s.Request("POST", "/oauth/access_token", form.Encode()))
		read := parseQuery(a.Body)
		for _, name := range []string{"access_token", "refresh_token", "scope"} {
			if read[name] == "" || read[name] != a.Text(name) {
				t.Errorf("%s is %q in the form and %q in the JSON of %s", name, read[name], a.Text(name), a.Body)
			}
		}
		if read["expires_in"] != "7200" {
			t.Errorf("expires_in is %q in %s", read["expires_in"], a.Body)
		}
		form.Set("refresh_token", "x=y;z%&error=none\"}")
		a = s.Do(s.Request("POST", "/oauth/access_token", form.Encode()))
		if read = parseQuery(a.Body); read["error"] != "authorization_expired" || read["error"] != a.Text("error") || read["error_description"] != a.Text("error_description") {
			t.Errorf("read as a form: %q", read)
		}
		form.Set("type", "x=y;error=none%%&error=none\"}")
		a = s.Do(s.Request("POST", "/oauth/access_token", form.Encode()))
		if read = parseQuery(a.Body); read["error"] != "invalid_request" || read["error_description"] != a.Text("error_description") {
			t.Errorf("what comes from outside, read as a form: %q of %s", read, a.Body)
		}
	})
}

// parseQuery is Rack::Utils.parse_query, as those gems called it, without what has no value.
func parseQuery(text string) map[string]string {
	read := map[string]string{}
	for _, piece := range regexp.MustCompile("[&;] *").Split(text, -1) {
		name, value, found := strings.Cut(piece, "=")
		if name, err := url.QueryUnescape(name); err == nil && found {
			value, _ = url.QueryUnescape(value)
			read[name] += value // twice the same is a list there, and wrong
		}
	}
	return read
}
