package conformance

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

func refreshed(t *testing.T, s *lptest.Server, app lptest.App, token string) lptest.Answer {
	t.Helper()
	a := s.Refresh(app, token)
	wantStatus(t, a, 200)
	return a
}

// RT01, RT04: reuse outside the window ends the whole sign-in, and the end is committed.
func TestRFC9700_4_14_2_ReuseRevokesTheFamily(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		first := s.Tokens(s.Public)
		second := refreshed(t, s, s.Public, first.Text("refresh_token"))
		s.Call(second.Text("access_token")) // confirms the successor
		s.Settle()
		s.Clock.Advance(61 * time.Second)
		wantError(t, s.Refresh(s.Public, first.Text("refresh_token")), 400, "invalid_grant")
		wantError(t, s.Refresh(s.Public, second.Text("refresh_token")), 400, "invalid_grant")
		wantStatus(t, s.Call(second.Text("access_token")), 401)
		wantStatus(t, s.Call(first.Text("access_token")), 401)
	})
}

func TestRFC9700_4_14_2_NoWindowMeansStrictOneTimeUse(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		first := s.Tokens(s.Web)
		second := refreshed(t, s, s.Web, first.Text("refresh_token"))
		wantError(t, s.Refresh(s.Web, first.Text("refresh_token")), 400, "invalid_grant")
		wantError(t, s.Refresh(s.Web, second.Text("refresh_token")), 400, "invalid_grant")
	}, lptest.WithRefreshWindow(0))
}

// RT02, ruling 6: everybody is answered, and one generation lives.
func TestRFC9700_4_14_2_ParallelRefreshesAllSucceed(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Public).Text("refresh_token")
		answers := make([]lptest.Answer, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = s.Refresh(s.Public, token) })
		}
		all.Wait()
		for _, a := range answers {
			wantStatus(t, a, 200)
			wantStatus(t, s.Call(a.Text("access_token")), 200)
		}
		// Each holds the same generation: the first to go on rotates, the others are still answered.
		for _, a := range answers {
			wantStatus(t, s.Refresh(s.Public, a.Text("refresh_token")), 200)
		}
	})
}

// Lost answers: the successor was never seen in use, so the old token still works for a while.
func TestRFC6749_6_LostAnswerIsForgiven(t *testing.T) {
	cases := []struct {
		name string
		app  func(*lptest.Server) lptest.App
		good time.Duration
		late time.Duration
	}{
		{"public", func(s *lptest.Server) lptest.App { return s.Public }, 9 * time.Minute, 11 * time.Minute},
		{"confidential", func(s *lptest.Server) lptest.App { return s.Web }, 23 * time.Hour, 25 * time.Hour},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				app := c.app(s)
				old := s.Tokens(app).Text("refresh_token")
				refreshed(t, s, app, old) // the answer is lost
				s.Clock.Advance(c.good)
				refreshed(t, s, app, old)
				s.Clock.Advance(c.late - c.good)
				wantError(t, s.Refresh(app, old), 400, "invalid_grant")
			})
		})
	}
}

// RT03, RT07: a stranger is refused and changes nothing, inside the window and outside.
func TestRFC6749_6_RefreshTokenIsBoundToItsClient(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		stranger := s.NewApp("Stranger", core.KindWeb, lptest.Redirect)
		first := s.Tokens(s.Web)
		wantError(t, s.Refresh(stranger, first.Text("refresh_token")), 400, "invalid_grant")
		second := refreshed(t, s, s.Web, first.Text("refresh_token"))
		wantError(t, s.Refresh(stranger, first.Text("refresh_token")), 400, "invalid_grant")
		s.Clock.Advance(48 * time.Hour)
		wantError(t, s.Refresh(stranger, first.Text("refresh_token")), 400, "invalid_grant")
		refreshed(t, s, s.Web, second.Text("refresh_token"))
	})
}

// RT05: the row remembers, not the process.
func TestRFC9700_4_14_2_ReuseIsSeenAfterARestart(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		first := s.Tokens(s.Public)
		second := refreshed(t, s, s.Public, first.Text("refresh_token"))
		s.Call(second.Text("access_token"))
		s.Restart()
		s.Clock.Advance(2 * time.Minute)
		wantError(t, s.Refresh(s.Public, first.Text("refresh_token")), 400, "invalid_grant")
		wantStatus(t, s.Call(second.Text("access_token")), 401)
		s.Restart() // revocations are known to the next process, too
		wantStatus(t, s.Call(second.Text("access_token")), 401)
	})
}

// RT06: once the 200 of the revocation is out, nothing of the family works.
func TestRFC7009_2_1_RefreshRacingWithRevocation(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for range 10 {
			token := s.Tokens(s.Public).Text("refresh_token")
			var won lptest.Answer
			var both sync.WaitGroup
			both.Go(func() { won = s.Refresh(s.Public, token) })
			both.Go(func() { s.PostAs(s.Public, "/oauth/revoke", lptest.Form("token", token)) })
			both.Wait()
			wantError(t, s.Refresh(s.Public, token), 400, "invalid_grant")
			if won.Status == 200 {
				wantError(t, s.Refresh(s.Public, won.Text("refresh_token")), 400, "invalid_grant")
				wantStatus(t, s.Call(won.Text("access_token")), 401)
			}
		}
	})
}

// RT08.
func TestRFC6749_6_ScopeMayShrinkNeverGrow(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		request := s.Web.Request()
		request.Set("scope", "dashboards:read")
		code := s.SignedIn(s.Person.Email).Authorize(request, lptest.Choice{}).Param("code")
		token := s.Redeem(s.Web, code).Text("refresh_token")
		wantError(t, s.Token(s.Web, "grant_type", "refresh_token", "refresh_token", token, "scope", "dashboards:read dashboards:write"), 400, "invalid_scope")
		wantStatus(t, s.Token(s.Web, "grant_type", "refresh_token", "refresh_token", token, "scope", "dashboards:read"), 200)
	})
}

// RT09.
func TestRFC6749_6_RefreshDiesWithWhatItStandsOn(t *testing.T) {
	ctx := context.Background()
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a, b := s.Tokens(s.Web), s.Tokens(s.Public)
		grant, err := s.Store.Grant(ctx, s.Person.ID, s.Web.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Store.RevokeGrant(ctx, grant.ID, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.Refresh(s.Web, a.Text("refresh_token")), 400, "invalid_grant")
		wantStatus(t, s.Call(a.Text("access_token")), 401)
		if err := s.Store.LockIdentity(ctx, s.Person.ID, s.Person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.Refresh(s.Public, b.Text("refresh_token")), 400, "invalid_grant")
		wantStatus(t, s.Call(b.Text("access_token")), 401)
	})
}

// RT10.
func TestRFC9700_4_14_2_IdleAndAbsoluteLife(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		idle := s.Tokens(s.Web).Text("refresh_token")
		s.Clock.Advance(60*24*time.Hour + time.Second)
		wantError(t, s.Refresh(s.Web, idle), 400, "invalid_grant")

		sliding := s.Tokens(s.Web)
		var err string
		for range 8 {
			s.Clock.Advance(50 * 24 * time.Hour)
			next := s.Refresh(s.Web, sliding.Text("refresh_token"))
			if err = next.Text("error"); err != "" {
				break
			}
			sliding = next
		}
		if err != "invalid_grant" {
			t.Errorf("sliding past a year: got %q, want invalid_grant", err)
		}
	})
}

// RT12.
func TestRFC6750_3_1_TokensDoNotPassAsEachOther(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Tokens(s.Web)
		wantError(t, s.Call(a.Text("refresh_token")), 401, "invalid_token")
		wantError(t, s.Refresh(s.Web, a.Text("access_token")), 400, "invalid_grant")
		renamed := strings.Replace(a.Text("refresh_token"), "lp_rt_", "lp_at_", 1)
		wantError(t, s.Call(renamed), 401, "invalid_token")
	})
}
