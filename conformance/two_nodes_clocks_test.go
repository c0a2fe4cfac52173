package conformance

import (
	"slices"
	"testing"
	"time"

	"launchpad/internal/keys"
	"launchpad/internal/lptest"
	"launchpad/internal/server"
)

// apart is by how much the clocks of nodes may differ; tolerated is what may come of it.
const (
	apart     = 30 * time.Second
	tolerated = time.Minute
)

// eachPairApart runs a test against two nodes whose clocks differ, of which the first is slow.
func eachPairApart(t *testing.T, test func(t *testing.T, slow, fast *lptest.Server)) {
	t.Helper()
	for _, e := range lptest.Engines(t) {
		if e.Name != "postgres" {
			continue // an embedded database has one process
		}
		t.Run("the first node is slow", func(t *testing.T) {
			t.Parallel()
			s := lptest.Start(t, e)
			test(t, s, s.SecondNodeAhead(apart))
		})
		t.Run("the first node is fast", func(t *testing.T) {
			t.Parallel()
			s := lptest.Start(t, e)
			test(t, s.SecondNodeAhead(-apart), s)
		})
	}
}

// bothWays are who gives, and who is shown it.
func bothWays(slow, fast *lptest.Server) map[string][2]*lptest.Server {
	return map[string][2]*lptest.Server{"slow to fast": {slow, fast}, "fast to slow": {fast, slow}}
}

// KY07: what one node made is good at the other at once: codes, refresh tokens, both kinds of access tokens, sessions and
// pages that wait for an answer.
func TestKY07_WhatANodeMadeIsGoodAtOneWithAnotherClock(t *testing.T) {
	eachPairApart(t, func(t *testing.T, slow, fast *lptest.Server) {
		robot := robot(slow)
		for way, node := range bothWays(slow, fast) {
			from, to := node[0], node[1]
			var h held
			h.make(t, from, robot)
			h.browser = h.browser.At(to)
			if page := h.browser.Get("/accounts"); page.Status != 200 || page.URL.Path != "/accounts" {
				t.Errorf("%s: the session leads to %d %s", way, page.Status, page.URL)
			}
			h.works(t, to, robot)

			first := from.Tokens(from.Public).Text("refresh_token")
			second := to.Refresh(to.Public, first)
			wantStatus(t, second, 200)
			wantStatus(t, from.Refresh(from.Public, first), 200) // whose answer was lost
			wantStatus(t, from.Refresh(from.Public, second.Text("refresh_token")), 200)
			from.Clock.Advance(server.DefaultRefreshWindow + tolerated)
			wantError(t, to.Refresh(to.Public, first), 400, "invalid_grant")
		}
	})
}

// KY07: a slow node accepts nothing for longer than a minute after its end, and a fast one ends nothing a minute early.
func TestKY07_WhatIsOverIsOverAtANodeWithAnotherClock(t *testing.T) {
	eachPairApart(t, func(t *testing.T, slow, fast *lptest.Server) {
		robot := robot(slow)
		life := server.DefaultLife.Access
		for way, node := range bothWays(slow, fast) {
			from, to := node[0], node[1]
			sealed := from.Token(from.Machine, "grant_type", "client_credentials").Text("access_token")
			jwt := from.Token(robot, "grant_type", "client_credentials").Text("access_token")
			code := from.Code(from.Web)
			from.Clock.Advance(server.DefaultLife.Code + tolerated)
			wantError(t, to.Redeem(to.Web, code), 400, "invalid_grant")
			from.Clock.Advance(life - server.DefaultLife.Code - 2*tolerated)
			for kind, token := range map[string]string{"sealed": sealed, "JWT": jwt} {
				if got := to.Call(token).Status; got != 200 {
					t.Errorf("%s, %s: %d a minute before its end", way, kind, got)
				}
			}
			from.Clock.Advance(2 * tolerated)
			for kind, token := range map[string]string{"sealed": sealed, "JWT": jwt} {
				if got := to.Call(token).Status; got != 401 {
					t.Errorf("%s, %s: %d a minute after its end", way, kind, got)
				}
			}
		}
	})
}

// KY07: what a node ends is ended at the other, whichever was made by which clock.
func TestKY07_WhatANodeEndsIsOverAtOneWithAnotherClock(t *testing.T) {
	eachPairApart(t, func(t *testing.T, slow, fast *lptest.Server) {
		robot := robot(slow)
		for way, node := range bothWays(slow, fast) {
			for _, made := range []*lptest.Server{slow, fast} {
				ends, hears := node[0], node[1]
				sealed := made.Tokens(made.Web)
				jwt := made.Token(robot, "grant_type", "client_credentials").Text("access_token")
				wantStatus(t, ends.PostAs(ends.Web, "/oauth/revoke", lptest.Form("token", sealed.Text("refresh_token"))), 200)
				wantStatus(t, ends.PostAs(robot, "/oauth/revoke", lptest.Form("token", jwt)), 200)
				hears.CatchUp()
				for kind, token := range map[string]string{"sealed": sealed.Text("access_token"), "JWT": jwt} {
					if got := hears.Call(token).Status; got != 401 {
						t.Errorf("%s, %s: %d after its end", way, kind, got)
					}
				}
				wantError(t, hears.Refresh(hears.Web, sealed.Text("refresh_token")), 400, "invalid_grant")
			}
		}
	})
}

// KY07: a key that is in use by the fast node's clock, and not yet by the slow one's.
func TestKY07_AFreshKeyIsKnownWhereItIsNotInUseYet(t *testing.T) {
	eachPairApart(t, func(t *testing.T, slow, fast *lptest.Server) {
		robot := robot(slow)
		signs := func(s *lptest.Server) string {
			s.Settle()
			return kid(t, "", s.Token(robot, "grant_type", "client_credentials").Text("access_token"))
		}
		old := signs(slow)
		slow.Clock.Advance(keys.DefaultRotation.Every - keys.DefaultRotation.Lead - apart)
		for waited := 0; signs(fast) == old; waited++ {
			if waited > int(4*keys.DefaultRotation.Lead/time.Second) {
				t.Fatal("the fast node never changes its key")
			}
			slow.Clock.Advance(time.Second)
		}
		if signs(slow) != old {
			t.Fatal("both use the new key; this test would prove nothing")
		}
		if published := jwks(t, slow); !slices.Contains(published, signs(fast)) {
			t.Errorf("the slow node publishes %v, without the key of the fast one", published)
		}
		for _, node := range bothWays(slow, fast) {
			var h held
			h.make(t, node[0], robot)
			h.browser = h.browser.At(node[1])
			h.works(t, node[1], robot)
		}
		slow.Clock.Advance(apart)
		if now := signs(slow); now == old || now != signs(fast) {
			t.Errorf("half a minute later the slow node signs with %s, the fast one with %s", now, signs(fast))
		}
	})
}
