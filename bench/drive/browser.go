package drive

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Browser is a person's browser. It keeps cookies and follows redirects only when told to.
type Browser struct {
	issuer string
	site   *url.URL
	http   *http.Client
}

// NewBrowser opens one; cookies, as Cookies gave them, may be those of an earlier one.
func NewBrowser(issuer, cookies string) (*Browser, error) {
	site, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	kept, err := http.ParseCookie(cookies)
	if err != nil && cookies != "" {
		return nil, fmt.Errorf("open browser: %w", err)
	}
	jar.SetCookies(site, kept)
	b := &Browser{issuer: issuer, site: site, http: newHTTP()}
	b.http.Jar = jar
	return b, nil
}

// Cookies gives what the browser remembers.
func (b *Browser) Cookies() string {
	var list []string
	for _, c := range b.http.Jar.Cookies(b.site) {
		list = append(list, c.Name+"="+c.Value)
	}
	return strings.Join(list, "; ")
}

// Close drops the connections.
func (b *Browser) Close() { b.http.CloseIdleConnections() }

// Page is what the browser was answered.
type Page struct {
	Status int
	Path   string // where it is
	To     string // where it sends the browser, if it does
	Body   string
}

// Unexpected is a page that is not the one it should be.
type Unexpected struct {
	Page
	Want string
}

func (u Unexpected) Error() string { return fmt.Sprintf("%s, not %s", u.Page, u.Want) }

func (p Page) String() string {
	to, _, _ := strings.Cut(p.To, "?")
	return strings.TrimSpace(fmt.Sprintf("%s: %d %s", p.Path, p.Status, to))
}

// Get opens a path.
func (b *Browser) Get(path string) (Page, error) {
	r, err := http.NewRequest("GET", b.issuer+path, nil)
	if err != nil {
		return Page{}, err
	}
	return b.do(r)
}

// Form is a filled form, ready to be sent, and to be sent again.
type Form struct {
	Path   string
	Values url.Values
}

// Send sends a form as a browser on our own page would.
func (b *Browser) Send(f Form) (Page, error) {
	r, err := http.NewRequest("POST", b.issuer+f.Path, strings.NewReader(f.Values.Encode()))
	if err != nil {
		return Page{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.issuer)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *Browser) do(r *http.Request) (Page, error) {
	res, err := b.http.Do(r)
	if err != nil {
		return Page{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit))
	if err != nil {
		return Page{}, err
	}
	return Page{Status: res.StatusCode, Path: r.URL.Path, To: res.Header.Get("Location"), Body: string(body)}, nil
}

// maxHops bounds Follow.
const maxHops = 10

// Follow goes where a page sends the browser, until there is a page to look at or the way leads to an app.
func (b *Browser) Follow(p Page, err error) (Page, error) {
	for range maxHops {
		if err != nil || !strings.HasPrefix(p.To, "/") {
			return p, err
		}
		p, err = b.Get(p.To)
	}
	return p, errors.Join(err, fmt.Errorf("%s: more than %d redirects", p.Path, maxHops))
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// Form takes the hidden fields of the page's form and adds to them; pairs are names and values.
func (p Page) Form(path string, pairs ...string) (Form, error) {
	f := Form{Path: path, Values: url.Values{}}
	for _, m := range hiddenField.FindAllStringSubmatch(p.Body, -1) {
		if m[1] != "act" { // of the form beside the one that is meant
			f.Values.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	// A failure page has a form, too: the one to sign out.
	if p.Status != http.StatusOK || !f.Values.Has("csrf") {
		return f, Unexpected{p, "a form"}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Add(pairs[i], pairs[i+1])
	}
	return f, nil
}

// Code is the authorization code that the page sends to the app.
func (p Page) Code() string { return p.parameter("code") }

// Refusal is the error that the page sends to the app.
func (p Page) Refusal() string { return p.parameter("error") }

func (p Page) parameter(name string) string {
	to, err := url.Parse(p.To)
	if err != nil || !to.IsAbs() {
		return ""
	}
	return to.Query().Get(name)
}
