package conformance

import (
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
	person  string // what somebody answers who is asked: "allows" or "denies"; "": must not be asked
	allowed bool   // the person has authorized the app before
	public  bool   // an app without a secret
}

// everybody marks requests that are not old: whoever sends them, the answer is the same.
const everybody = "-"

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
	c.app = c.s.NewApp("Old integration", kind, lptest.Redirect)
	c.app.App = c.s.Switch(c.app, apps.Switches{Profile: profile, Implicit: true})
}

// modern is today's authorization request, with which codes and tokens are got for the rows that need them.
func (c *oldCase) modern() url.Values {
	request := c.app.Request()
	request.Set("code_challenge", oauth.S256(lptest.Verifier))
	request.Set("code_challenge_method", "S256")
	if c.app.Profile == core.ProfileDraft5 {
		request.Del("code_challenge")
		request.Del("code_challenge_method")
	}
	return request
}

func (c *oldCase) code() string { return c.b.Authorize(c.modern(), lptest.Choice{}).Param("code") }

func (c *oldCase) tokens() lptest.Answer {
	form := c.app.Redemption(c.code())
	form.Del("code_verifier")
	if c.app.Profile != core.ProfileDraft5 {
		form.Set("code_verifier", lptest.Verifier)
	}
	a := c.s.PostAs(c.app, "/oauth/token", form)
	wantStatus(c.t, a, 200)
	return a
}

// filled puts values into a request, and makes only those that it needs.
func (c *oldCase) filled() string {
	text := strings.NewReplacer("{id}", c.app.ClientID, "{secret}", c.app.Secret, "{redirect}", url.QueryEscape(lptest.Redirect)).Replace(c.request)
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
	}
	if method == http.MethodGet && (strings.Contains(address, "/authorize?") || strings.Contains(address, "/authorization/new?")) {
		return c.browse(address)
	}
	a := c.s.Do(r)
	if !strings.HasPrefix(address, "/v3/") && a.Header.Get("Cache-Control") != "no-store" {
		c.t.Errorf("%s: Cache-Control %q, want no-store", c.from, a.Header.Get("Cache-Control"))
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strconv.Itoa(a.Status) + " " + media + "\n" + a.Body
}

func (c *oldCase) browse(address string) string {
	page := c.b.Get(address)
	if strings.Contains(page.Body, `action="/oauth/consent"`) {
		if c.person == "" {
			c.t.Errorf("%s: the person is asked", c.from)
		}
		page = c.b.Answer(page, lptest.Choice{Deny: c.person == "denies"})
	} else if c.person != "" && c.app.Profile == core.ProfileDraft5 {
		c.t.Errorf("%s: the person is not asked", c.from)
	}
	return strconv.Itoa(page.Status) + " " + page.Redirect
}

var nameInRow = regexp.MustCompile(`\\\{([a-z]+)\\\}`)

var made = map[string]string{
	"access": "lp_at_[A-Za-z0-9]+", "refreshed": "lp_rt_[A-Za-z0-9]+", "code": "lp_ac_[A-Za-z0-9]+", "seconds": "[0-9]{10}",
	"text": "[^\"<]+?", "words": "[^&]+", "trace": "[A-Za-z0-9]+", "uuid": "[0-9a-f-]{36}", "moment": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00`,
}

// matches reports whether an answer is the row's, word for word.
func (c *oldCase) matches(got string) bool {
	want := strings.NewReplacer("{issuer}", c.s.URL, "{issuerquery}", url.QueryEscape(c.s.URL), "{redirect}", lptest.Redirect, "{id}", c.app.ClientID).Replace(c.answer)
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
	})
}

var slugInAnswer = regexp.MustCompile(`/docs/errors/([a-z0-9_]+)|%2Fdocs%2Ferrors%2F([a-z0-9_]+)`)

// CA03, AT02, AT03, AT04: no leniency reaches an app of another profile, and what refuses it says why.
func TestOldRequestsOfOtherAppsAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		for _, row := range oldRequests {
			c := &oldCase{oldRequest: row, t: t, s: s, b: b}
			c.appOfProfile(core.ProfileOAuth21)
			if row.allowed {
				c.code()
			}
			got := c.send()
			if row.refused == everybody {
				if !c.matches(got) {
					t.Errorf("%s: %s\ngot  %s\nwant %s", row.from, row.request, got, row.answer)
				}
				continue
			}
			m := slugInAnswer.FindStringSubmatch(got)
			if m == nil || m[1]+m[2] != row.refused {
				t.Errorf("%s, OAuth 2.1: %s\ngot  %s\nwant a refusal by %s", row.from, row.request, got, row.refused)
			}
		}
	})
}
