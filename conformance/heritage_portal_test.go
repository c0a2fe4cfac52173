package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/oauth"
)

// What clients of Doorkeeper portals rely on. AT26, AT27, SE04.

// oldApp registers an app of the profile draft5.
func oldApp(s *lptest.Server, redirects ...string) lptest.App {
	app := s.NewApp("Old integration", core.KindWeb, lptest.Redirect)
	app.App = s.Switch(app, apps.Switches{Profile: core.ProfileDraft5, Implicit: true})
	if len(redirects) > 0 {
		edited, err := s.Acts().Edit(context.Background(), s.Person, app.ID, apps.Draft{Name: app.Name, RedirectURIs: redirects})
		if err != nil {
			panic(err)
		}
		app.App = edited
	}
	return app
}

// RFC 6750 §3.1: the challenge has Doorkeeper's three sentences literally, because old clients compare all of it; the answer says
// more.
func TestRFC6750_3_1_DescriptionsThatOldClientsRead(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		expired, revoked := s.Tokens(s.Web).Text("access_token"), ""
		s.Clock.Advance(2 * time.Hour)
		revoked = s.Tokens(s.Web).Text("access_token")
		wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke", "token="+revoked)), 200)
		for _, path := range []string{"/v3/dashboards", "/oauth/token/info", "/authorization.json"} {
			for token, want := range map[string]string{expired: "The access token expired", revoked: "The access token was revoked", "nonsense": "The access token is invalid"} {
				a := s.Do(withHeader(s.Request("GET", path, ""), "Authorization", "Bearer "+token))
				wantError(t, a, 401, "invalid_token")
				if !strings.HasPrefix(a.Text("error_description"), want+". ") {
					t.Errorf("%s: %s; want it to begin with %q and go on", path, a.Body, want)
				}
				challenge := `Bearer realm="` + s.URL + `", error="invalid_token", error_description="` + want + `", error_uri="` + a.Text("error_uri") + `"`
				if got := a.Header.Get("WWW-Authenticate"); got != challenge {
					t.Errorf("%s: %s, want %s", path, got, challenge)
				}
			}
		}
		for _, header := range []string{"Bearer <nonsense>", "Bearer", "OAuth <nonsense>", `Token token="`} {
			a := s.Do(withHeader(s.Request("GET", "/v3/dashboards", ""), "Authorization", header))
			if got := a.Header.Get("WWW-Authenticate"); a.Status != 401 || !strings.Contains(got, `error_description="The access token is invalid"`) {
				t.Errorf("%s: %d %s", header, a.Status, got)
			}
		}
	})
}

// AT02, AT03: the answer of Doorkeeper, byte for byte.
func TestTokenInfoIsDoorkeepers(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := oldApp(s)
		a := s.Tokens(app)
		created := s.Clock.Now().Unix()
		s.Clock.Advance(10 * time.Second)
		want := fmt.Sprintf(`{"resource_owner_id":"%s","scope":["dashboards:read","dashboards:write"],"expires_in":7190,"application":{"uid":"%s"},"created_at":%d}`, s.Person.ID, app.ClientID, created)
		for _, r := range []*http.Request{
			withHeader(s.Request("GET", "/oauth/token/info", ""), "Authorization", "Bearer "+a.Text("access_token")),
			s.Request("GET", "/oauth/token/info?access_token="+a.Text("access_token"), ""),
			s.Request("GET", "/oauth/token/info?bearer_token="+a.Text("access_token"), ""),
		} {
			if got := s.Do(r); got.Status != 200 || got.Body != want || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s\nwant %s", r.URL.Path, got.Status, got.Body, want)
			}
		}
		machine := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		if got := s.Do(withHeader(s.Request("GET", "/oauth/token/info", ""), "Authorization", "Bearer "+machine)); !strings.HasPrefix(got.Body, `{"resource_owner_id":null,"scope":[`) {
			t.Errorf("an app's own token: %s", got.Body)
		}
		for _, path := range []string{"/oauth/token/info", "/oauth/token/info?access_token=nonsense"} {
			got := s.Do(s.Request("GET", path, ""))
			wantError(t, got, 401, "invalid_token")
			if !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("%s: WWW-Authenticate %q", path, got.Header.Get("WWW-Authenticate"))
			}
		}
		wantError(t, s.Do(s.Request("GET", "/oauth/token/info?access_token="+s.Tokens(s.Public).Text("access_token"), "")), 401, "invalid_token")
	})
}

// SE04: the refusal of an old consent page. It writes nothing and goes only where the app is registered.
func TestRFC6749_4_1_2_1_DeletedRequestIsRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		page := b.Do(s.Request("DELETE", "/oauth/authorize?"+s.Web.Request().Encode(), ""))
		if page.Status != http.StatusSeeOther || page.Param("error") != "access_denied" || page.Param("state") != "xyz" {
			t.Errorf("DELETE: %d %s, want access_denied", page.Status, page.Redirect)
		}
		if page := b.Do(s.Request("DELETE", "/oauth/authorize", s.Web.Request().Encode())); page.Param("error") != "access_denied" {
			t.Errorf("DELETE with a form: %d %s, want access_denied", page.Status, page.Redirect)
		}
		request := s.Web.Request()
		request.Set("redirect_uri", "https://evil.example/")
		wantPage(t, "DELETE for another address", b.Do(s.Request("DELETE", "/oauth/authorize?"+request.Encode(), "")))
		if _, err := s.Store.Grant(t.Context(), s.Person.ID, s.Web.ID); err == nil {
			t.Error("there is a grant")
		}
		if again := b.Authorize(s.Web.Request(), lptest.Choice{}); again.Param("code") == "" {
			t.Error("the app cannot be authorized any more")
		}
	})
}

// RFC 6749 §3.1.2: the address that is none, for apps that a browser cannot come back to.
func TestRFC6749_3_1_2_CodeIsShownToThePerson(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := oldApp(s, oauth.RedirectShownURI)
		b := s.SignedIn(s.Person.Email)
		request := lptest.Form("response_type", "code", "client_id", app.ClientID, "redirect_uri", oauth.RedirectShownURI)
		page := b.Get("/oauth/authorize?" + request.Encode())
		if !strings.Contains(page.Body, "a code to copy") {
			t.Error("the consent page does not say that a code will be shown")
		}
		page = b.Answer(page, lptest.Choice{})
		code := between(page.Body, "lp_ac_")
		if page.Status != 200 || page.URL.Path != "/oauth/authorize/native" || code == "" {
			t.Fatalf("%d %s: no code is shown\n%s", page.Status, page.URL, page.Body)
		}
		if page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(titleOf(page.Body), code) {
			t.Errorf("the page lets the code out: %v, title %q", page.Header, titleOf(page.Body))
		}
		s.NewPerson("other@example.com", false)
		for who, other := range map[string]*lptest.Browser{"somebody else": s.SignedIn("other@example.com"), "nobody": s.Browser()} {
			if got := other.Get(page.URL.RequestURI()); got.Status != 400 || strings.Contains(got.Body, code) {
				t.Errorf("%s sees the code: %d", who, got.Status)
			}
		}
		for _, made := range []string{"", "lp_ac_nonsense", "<script>", code + "x"} {
			if got := b.Get("/oauth/authorize/native?" + lptest.Form("code", made).Encode()); got.Status != 400 {
				t.Errorf("code=%s: %d, want 400", made, got.Status)
			}
		}
		s.Clock.Advance(4 * time.Minute) // people are slower than redirects
		wantStatus(t, s.PostAs(app, "/oauth/token", lptest.Form("grant_type", "authorization_code", "code", code, "redirect_uri", oauth.RedirectShownURI)), 200)
		if got := b.Get(page.URL.RequestURI()); got.Status != 400 {
			t.Errorf("a code that was used is shown: %d", got.Status)
		}
		request.Set("prompt", "consent")
		denied := b.Answer(b.Get("/oauth/authorize?"+request.Encode()), lptest.Choice{Deny: true})
		if denied.Status != http.StatusForbidden || denied.Redirect != "" {
			t.Errorf("a refusal: %d %s, want a page", denied.Status, denied.Redirect)
		}
		request.Set("response_type", "token")
		wantPage(t, "a token to be shown", b.Get("/oauth/authorize?"+request.Encode()))
	})
}

func titleOf(page string) string {
	_, rest, _ := strings.Cut(page, "<title>")
	title, _, _ := strings.Cut(rest, "</title>")
	return title
}

// RU01: which profiles may, and an operator who changes his mind.
func TestRFC6749_3_1_2_ShownCodesAreOfOldProfiles(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		draft := apps.Draft{Name: "App", Kind: core.KindNative, PublisherID: s.First.ID, RedirectURIs: []string{oauth.RedirectShownURI}}
		if _, _, err := s.Acts().Register(t.Context(), s.Person, draft); err == nil {
			t.Error("an OAuth 2.1 app may have codes shown")
		}
		draft.Kind = core.KindWeb
		made, _, err := s.Acts().Register(t.Context(), s.Person, draft)
		if err != nil {
			t.Fatal(err)
		}
		app := lptest.App{App: made}
		app.App = s.Switch(app, apps.Switches{Profile: core.ProfileOAuth21})
		request := app.Request()
		request.Set("redirect_uri", oauth.RedirectShownURI)
		wantPage(t, "switched to OAuth 2.1", s.SignedIn(s.Person.Email).Get("/oauth/authorize?"+request.Encode()))
		for _, uri := range []string{oauth.RedirectShownURI + ":auto", "URN:ietf:wg:oauth:2.0:oob", "urn:x:y"} {
			if _, err := oauth.CheckRedirectURI(uri); err == nil {
				t.Errorf("%s can be registered", uri)
			}
		}
	})
}

// AT26, AT27, ruling 11: a stock gem revokes so, whatever the profile of its app.
func TestRFC7009_2_1_RevocationByTheQueryOfAPost(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, app := range []lptest.App{oldApp(s), s.Web, s.Public} {
			a := s.Tokens(app)
			wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke?token="+a.Text("refresh_token"), "")), 200)
			wantError(t, s.Call(a.Text("access_token")), 401, "invalid_token")
		}
		a := s.Tokens(s.Web)
		wantError(t, s.PostAs(oldApp(s), "/oauth/revoke", lptest.Form("token", a.Text("refresh_token"))), 400, "unauthorized_client")
		wantStatus(t, s.Call(a.Text("access_token")), 200)
	})
}

// HT07: old addresses of pages lead to the new ones.
func TestOldPortalAddressesLeadOn(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		id := s.Web.ID.String()
		for from, to := range map[string]string{"/oauth_clients": "/oauth/applications", "/oauth_clients/new": "/oauth/applications/new", "/oauth_clients/" + id: "/oauth/applications/" + id} {
			a := s.Do(s.Request("GET", from, ""))
			if a.Status != http.StatusMovedPermanently || a.Header.Get("Location") != to {
				t.Errorf("%s: %d %s, want 301 to %s", from, a.Status, a.Header.Get("Location"), to)
			}
		}
	})
}

// AT03: tokens of whatever name stay here, and answers to addresses with tokens are marked.
func TestRFC6750_2_3_OldTokensStayHere(t *testing.T) {
	var seen []string
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.RequestURI+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNoContent)
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(oldApp(s)).Text("access_token")
		seen = nil
		for _, name := range []string{"access_token", "bearer_token", "oauth_token", "oauth%5Ftoken"} {
			r := s.Request("GET", "/v3/dashboards?a=b&"+name+"="+token+"&c=d", "")
			r.Header.Set("Authorization", `Token token="`+token+`"`)
			a := s.Do(r)
			wantStatus(t, a, 204)
			if a.Header.Get("Deprecation") == "" || a.Header.Get("Referrer-Policy") != "no-referrer" || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: the answer is not marked: %v", name, a.Header)
			}
		}
		for _, got := range seen {
			if got != "/v3/dashboards?a=b&c=d " {
				t.Errorf("the upstream saw %s", got)
			}
		}
	}, lptest.WithLocalAPI(api))
}

// AT03, HT13: an answer to a secret in an address, good or bad, is kept by nobody, passes the address on to nobody, and is no page.
func TestRFC6750_2_3_AnswersToSecretsInAddressesAreMarked(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		old, strict := oldApp(s), s.NewApp("Strict", core.KindWeb, lptest.Redirect)
		refused := s.Tokens(strict).Text("access_token")
		strict.App = s.Switch(strict, apps.Switches{Profile: core.ProfileOAuth21})
		expired := s.Tokens(old).Text("access_token")
		s.Clock.Advance(2 * time.Hour)
		good, revoked := s.Tokens(old), s.Tokens(old).Text("access_token")
		wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke", "token="+revoked)), 200)
		token := good.Text("access_token")
		var list []addressed
		for _, path := range []string{"/v3/dashboards", "/oauth/token/info", "/authorization.json", "/authorization.xml"} {
			for _, c := range []struct {
				what, query, header string
				status              int
			}{
				{"good", "access_token=" + token, "", 200},
				{"good by its oldest name", "oauth_token=" + token, "OAuth " + token, 200},
				{"expired", "access_token=" + expired, "", 401},
				{"revoked", "bearer_token=" + revoked, "", 401},
				{"unknown", "oauth_token=nonsense", "", 401},
				{"refused", "access_token=" + refused, "", 401},
				{"two tokens", "access_token=" + token, "Bearer " + revoked, 400},
				{"the same twice", "access_token=" + token + "&access_token=" + token, "", 400},
				{"another beside", "access_token=" + token + "&oauth_token=" + revoked, "", 400},
				{"a broken header beside", "access_token=" + token, "Bearer <>", 401},
				{"broken encoding", "access_token=" + token + "&a=%zz", "", 400},
			} {
				r := s.Request("GET", path+"?"+c.query, "")
				if c.header != "" {
					r.Header.Set("Authorization", c.header)
				}
				list = append(list, addressed{path + ", " + c.what, r, c.status})
			}
		}
		credentials := "client_id=" + old.ClientID + "&client_secret=" + old.Secret
		for _, path := range []string{"/oauth/token", "/oauth/access_token", "/authorization/token"} {
			list = append(list,
				addressed{path, s.Request("POST", path+"?type=refresh&"+credentials+"&refresh_token="+good.Text("refresh_token"), ""), 200},
				addressed{path + ", refused", s.Request("POST", path+"?type=refresh&"+credentials+"&refresh_token=x", ""), 400},
				addressed{path + ", by GET", s.Request("GET", path+"?type=refresh&"+credentials+"&refresh_token=x", ""), 400},
				addressed{path + ", broken encoding", s.Request("GET", path+"?type=refresh&"+credentials+"&refresh_token=%zz", ""), 400},
				addressed{path + ", of another profile", s.Request("POST", path+"?grant_type=refresh_token&client_id="+s.Web.ClientID+"&client_secret="+s.Web.Secret, ""), 400})
		}
		list = append(list, addressed{"revocation", s.Request("POST", "/oauth/revoke?token="+good.Text("refresh_token"), ""), 200})
		for _, c := range list {
			a := s.Do(c.r)
			if a.Status != c.status {
				t.Errorf("%s: %d %s, want %d", c.what, a.Status, a.Body, c.status)
			}
			h := a.Header
			if h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s is not marked: %v", c.what, h)
			}
		}
	})
}

// addressed is a request with a secret in its address.
type addressed struct {
	what   string
	r      *http.Request
	status int
}

// AT04, ruling 2: a person's own tokens come by the two parameters that portals had, and by no other old way.
func TestRFC6750_2_3_PersonalTokensByOldWays(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		_, personal, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		token := personal.Reveal()
		for query, status := range map[string]int{"access_token=" + token: 200, "bearer_token=" + token: 200, "oauth_token=" + token: 401, "access_token=" + token + "&bearer_token=" + token: 400} {
			if a := s.Do(s.Request("GET", "/v3/dashboards?"+query, "")); a.Status != status {
				t.Errorf("%.12s: %d, want %d", query, a.Status, status)
			}
		}
		wantError(t, s.Do(withHeader(s.Request("GET", "/v3/dashboards", ""), "Authorization", "OAuth "+token)), 401, "invalid_token")
	})
}

// RFC 6585 §4: an alias is no way around the limits of what it stands for.
func TestRFC6585_4_AliasesShareLimits(t *testing.T) {
	limits := config.Unlimited()
	limits.Token = 3
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for i, path := range []string{"/oauth/token", "/oauth/access_token", "/authorization/token", "/oauth/token"} {
			a := s.Do(s.Request("POST", path, "grant_type=refresh_token"))
			if got := a.Status == http.StatusTooManyRequests; got != (i == 3) {
				t.Errorf("request %d, %s: %d", i, path, a.Status)
			}
		}
	}, lptest.WithLimits(limits))
}

// RFC 6749 §5.2: a passing fault is never an old error: whoever reads one deletes tokens.
func TestRFC6749_5_2_FaultsHaveNoOldName(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		app := oldApp(s)
		first := s.Tokens(app)
		s.BreakStore()
		a := s.Do(s.Request("POST", "/oauth/token?type=refresh&format=xml&client_id="+app.ClientID+"&client_secret="+app.Secret+"&refresh_token="+first.Text("refresh_token"), ""))
		if a.Status != http.StatusServiceUnavailable || !strings.Contains(a.Body, "<error>temporarily_unavailable</error>") || a.Header.Get("Retry-After") == "" {
			t.Errorf("%d %s, want 503 and temporarily_unavailable", a.Status, a.Body)
		}
	})
}

// AT10: the document lists what the grant reaches now, and nothing for an app that acts for itself.
func TestAuthorizationDocumentFollowsTheGrant(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := s.SignedIn(s.Person.Email).Authorize(s.Web.Request(), lptest.Choice{Accounts: []string{s.Second.ID.String()}})
		token := s.Redeem(s.Web, page.Param("code")).Text("access_token")
		accounts := func() (list []struct{ Name, Href string }) {
			a := s.Do(withHeader(s.Request("GET", "/authorization.json", ""), "Authorization", "Bearer "+token))
			var document struct{ Accounts []struct{ Name, Href string } }
			if err := json.Unmarshal([]byte(a.Body), &document); err != nil || document.Accounts == nil {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			return document.Accounts
		}
		list := accounts()
		if len(list) != 1 || list[0].Name != s.Second.Name {
			t.Fatalf("%+v, want the chosen account", list)
		}
		r := s.Request("GET", strings.TrimPrefix(list[0].Href, s.URL)+"/dashboards", "")
		if a := s.Do(withHeader(r, "Authorization", "Bearer "+token)); a.Text("account") != s.Second.Slug {
			t.Errorf("its href: %d %s", a.Status, a.Body)
		}
		s.LeaveAccount(s.Second)
		if list := accounts(); len(list) != 0 {
			t.Errorf("after leaving: %+v", list)
		}
		machine := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		wantError(t, s.Do(withHeader(s.Request("GET", "/authorization.json", ""), "Authorization", "Bearer "+machine)), 403, "insufficient_scope")
	})
}

// CA03, ruling 1: the profile of an app is an operator's decision, and one that is none changes nothing.
func TestOnlyOperatorsChooseTheProfile(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		set := func(email, profile string) lptest.Page {
			b := s.SignedIn(email)
			form := b.Get("/accounts").Hidden()
			form.Set("profile", profile)
			form.Set("implicit", "1")
			return b.Post("/oauth/applications/"+s.Web.ID.String()+"/switches", form)
		}
		is := func() core.App {
			app, err := s.Store.App(t.Context(), s.Web.ID)
			if err != nil {
				t.Fatal(err)
			}
			return app
		}
		developer := s.NewPerson("developer@example.com", false)
		if err := s.Store.AddMember(t.Context(), developer.ID, s.First.ID, core.RoleAdmin, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := s.Acts().AddToTeam(t.Context(), s.Person, s.Web.ID, developer.ID); err != nil {
			t.Fatal(err)
		}
		if page := set(developer.Email, "draft5"); page.Status != http.StatusNotFound || is().Profile != core.ProfileOAuth2 || is().Implicit {
			t.Errorf("a developer: %d, the app is now %s, implicit %v", page.Status, is().Profile, is().Implicit)
		}
		for _, c := range []struct {
			sent     string
			profile  core.Profile
			implicit bool
		}{{"draft5", core.ProfileDraft5, true}, {"draft6", core.ProfileDraft5, true}, {"oauth2.1", core.ProfileOAuth21, false}, {"", core.ProfileOAuth21, false}} {
			if set(s.Person.Email, c.sent); is().Profile != c.profile || is().Implicit != c.implicit {
				t.Errorf("profile=%s: the app is now %s, implicit %v", c.sent, is().Profile, is().Implicit)
			}
		}
	})
}
