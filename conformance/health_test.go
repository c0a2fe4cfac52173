package conformance

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"launchpad/internal/lptest"
)

// HT14: who asks for health hears yes or no, and a trace id; never why, and never where things are.
func TestHealthTellsNoMore(t *testing.T) {
	for name, end := range map[string]func(*lptest.Server){"draining": (*lptest.Server).Drain, "database away": (*lptest.Server).BreakStore} {
		t.Run(name, func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				wantStatus(t, s.Do(s.Request("GET", "/readyz", "")), 200)
				end(s)
				a := s.Do(s.Request("GET", "/readyz", ""))
				wantError(t, a, 503, "temporarily_unavailable")
				_, dsn := s.Database()
				u, err := url.Parse(dsn)
				if err != nil {
					t.Fatal(err)
				}
				for _, word := range []string{dsn, path.Base(dsn), u.Path, "sqlite", "postgres", "sql:", "pool", "closed", name} {
					if word != "" && strings.Contains(a.Body, word) {
						t.Errorf("the answer says %q: %s", word, a.Body)
					}
				}
				if log := s.Log.String(); !strings.Contains(log, a.Text("trace")) || !strings.Contains(log, `"route":"/readyz","status":503`) {
					t.Error("the log does not say why")
				}
				wantStatus(t, s.Do(s.Request("GET", "/healthz", "")), 200)
			})
		})
	}
}

// HT12: one request, one line, whatever it was.
func TestEveryRequestHasItsLine(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		before := strings.Count(s.Log.String(), "\n")
		n := 0
		for _, path := range []string{"/healthz", "/oauth/jwks", "/signin", "/nowhere", "/a//b", "/v3/dashboards", "/v3", "/assets/x", "/docs/errors/nonsense", "/oauth/authorize", "/oauth/applications"} {
			for _, method := range []string{"GET", "POST", "OPTIONS", "HEAD", "BREW"} {
				s.Do(s.Request(method, path, ""))
				n++
			}
		}
		if got := strings.Count(s.Log.String(), "\n") - before; got != n {
			t.Errorf("%d lines for %d requests", got, n)
		}
	})
}

// RT02: how refreshes are answered is what an operator looks at first when people are signed out.
func TestRefreshesAreCountedByOutcome(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		first := s.Tokens(s.Web).Text("refresh_token")
		second := s.Refresh(s.Web, first).Text("refresh_token")
		s.Refresh(s.Web, first)
		s.Clock.Advance(2 * time.Minute)
		s.Refresh(s.Web, first) // its answer may have been lost
		s.Refresh(s.Web, second)
		s.Clock.Advance(2 * time.Minute)
		s.Refresh(s.Web, first)
		s.Token(s.Machine, "grant_type", "client_credentials")
		metrics := s.Metrics()
		for _, want := range []string{
			`grant="authorization_code",outcome="issued"} 1`, `grant="client_credentials",outcome="issued"} 1`,
			`grant="refresh_token",outcome="rotated"} 2`, `grant="refresh_token",outcome="repeated"} 1`, `grant="refresh_token",outcome="recovered"} 1`, `grant="refresh_token",outcome="refresh_token_reused"} 1`,
		} {
			if !strings.Contains(metrics, "launchpad_token_requests_total{"+want) {
				t.Errorf("no %s", want)
			}
		}
		if engine, _ := s.Database(); !strings.Contains(metrics, "launchpad_"+engine+"_") {
			t.Errorf("nothing is said of %s", engine)
		}
	})
}
