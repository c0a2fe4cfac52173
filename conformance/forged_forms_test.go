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

// forms are the paths to which pages send forms: all that there are, so that a new page is among them.
func forms(t *testing.T, s *lptest.Server) (paths []string) {
	t.Helper()
	var open []string // to forms of other sites
	for _, route := range s.Routes() {
		switch {
		case route.Surface != web.PageSurface || route.Method == http.MethodGet:
		case route.Foreign:
			open = append(open, route.Method+" "+route.Path)
		default:
			if route.Method != http.MethodPost {
				t.Errorf("%s %s: forms are sent by POST", route.Method, route.Path)
			}
			path := strings.NewReplacer("{app}", s.Web.ID.String(), "{account}", s.First.Slug).Replace(route.Path)
			paths = append(paths, pathOf(web.Route{Path: path}))
		}
	}
	// RFC 6749 §3.1: apps send browsers there, by POST, too; whatever it changes is asked on a page of ours first. DELETE is
	// none that a form of another site can send.
	for _, route := range open {
		if !slices.Contains([]string{"POST /oauth/authorize", "DELETE /oauth/authorize", "POST /authorization/new", "DELETE /authorization/new"}, route) {
			t.Errorf("%s takes forms of other sites", route)
		}
	}
	if len(paths) < 35 || !slices.Contains(paths, "/signup") || !slices.Contains(paths, "/oauth/applications/"+s.Web.ID.String()+"/take-over") {
		t.Fatalf("%d forms; the list is broken: %v", len(paths), paths)
	}
	slices.Sort(paths)
	return paths
}

// notOurs reports whether a page says that the form was not ours.
func notOurs(page lptest.Page) bool {
	return page.Status == http.StatusForbidden && strings.Contains(page.Body, "/docs/errors/form_not_ours")
}

// SE04: every form, each way to forge it. That no form is refused for another reason is in the test below.
func TestASVS_3_5_1_ForgedFormsAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		token := b.Get("/accounts").Hidden().Get("csrf")
		elsewhere := s.SignedIn(s.Person.Email).Get("/accounts").Hidden().Get("csrf")
		nobody := s.Browser().Get("/signin").Hidden().Get("csrf")
		forgeries := map[string]func(*http.Request, url.Values){
			"no token":                     func(_ *http.Request, form url.Values) { form.Del("csrf") },
			"no token from our own page":   func(r *http.Request, form url.Values) { form.Del("csrf"); ownPage(s, r) },
			"empty token":                  func(_ *http.Request, form url.Values) { form.Set("csrf", "") },
			"wrong token":                  func(_ *http.Request, form url.Values) { form.Set("csrf", "wrong") },
			"wrong token, the right after": func(_ *http.Request, form url.Values) { form["csrf"] = []string{"wrong", token} },
			"the person's other browser's": func(r *http.Request, form url.Values) { form.Set("csrf", elsewhere); ownPage(s, r) },
			"a token of nobody":            func(r *http.Request, form url.Values) { form.Set("csrf", nobody); ownPage(s, r) },
			"cross-site":                   func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"same-site":                    func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "same-site") },
			"cross-site, our origin":       func(r *http.Request, _ url.Values) { ownPage(s, r); r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"foreign origin":               func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "https://evil.example") },
			"null origin":                  func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "null") },
			"text/plain":                   func(r *http.Request, _ url.Values) { r.Header.Set("Content-Type", "text/plain") },
			"JSON":                         func(r *http.Request, _ url.Values) { r.Header.Set("Content-Type", "application/json") },
			"multipart":                    func(r *http.Request, _ url.Values) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") },
			"no content type":              func(r *http.Request, _ url.Values) { r.Header.Del("Content-Type") },
			"token in query":               func(r *http.Request, form url.Values) { r.URL.RawQuery = "csrf=" + token; form.Del("csrf") },
			"token in a header":            func(r *http.Request, form url.Values) { r.Header.Set("X-CSRF-Token", token); form.Del("csrf") },
			"said to be a GET": func(r *http.Request, form url.Values) {
				form.Del("csrf")
				override(r, "GET")
				form.Set("_method", "GET")
			},
			"cross-site, said to be a GET":  func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site"); override(r, "GET") },
			"cross-site, said to be a HEAD": func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site"); override(r, "HEAD") },
		}
		before := facts(t, s)
		for _, path := range forms(t, s) {
			for name, forge := range forgeries {
				form := lptest.Form("csrf", token)
				draft := s.Request("POST", path, "x")
				forge(draft, form)
				r := s.Request("POST", path, form.Encode())
				r.Header, r.URL = draft.Header, draft.URL
				if page := b.Do(r); !notOurs(page) {
					t.Errorf("%s, %s: %d, want 403 and that the form is not ours", path, name, page.Status)
				}
			}
		}
		if after := facts(t, s); !slices.Equal(after, before) {
			t.Errorf("a forged form changed something; before and after:\n%s\n%s", before, after)
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// SE04: the same forms, as our pages send them, meet the rest of their checks. A browser that says nothing of where a form
// comes from is believed by the token.
func TestASVS_3_5_1_OurOwnFormsAreNotForged(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for name, from := range map[string]func(*http.Request){
			"our own page": func(r *http.Request) { ownPage(s, r) }, "our origin, by an older browser": func(r *http.Request) { r.Header.Set("Origin", s.URL) }, "a browser that does not say": func(*http.Request) {},
			"our own page, said to be a GET": func(r *http.Request) { ownPage(s, r); override(r, "GET") },
		} {
			b := s.SignedIn(s.Person.Email)
			for _, path := range forms(t, s) {
				r := s.Request("POST", path, lptest.Form("csrf", b.Get("/signin").Hidden().Get("csrf")).Encode())
				from(r)
				if page := b.Do(r); notOurs(page) || page.Status >= 500 || page.Status == http.StatusMethodNotAllowed {
					t.Errorf("%s, %s: %d", path, name, page.Status)
				}
			}
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// SE04: an address that is opened stays one that is opened, whatever the request says of its method.
func TestASVS_3_5_3_AGetIsNoForm(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		token := b.Get("/accounts").Hidden().Get("csrf")
		before := facts(t, s)
		for _, path := range forms(t, s) {
			plain := b.Get(path)
			for _, method := range []string{"POST", "DELETE", "PUT"} {
				r := s.Request("GET", path+"?"+lptest.Form("_method", method, "csrf", token, "password", lptest.Password).Encode(), "")
				override(r, method)
				ownPage(s, r)
				if page := b.Do(r); page.Status != plain.Status {
					t.Errorf("GET %s, said to be a %s: %d, want %d as for any GET", path, method, page.Status, plain.Status)
				}
			}
		}
		if after := facts(t, s); !slices.Equal(after, before) {
			t.Errorf("a GET changed something; before and after:\n%s\n%s", before, after)
		}
		if page := b.Get("/accounts"); page.URL.Path != "/accounts" {
			t.Error("a GET ended the session")
		}
	}, lptest.WithSignUp(core.SignUpOpen))
}

// facts are the rows that requests make, without what the background adds to them: lines of the change log are numbered
// after their commit.
func facts(t *testing.T, s *lptest.Server) (list []string) {
	t.Helper()
	s.Settle()
	for _, row := range rows(t, s) {
		table, text, _ := strings.Cut(row, ": ")
		switch table {
		case "leases", "chains":
			continue
		case "events":
			row = text[:len(core.ID{}.String())]
		}
		list = append(list, row)
	}
	slices.Sort(list)
	return list
}

// ownPage says what browsers say of a form on a page of ours.
func ownPage(s *lptest.Server, r *http.Request) {
	r.Header.Set("Origin", s.URL)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
}

// override asks for another method, in the headers that frameworks know.
func override(r *http.Request, method string) {
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r.Header.Set(header, method)
	}
}
