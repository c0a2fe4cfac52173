package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// AT01.
func TestRFC6750_3_NoCredentialsNoErrorCode(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, header := range []string{"", "Basic YTpi", "Digest x"} {
			r := s.Request("GET", "/v3/dashboards", "")
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			a := s.Do(r)
			wantStatus(t, a, 401)
			if got := a.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer ") || strings.Contains(got, "error=") {
				t.Errorf("%q: WWW-Authenticate %q, want Bearer without an error", header, got)
			}
		}
		for _, header := range []string{"Bearer", "Bearer ", "Bearer a b", "Bearer \"x\"", "bearer  x"} {
			r := s.Request("GET", "/v3/dashboards", "")
			r.Header.Set("Authorization", header)
			wantStatus(t, s.Do(r), 401)
		}
	})
}

// AT02, AT03, ruling 2.
func TestRFC6750_2_3_TokensInTheQuery(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		_, personal, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		call := func(token string) lptest.Answer {
			return s.Do(s.Request("GET", "/v3/dashboards?access_token="+token, ""))
		}
		for _, token := range []string{personal.Reveal(), s.Tokens(s.Web).Text("access_token")} {
			a := call(token)
			wantStatus(t, a, 200)
			for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
				if got := a.Header.Get(header); got != want {
					t.Errorf("%s %q, want %q", header, got, want)
				}
			}
			if !strings.HasPrefix(a.Header.Get("Deprecation"), "@") || a.Header.Get("Link") == "" {
				t.Errorf("no Deprecation with a link: %v", a.Header)
			}
		}
		wantError(t, call(s.Tokens(s.Public).Text("access_token")), 401, "invalid_token")
	})
}

// AT04.
func TestRFC6750_2_OneMethodOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		r := s.Request("GET", "/v3/dashboards?access_token="+token, "")
		r.Header.Set("Authorization", "Bearer "+token)
		wantError(t, s.Do(r), 400, "invalid_request")
		wantError(t, s.Do(s.Request("GET", "/v3/dashboards?access_token="+token+"&access_token="+token, "")), 400, "invalid_request")
	})
}

// AT06, AT17.
func TestRFC6750_3_1_BadTokens(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		middle := len(token) / 2
		for name, bad := range map[string]string{
			"truncated": token[:len(token)-1], "extended": token + "0", "checksum edited": token[:len(token)-6] + "000000",
			"case flipped": strings.ToUpper(token), "character changed": token[:middle] + string(flip(token[middle])) + token[middle+1:],
			"nonsense": "nonsense", "empty seal": "lp_at_000000", "long": "lp_at_" + strings.Repeat("a", 20_000), "dots": strings.Repeat(".", 100), "jwt-like": "a.b.c",
		} {
			a := s.Call(bad)
			if a.Status != 401 && a.Status != 431 {
				t.Errorf("%s: %d, want 401", name, a.Status)
			}
		}
		s.Clock.Advance(2 * time.Hour)
		a := s.Call(token)
		wantError(t, a, 401, "invalid_token")
		if !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token"`) || !strings.Contains(a.Text("error_description"), "expired") {
			t.Errorf("expiry is not explained: %s", a.Body)
		}
		s.Clock.Advance(-4 * time.Hour)
		wantError(t, s.Call(token), 401, "invalid_token")
	})
}

// AT11, AT12, AT13, AT14, AT15, AT16: RFC 8725 §3.1, at the gateway.
func TestRFC8725_3_1_ForgedJWTs(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.Machine.App = s.Switch(s.Machine, apps.Switches{ClientCredentials: true, Introspection: true, TokenFormat: core.FormatJWT})
		good := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		wantStatus(t, s.Call(good), 200)
		var set struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal([]byte(s.Do(s.Request("GET", "/oauth/jwks", "")).Body), &set); err != nil {
			t.Fatal(err)
		}
		for name, token := range lptest.ForgedJWTs(t, good, set.Keys[0]) {
			// RFC 6585 §5: what does not fit into a request's head is not looked at.
			if a := s.Call(token); a.Status != 401 && a.Status != 431 {
				t.Errorf("%s: %d %s, want 401", name, a.Status, a.Body)
			}
		}
		wantStatus(t, s.Call(good), 200)
	})
}

// AT17: what was changed on the way is refused by its checksum, before the store is asked: here it is away, and whoever asks it
// answers 503. RFC 6750 §3.1, RFC 6749 §5.2.
func TestAT17_WrongChecksumsCostNoLookUp(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		sealed, refresh := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token"), s.Tokens(s.Web).Text("refresh_token")
		_, shown, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		call := func(token string) lptest.Answer { return s.Call(token, "Launchpad-Account", s.First.Slug) }
		wantStatus(t, call(shown.Reveal()), 200)
		s.BreakStore()
		wantStatus(t, call(shown.Reveal()), 503)
		wantStatus(t, s.Refresh(s.Web, refresh), 503)
		for kind, token := range map[string]string{"sealed": sealed, "personal": shown.Reveal(), "refresh": refresh} {
			middle := len(token) / 2
			for how, bad := range map[string]string{
				"truncated": token[:len(token)-1], "extended": token + "0", "checksum edited": token[:len(token)-6] + "000000", "checksum gone": token[:len(token)-6],
				"in small letters": strings.ToLower(token), "character changed": token[:middle] + string(flip(token[middle])) + token[middle+1:], "nothing in it": token[:strings.LastIndexByte(token, '_')+1],
			} {
				a, want := call(bad), 401
				if kind == "refresh" {
					a, want = s.Refresh(s.Web, bad), 400
				}
				if a.Status != want {
					t.Errorf("%s, %s: %d %s, want %d", kind, how, a.Status, a.Body, want)
				}
			}
		}
	})
}

func flip(c byte) byte {
	if c == 'a' {
		return 'b'
	}
	return 'a'
}

// AT07.
func TestRFC6750_3_1_InsufficientScope(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:write").Text("access_token")
		a := s.Call(token)
		wantError(t, a, 403, "insufficient_scope")
		if !strings.Contains(a.Header.Get("WWW-Authenticate"), `scope="dashboards:read"`) {
			t.Errorf("WWW-Authenticate %q does not name the scope", a.Header.Get("WWW-Authenticate"))
		}
	})
}

// Ruling 5, AT10: the accounts that were chosen, and no others, in every way to name one.
func TestAccountsOfAGrant(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		page := b.Authorize(s.Web.Request(), lptest.Choice{Accounts: []string{s.Second.ID.String()}})
		token := s.Redeem(s.Web, page.Param("code")).Text("access_token")
		a := s.Call(token)
		wantStatus(t, a, 200)
		if a.Text("account") != s.Second.Slug || a.Header.Get("Launchpad-Account") != s.Second.Slug {
			t.Errorf("account %q, header %q; want %q", a.Text("account"), a.Header.Get("Launchpad-Account"), s.Second.Slug)
		}
		wantError(t, s.Call(token, "Launchpad-Account", s.First.Slug), 403, "insufficient_scope")
		wantError(t, s.Call(token, "Launchpad-Account", s.First.ID.String()), 403, "insufficient_scope")
		wantError(t, s.Call(token, "Launchpad-Account", "no-such-account"), 403, "insufficient_scope")
		r := s.Request("GET", "/v3/accounts/"+s.First.Slug+"/dashboards", "")
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Launchpad-Account", s.Second.Slug) // the path is stronger than the header
		wantError(t, s.Do(r), 403, "insufficient_scope")
	})
}

// SE05: a form that says "all" and names accounts says two things; nothing is granted until the person says one.
func TestAllAndSomeAccountsIsNoDecision(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		page := b.Get("/oauth/authorize?" + s.Web.Request().Encode())
		form := page.Hidden()
		form.Set("act", "allow")
		form.Set("reach", "all")
		form.Set("account", s.Second.ID.String())
		refused := b.Post("/oauth/consent", form)
		if refused.Status != http.StatusUnprocessableEntity || refused.Redirect != "" || !strings.Contains(refused.Body, "Choose one of the two") {
			t.Fatalf("all with one account: %d, sent to %q; want 422 and the question again", refused.Status, refused.Redirect)
		}
		if strings.Contains(refused.Body, " checked") {
			t.Error("the question comes back with an answer already chosen")
		}
		if again := b.Get("/oauth/authorize?" + s.Web.Request().Encode()); !strings.Contains(again.Body, `action="/oauth/consent"`) {
			t.Error("the refused form granted something: nobody is asked any more")
		}
		form.Set("account", "somebody-elses")
		if page := b.Post("/oauth/consent", form); page.Param("code") == "" {
			t.Errorf("all with an account that is not the person's: %d, want the grant", page.Status)
		}
	})
}

// AT10: a grant that is edited acts on the tokens that are out.
func TestEditedGrantActsOnLivingTokens(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		token := s.Redeem(s.Web, b.Authorize(s.Web.Request(), lptest.Choice{}).Param("code")).Text("access_token")
		wantStatus(t, s.Call(token, "Launchpad-Account", s.First.Slug), 200)
		request := s.Web.Request()
		request.Set("prompt", "consent")
		b.Authorize(request, lptest.Choice{Accounts: []string{s.Second.ID.String()}})
		wantError(t, s.Call(token, "Launchpad-Account", s.First.Slug), 403, "insufficient_scope")
		wantStatus(t, s.Call(token, "Launchpad-Account", s.Second.Slug), 200)
	})
}

// AT10, AD08: who left an account, or whose account is closed, reaches nothing in it.
func TestLostMembershipEndsAccess(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		wantStatus(t, s.Call(token, "Launchpad-Account", s.Second.Slug), 200)
		s.LeaveAccount(s.Second)
		wantError(t, s.Call(token, "Launchpad-Account", s.Second.Slug), 403, "insufficient_scope")
		if err := s.Store.SuspendAccount(t.Context(), s.First.ID, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.Call(token, "Launchpad-Account", s.First.Slug), 403, "insufficient_scope")
	})
}

// GW01, GW03: identity headers cannot be forged in any spelling, and the token stays here.
func TestGatewayHeadersCannotBeForged(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		r := s.Request("GET", "/v3/dashboards", "")
		r.Header.Set("Authorization", "Bearer "+token)
		for _, name := range []string{"Launchpad-Account-Slug", "launchpad-account-slug", "LAUNCHPAD_ACCOUNT_SLUG", "Launchpad.Account.Slug", "launchpad_account-slug"} {
			r.Header[name] = []string{s.Second.Slug}
		}
		r.Header["Connection"] = []string{"Launchpad-Account-Slug"}
		a := s.Do(r)
		wantStatus(t, a, 200)
		if a.Text("account") != s.First.Slug {
			t.Errorf("upstream saw account %q, want %q", a.Text("account"), s.First.Slug)
		}
	})
}

// GW09: what is not declared is refused.
func TestUndeclaredCallsAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		for _, c := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/v3/secrets", 404}, {"GET", "/v3/", 404}, {"DELETE", "/v3/dashboards", 405}, {"GET", "/v3/%64ashboards%2f..", 400}, {"GET", "/v3", 404}, {"GET", "/v3//dashboards", 400}, {"GET", "/v3/./dashboards", 400}, {"GET", "/v3/x/../dashboards", 400},
			{"GET", "/v3/accounts/a%00b/dashboards", 400}, {"GET", "/v3/accounts/%252e%252e/dashboards", 400}, {"GET", "/v3/accounts/a%2fb/dashboards", 400}, {"GET", "/v3/accounts/a;x/dashboards", 400},
		} {
			r := s.Request(c.method, c.path, "")
			r.Header.Set("Authorization", "Bearer "+token)
			if a := s.Do(r); a.Status != c.status {
				t.Errorf("%s %s: %d, want %d", c.method, c.path, a.Status, c.status)
			}
		}
	})
}

func TestRFC9068_2_2_JWTAccessTokensAreVerifiedAlike(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.Switch(s.Web, apps.Switches{TokenFormat: core.FormatJWT})
		a := s.Tokens(s.Web)
		token := a.Text("access_token")
		if strings.Count(token, ".") != 2 {
			t.Fatalf("not a JWT: %s", token)
		}
		wantStatus(t, s.Call(token), 200)
		parts := strings.Split(token, ".")
		for name, bad := range map[string]string{
			"AT11 none": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".", "stripped": parts[0] + "." + parts[1] + ".", "other payload": parts[0] + ".e30." + parts[2],
		} {
			if got := s.Call(bad); got.Status != 401 {
				t.Errorf("%s: %d, want 401", name, got.Status)
			}
		}
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", a.Text("refresh_token"))), 200)
		wantStatus(t, s.Call(token), 401)
	})
}
