package conformance

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// kinds is what each kind of app gets and may register, written down a second time.
var kinds = map[core.AppKind]struct {
	secret    bool
	profile   core.Profile
	redirects string // https, loopback, private scheme, plain http elsewhere, none
}{
	core.KindWeb:        {true, core.ProfileOAuth2, "yyyyn"},
	core.KindNative:     {false, core.ProfileOAuth21, "yyyyn"},
	core.KindSinglePage: {false, core.ProfileOAuth21, "yynnn"},
	core.KindMachine:    {true, core.ProfileOAuth2, "nnnny"},
}

// AU03, AU04, AU05: the kind decides what an app may register, and whether it gets a secret.
func TestRFC7591_2_KindsInThePortal(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		if len(kinds) != len(core.Kinds) {
			t.Errorf("%d kinds are written down, want all %d", len(kinds), len(core.Kinds))
		}
		for kind, want := range kinds {
			got := ""
			for _, uri := range []string{"https://kind.example/cb", "http://127.0.0.1:3000/cb", "com.example.kind:/cb", "http://myapp.com/oauth", ""} {
				page := register(b, s, kind, uri)
				got += map[bool]string{true: "y", false: "n"}[page.Status == http.StatusCreated]
				if page.Status == http.StatusCreated && strings.Contains(page.Body, "lp_cs_") != want.secret {
					t.Errorf("%s: secret shown=%v, want %v", kind, !want.secret, want.secret)
				}
				if page.Status == http.StatusUnprocessableEntity && !strings.Contains(page.Body, `<div id="redirect_uri-mistake">`) && kind != core.KindMachine {
					t.Errorf("%s, %q: refused without saying where the mistake is", kind, uri)
				}
			}
			if got != want.redirects {
				t.Errorf("%s: registered %s, want %s", kind, got, want.redirects)
			}
		}
		if page := register(b, s, "public", "https://kind.example/cb"); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("an unknown kind: %d, want 422", page.Status)
		}
		apps, err := s.Store.AppsOf(t.Context(), s.Person.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, app := range apps {
			if app.Profile != kinds[app.Kind].profile {
				t.Errorf("%s has the profile %s, want %s", app.Kind, app.Profile, kinds[app.Kind].profile)
			}
		}
	})
}

func register(b *lptest.Browser, s *lptest.Server, kind core.AppKind, uri string) lptest.Page {
	form := b.Get("/oauth/applications/new").Hidden()
	for name, value := range map[string]string{"client_name": "Kind", "kind": string(kind), "account": s.First.ID.String(), "redirect_uri": uri} {
		form.Set(name, value)
	}
	return b.Post("/oauth/applications", form)
}

// DC05, AD04: an edited app is checked as if it were new, and is of the kind that it was.
func TestRFC7592_2_2_AnEditChangesNoKind(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := s.NewApp("Page", core.KindSinglePage, lptest.Redirect)
		b, path := s.SignedIn(s.Person.Email), "/oauth/applications/"+page.ID.String()+"/edit"
		for uri, want := range map[string]int{"https://other.example/cb": http.StatusOK, "com.example.app:/cb": http.StatusUnprocessableEntity, "http://myapp.com/oauth": http.StatusUnprocessableEntity} {
			form := b.Get(path).Hidden()
			for name, value := range map[string]string{"client_name": "Page", "kind": "native", "profile": "oauth2", "client_credentials": "1", "owner_id": s.Web.ID.String(), "redirect_uri": uri} {
				form.Set(name, value)
			}
			if got := b.Post(path, form); got.Status != want {
				t.Errorf("%s: %d, want %d", uri, got.Status, want)
			}
		}
		app, err := s.Store.App(t.Context(), page.ID)
		if err != nil {
			t.Fatal(err)
		}
		if app.Kind != core.KindSinglePage || app.Profile != core.ProfileOAuth21 || app.ClientCredentials || app.OwnerID != s.Person.ID {
			t.Errorf("after the edits: %+v", app)
		}
	})
}

// AU02: a page knows its own port; that any will do is for native apps alone.
func TestRFC8252_7_3_APageHasOnePort(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := s.NewApp("Page", core.KindSinglePage, "http://127.0.0.1:3000/cb", lptest.Redirect)
		b := s.SignedIn(s.Person.Email)
		for uri, good := range map[string]bool{"http://127.0.0.1:3000/cb": true, "http://127.0.0.1:3001/cb": false, "http://127.0.0.1/cb": false} {
			request := page.Request()
			request.Set("redirect_uri", uri)
			got := b.Authorize(request, lptest.Choice{})
			if accepted := strings.HasPrefix(got.Redirect, uri+"?code="); accepted != good {
				t.Errorf("%s: accepted=%v, want %v (%d)", uri, accepted, good, got.Status)
			}
		}
	})
}

// PK01: a page must use PKCE; scripts of any origin may read the token endpoint's answers, and each refresh token works
// once.
func TestRFC9700_2_1_1_APageUsesPKCE(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := s.NewApp("Page", core.KindSinglePage, lptest.Redirect)
		bare := page.Request()
		bare.Del("code_challenge")
		bare.Del("code_challenge_method")
		if got := s.SignedIn(s.Person.Email).Get("/oauth/authorize?" + bare.Encode()); got.Param("error") != "invalid_request" {
			t.Errorf("without PKCE: %d %s, want invalid_request", got.Status, got.Redirect)
		}
		r := s.Request("OPTIONS", "/oauth/token", "")
		r.Header.Set("Origin", "https://app.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		if got := s.Do(r).Header.Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("preflight: allowed origin %q, want *", got)
		}
		tokens := s.Tokens(page)
		if got := tokens.Header.Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("the answer is for the origin %q, want *", got)
		}
		next := s.Refresh(page, tokens.Text("refresh_token"))
		wantStatus(t, next, 200)
		if next.Text("refresh_token") == tokens.Text("refresh_token") {
			t.Error("the refresh token did not change")
		}
		form := url.Values{"grant_type": {"client_credentials"}}
		wantError(t, s.PostAs(page, "/oauth/token", form), 400, "unauthorized_client")
	})
}

// DC16: when an app is called back elsewhere, people who let it in are asked again.
func TestASVS_10_7_1_ChangedRedirectsAskAgain(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		asks := func() bool {
			page := b.Get("/oauth/authorize?" + s.Web.Request().Encode())
			return strings.Contains(page.Body, `action="/oauth/consent"`)
		}
		b.Authorize(s.Web.Request(), lptest.Choice{})
		if asks() {
			t.Fatal("the consent is not remembered")
		}
		edit := func(name, redirects string) {
			s.Clock.Advance(1)
			form := b.Get("/oauth/applications/" + s.Web.ID.String() + "/edit").Hidden()
			form.Set("client_name", name)
			form.Set("redirect_uri", redirects)
			if page := b.Post("/oauth/applications/"+s.Web.ID.String()+"/edit", form); page.Status != http.StatusOK {
				t.Fatalf("edit: %d", page.Status)
			}
		}
		if edit("Another name", lptest.Redirect); asks() {
			t.Error("another name alone asks again")
		}
		if edit("Another name", lptest.Redirect+"\nhttps://other.example/cb"); !asks() {
			t.Error("an address that people never saw is used without asking")
		}
		s.Clock.Advance(1e9)
		b.Authorize(s.Web.Request(), lptest.Choice{})
		if asks() {
			t.Error("the new consent is not remembered")
		}
	})
}
