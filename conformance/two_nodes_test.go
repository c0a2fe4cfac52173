package conformance

import (
	"sync"
	"testing"

	"launchpad/internal/lptest"
)

// eachPair runs a test against two nodes over one PostgreSQL.
func eachPair(t *testing.T, test func(t *testing.T, a, b *lptest.Server)) {
	t.Helper()
	for _, e := range lptest.Engines(t) {
		if e.Name == "postgres" {
			t.Run(e.Name, func(t *testing.T) {
				t.Parallel()
				a := lptest.Start(t, e)
				test(t, a, a.SecondNode())
			})
		}
	}
}

// CO03.
func TestRFC6749_4_1_2_OneWinnerOverTwoNodes(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *lptest.Server) {
		for range 10 {
			code := a.Code(a.Web)
			answers := make([]lptest.Answer, 8)
			var all sync.WaitGroup
			for i := range answers {
				node := []*lptest.Server{a, b}[i%2]
				all.Go(func() { answers[i] = node.Redeem(node.Web, code) })
			}
			all.Wait()
			winners := 0
			for _, answer := range answers {
				if answer.Status != 200 {
					wantError(t, answer, 400, "invalid_grant")
					continue
				}
				winners++
				wantError(t, b.Refresh(b.Web, answer.Text("refresh_token")), 400, "invalid_grant")
			}
			if winners != 1 {
				t.Fatalf("%d winners, want 1", winners)
			}
		}
	})
}

// RT02: both nodes answer everybody, and one generation lives.
func TestRFC9700_4_14_2_ParallelRefreshesOverTwoNodes(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *lptest.Server) {
		token := a.Tokens(a.Public).Text("refresh_token")
		answers := make([]lptest.Answer, 8)
		for round := range 3 {
			var all sync.WaitGroup
			for i := range answers {
				node, presented := []*lptest.Server{a, b}[i%2], token
				if round > 0 {
					presented = answers[i].Text("refresh_token")
				}
				all.Go(func() { answers[i] = node.Refresh(node.Public, presented) })
			}
			all.Wait()
			for _, answer := range answers {
				wantStatus(t, answer, 200)
			}
		}
	})
}

// KY05: two nodes that start at once on an empty database share one key set.
func TestTwoNodesStartingAtOnceShareTheirKeys(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *lptest.Server) {
		keysOf := func(s *lptest.Server) string { return s.Do(s.Request("GET", "/oauth/jwks", "")).Body }
		if keysOf(a) != keysOf(b) {
			t.Errorf("key sets differ:\n%s\n%s", keysOf(a), keysOf(b))
		}
		token := a.Token(a.Machine, "grant_type", "client_credentials").Text("access_token")
		wantStatus(t, b.Call(token), 200)
	})
}
