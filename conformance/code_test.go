package conformance

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

func TestRFC6749_4_1_WholeFlow(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, app := range []lptest.App{s.Web, s.Public} {
			a := s.Tokens(app)
			for _, member := range []string{"access_token", "refresh_token", "scope"} {
				if a.Text(member) == "" {
					t.Errorf("%s: answer has no %s: %s", app.Name, member, a.Body)
				}
			}
			if a.Text("token_type") != "Bearer" || a.JSON["expires_in"] != float64(7200) {
				t.Errorf("%s: want Bearer for 7200 s, got %s", app.Name, a.Body)
			}
			if got := a.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q, want no-store", got)
			}
			wantStatus(t, s.Call(a.Text("access_token"), "Launchpad-Account", s.First.Slug), 200)
		}
	})
}

// CO01.
func TestRFC6749_4_1_2_SecondUseOfACodeRevokesTheFirst(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := s.Code(s.Web)
		first := s.Redeem(s.Web, code)
		wantStatus(t, first, 200)
		wantError(t, s.Redeem(s.Web, code), 400, "invalid_grant")
		wantActive(t, s, s.Web, first.Text("access_token"), false)
		wantStatus(t, s.Call(first.Text("access_token")), 401)
		wantError(t, s.Refresh(s.Web, first.Text("refresh_token")), 400, "invalid_grant")
	})
}

// CO02.
func TestRFC6749_4_1_2_ParallelRedemptionsHaveOneWinner(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for range 5 {
			code := s.Code(s.Web)
			answers := make([]lptest.Answer, 8)
			var all sync.WaitGroup
			for i := range answers {
				all.Go(func() { answers[i] = s.Redeem(s.Web, code) })
			}
			all.Wait()
			var winners []lptest.Answer
			for _, a := range answers {
				if a.Status == 200 {
					winners = append(winners, a)
				} else {
					wantError(t, a, 400, "invalid_grant")
				}
			}
			if len(winners) != 1 {
				t.Fatalf("%d winners, want 1", len(winners))
			}
			wantActive(t, s, s.Web, winners[0].Text("access_token"), false)
		}
	})
}

// CO04, CO05: a stranger neither redeems nor burns nor revokes.
func TestRFC6749_4_1_3_CodeIsBoundToItsClient(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		stranger := s.NewApp("Stranger", core.KindWeb, lptest.Redirect)
		code := s.Code(s.Web)
		wantError(t, s.Redeem(stranger, code), 400, "invalid_grant")
		wantError(t, s.Redeem(s.Public, code), 400, "invalid_grant")
		impostor := s.Web
		impostor.Secret = ""
		wantError(t, s.Redeem(impostor, code), 401, "invalid_client")
		first := s.Redeem(s.Web, code)
		wantStatus(t, first, 200)
		wantError(t, s.Redeem(stranger, code), 400, "invalid_grant")
		wantActive(t, s, s.Web, first.Text("access_token"), true)
	})
}

// CO06, CO07.
func TestRFC6749_4_1_2_CodeExpires(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := s.Code(s.Web)
		s.Clock.Advance(61 * time.Second)
		wantError(t, s.Redeem(s.Web, code), 400, "invalid_grant")
	})
}

// CO08.
func TestRFC6749_4_1_3_RedirectURIMustBeTheSame(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := s.Code(s.Web)
		for _, uri := range []string{"", lptest.Redirect + "/", strings.ToUpper(lptest.Redirect), "https://app.example/callback?x=1", "https://app.example:443/callback"} {
			form := s.Web.Redemption(code)
			form.Set("redirect_uri", uri)
			wantError(t, s.PostAs(s.Web, "/oauth/token", form), 400, "invalid_grant")
		}
		wantStatus(t, s.Redeem(s.Web, code), 200)
	})
}

// CO09.
func TestRFC6749_4_1_3_DamagedCodes(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		code := s.Code(s.Web)
		flipped := []byte(code)
		flipped[len(flipped)/2] ^= 1
		for _, bad := range []string{string(flipped), code[:len(code)-1], code + "A", strings.ToLower(code), code + "=", " " + code, code + " ", "lp_ac_", "x", strings.Repeat("A", 10_000)} {
			wantError(t, s.Redeem(s.Web, bad), 400, "invalid_grant")
		}
		wantStatus(t, s.Redeem(s.Web, code), 200)
	})
}

// CO11.
func TestRFC6749_4_1_2_CodeDiesWithWhatItStandsOn(t *testing.T) {
	ctx := context.Background()
	cases := map[string]func(*lptest.Server) error{
		"identity locked": func(s *lptest.Server) error {
			return s.Store.LockIdentity(ctx, s.Person.ID, s.Person.ID, s.Clock.Now())
		},
		"grant revoked": func(s *lptest.Server) error {
			grant, err := s.Store.Grant(ctx, s.Person.ID, s.Web.ID)
			if err != nil {
				return err
			}
			return s.Store.RevokeGrant(ctx, grant.ID, s.Person.ID, s.Clock.Now())
		},
	}
	for name, end := range cases {
		t.Run(name, func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				code := s.Code(s.Web)
				if err := end(s); err != nil {
					t.Fatal(err)
				}
				wantError(t, s.Redeem(s.Web, code), 400, "invalid_grant")
			})
		})
	}
	t.Run("app deleted", func(t *testing.T) {
		lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
			code := s.Code(s.Web)
			if err := s.Store.DeleteApp(ctx, s.Web.ID, s.Person.ID, s.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			wantError(t, s.Redeem(s.Web, code), 401, "invalid_client")
		})
	})
}

// CO12.
func TestRFC6749_4_1_3_OtherKindsAreNoCodes(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		for _, other := range []string{a.Text("refresh_token"), a.Text("access_token"), s.Web.Secret} {
			wantError(t, s.Redeem(s.Web, other), 400, "invalid_grant")
			renamed := "lp_ac_" + other[strings.LastIndex(other, "_")+1:]
			wantError(t, s.Redeem(s.Web, renamed), 400, "invalid_grant")
		}
	})
}

// CO16, SE07: the answer to the app and every page keep addresses to themselves.
func TestRFC9700_4_2_AddressesDoNotLeak(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := s.SignedIn(s.Person.Email).Authorize(s.Web.Request(), lptest.Choice{})
		if got := page.Header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("redirect with the code: Referrer-Policy %q, want no-referrer", got)
		}
		if page.Status != http.StatusFound {
			t.Errorf("status %d, want 302", page.Status)
		}
	})
}

// CO19.
func TestRFC6749_3_3_CodeGivesTheConsentedScopeOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		request := s.Web.Request()
		request.Set("scope", "dashboards:read")
		page := s.SignedIn(s.Person.Email).Authorize(request, lptest.Choice{})
		form := s.Web.Redemption(page.Param("code"))
		form.Set("scope", "dashboards:read dashboards:write")
		a := s.PostAs(s.Web, "/oauth/token", form)
		wantStatus(t, a, 200)
		if a.Text("scope") != "dashboards:read" {
			t.Errorf("scope %q, want dashboards:read", a.Text("scope"))
		}
	})
}

// CO21, SE05: a consent page belongs to the browser that began the request, and is answered once.
func TestRFC6749_10_12_ConsentBelongsToItsBrowser(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		attacker, victim := s.SignedIn(s.Person.Email), s.SignedIn(s.Person.Email)
		page := attacker.Get("/oauth/authorize?" + s.Web.Request().Encode())
		if got := victim.Get(page.URL.String()); got.Status != http.StatusForbidden {
			t.Errorf("another browser opens the consent page: %d, want 403", got.Status)
		}
		form := page.Hidden()
		first := attacker.Answer(page, lptest.Choice{})
		if first.Param("code") == "" {
			t.Fatalf("no code: %d %s", first.Status, first.Body)
		}
		form.Set("act", "allow")
		form.Set("reach", "all")
		if again := attacker.Post("/oauth/consent", form); again.Status != http.StatusConflict {
			t.Errorf("answering the page again: %d, want 409", again.Status)
		}
	})
}
