package conformance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// fields are the two that tell where a caller stands, as they came.
func fields(a lptest.Answer) string {
	return strings.Join(a.Header.Values("RateLimit-Policy"), "|") + " " + strings.Join(a.Header.Values("RateLimit"), "|")
}

func wantFields(t *testing.T, a lptest.Answer, status int, policy, standing string) {
	t.Helper()
	if a.Status != status || fields(a) != policy+" "+standing {
		t.Errorf("%d %s\n%s\nwant %d %s %s", a.Status, fields(a), a.Body, status, policy, standing)
	}
}

// AT36: the fields of draft-ietf-httpapi-ratelimit-headers-11, byte by byte, as docs/rate-limits.md promises them.
func TestAT36_AnswersSayWhereTheCallerStands(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		call := func() lptest.Answer { return s.Call(token, "Launchpad-Account", s.First.Slug) }
		const policy = `"api_of_account";q=500;w=10`
		wantFields(t, call(), 200, policy, `"api_of_account";r=499;t=10`)
		s.Clock.Advance(3500 * time.Millisecond)
		wantFields(t, call(), 200, policy, `"api_of_account";r=498;t=7`)
		for range 497 {
			call()
		}
		wantFields(t, call(), 200, policy, `"api_of_account";r=0;t=7`)
		a := call()
		wantFields(t, a, 429, policy, `"api_of_account";r=0;t=7`)
		wantRetryAfter(t, a, 7*time.Second)
		wantFields(t, s.Call(token, "Launchpad-Account", s.Second.Slug), 200, policy, `"api_of_account";r=499;t=10`)

		// Who is refused before the account is known stands under the address alone, and in round numbers.
		a = s.Call("nonsense")
		wantFields(t, a, 401, `"api";q=20000;w=10`, `"api";r=19000;t=7`)
		// Only answers of APIs, and refusals, tell of it.
		if a := s.Token(s.Machine, "grant_type", "client_credentials"); a.Status != 200 || fields(a) != " " {
			t.Errorf("a token answer: %d %s", a.Status, fields(a))
		}
	}, lptest.WithLimits(config.DefaultLimits))
}

// HTTP/1.1 has the names as the draft spells them.
func TestAT36_NamesOnTheWire(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.WithLimits(config.DefaultLimits))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v3/dashboards HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", conn.RemoteAddr())
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	raw := string(answer)
	for _, want := range []string{"\r\nRateLimit-Policy: \"api\";q=20000;w=10\r\n", "\r\nRateLimit: \"api\";r=19000;t=10\r\n"} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
}

// AT36: every policy, its first request too many, and who is not concerned. The clock stands still.
func TestAT36_EveryPolicy(t *testing.T) {
	const few = 3
	type caller struct {
		s     *lptest.Server
		token map[string]string // by app
	}
	call := func(app, address string, account core.Account, path string) func(*testing.T, caller) lptest.Answer {
		return func(t *testing.T, c caller) lptest.Answer {
			r := c.s.Request("GET", path, "")
			r.Header.Set("Authorization", "Bearer "+c.token[app])
			r.Header.Set("X-Forwarded-For", address)
			if !strings.Contains(path, "accounts") && account.Slug != "" {
				r.Header.Set("Launchpad-Account", account.Slug)
			}
			return c.s.Do(r)
		}
	}
	post := func(path, form, address string, as func(*lptest.Server) lptest.App) func(*testing.T, caller) lptest.Answer {
		return func(t *testing.T, c caller) lptest.Answer {
			r := c.s.Request("POST", path, form)
			app := as(c.s)
			r.SetBasicAuth(app.ClientID, app.Secret)
			r.Header.Set("X-Forwarded-For", address)
			return c.s.Do(r)
		}
	}
	machine := func(s *lptest.Server) lptest.App { return s.Machine }
	stranger := func(s *lptest.Server) lptest.App { a := s.Machine; a.Secret = "wrong"; return a }
	other := func(s *lptest.Server) lptest.App { return s.Web }
	first, second := core.Account{Slug: "sample-bakery"}, core.Account{Slug: "sample-cinema"}
	const here, there, dashboards, inPath = "203.0.113.1", "203.0.113.2", "/v3/dashboards", "/v3/accounts/sample-bakery/dashboards"
	type ask = func(*testing.T, caller) lptest.Answer
	for _, c := range []struct {
		policy      string
		slug        string
		limit       func(*config.Limits, *config.APILimits)
		same        []ask // counted together
		unconcerned []ask
	}{
		{"api", "too_many_requests", func(l *config.Limits, _ *config.APILimits) { l.API = few },
			[]ask{call("web", here, first, dashboards), call("public", here, second, dashboards)}, []ask{call("web", there, first, dashboards)}},
		{"api_of_account", "too_many_calls", func(l *config.Limits, _ *config.APILimits) { l.APIOfAccount = few },
			[]ask{call("web", here, first, dashboards), call("public", here, first, inPath)}, []ask{call("web", there, first, dashboards), call("web", here, second, dashboards)}},
		{"api_of_account", "too_many_calls", func(_ *config.Limits, own *config.APILimits) { own.OfAccount = few },
			[]ask{call("web", here, first, dashboards), call("public", here, first, inPath)}, []ask{call("web", there, first, dashboards), call("web", here, second, dashboards)}},
		{"api_of_route", "too_many_calls_of_route", func(l *config.Limits, _ *config.APILimits) { l.APIOfRoute = few },
			[]ask{call("web", here, first, dashboards), call("public", here, first, dashboards)}, []ask{call("web", here, first, inPath), call("web", there, first, dashboards), call("web", here, second, dashboards)}},
		{"api_of_route", "too_many_calls_of_route", func(_ *config.Limits, own *config.APILimits) { own.OfRoute = few },
			[]ask{call("web", here, first, dashboards)}, []ask{call("web", here, first, inPath)}},
		{"api_of_identity", "too_many_calls_of_identity", func(l *config.Limits, _ *config.APILimits) { l.APIOfIdentity = few },
			[]ask{call("web", here, first, dashboards), call("public", there, second, dashboards)}, []ask{call("machine", here, core.Account{}, dashboards)}},
		{"api_of_identity", "too_many_calls_of_identity", func(_ *config.Limits, own *config.APILimits) { own.OfIdentity = few },
			[]ask{call("web", here, first, dashboards), call("public", there, second, dashboards)}, []ask{call("machine", here, core.Account{}, dashboards)}},
		{"api_of_app", "too_many_calls_of_app", func(l *config.Limits, _ *config.APILimits) { l.APIOfApp = few },
			[]ask{call("web", here, first, dashboards), call("web", there, second, inPath)}, []ask{call("public", here, first, dashboards)}},
		{"api_of_app", "too_many_calls_of_app", func(_ *config.Limits, own *config.APILimits) { own.OfApp = few },
			[]ask{call("web", here, first, dashboards), call("web", there, second, inPath)}, []ask{call("public", here, first, dashboards)}},
		{"api_in_account", "too_many_calls_in_account", func(l *config.Limits, _ *config.APILimits) { l.APIInAccount = few },
			[]ask{call("web", here, first, dashboards), call("public", there, first, inPath)}, []ask{call("web", here, second, dashboards)}},
		{"api_in_account", "too_many_calls_in_account", func(_ *config.Limits, own *config.APILimits) { own.InAccount = few },
			[]ask{call("web", here, first, dashboards), call("public", there, first, inPath)}, []ask{call("web", here, second, dashboards)}},
		{"token", "too_many_requests", func(l *config.Limits, _ *config.APILimits) { l.Token = few },
			[]ask{post("/oauth/token", "grant_type=x", here, machine), post("/oauth/token", "grant_type=x", here, other)}, []ask{post("/oauth/token", "grant_type=x", there, machine)}},
		{"token_of_app", "too_many_of_app", func(l *config.Limits, _ *config.APILimits) { l.TokenOfApp = few },
			[]ask{post("/oauth/token", "grant_type=client_credentials", here, machine), post("/oauth/token", "grant_type=client_credentials", there, machine)},
			[]ask{post("/oauth/token", "grant_type=client_credentials", here, other)}},
		{"introspect_of_app", "too_many_of_app", func(l *config.Limits, _ *config.APILimits) { l.IntrospectOfApp = few },
			[]ask{post("/oauth/introspect", "token=x", here, machine)}, []ask{post("/oauth/introspect", "token=x", here, other)}},
		{"revoke_of_app", "too_many_of_app", func(l *config.Limits, _ *config.APILimits) { l.RevokeOfApp = few },
			[]ask{post("/oauth/revoke", "token=x", here, machine)}, []ask{post("/oauth/revoke", "token=x", here, other)}},
		{"wrong_secrets", "too_many_wrong_secrets", func(l *config.Limits, _ *config.APILimits) { l.WrongSecrets = few },
			[]ask{post("/oauth/revoke", "token=x", here, stranger)}, []ask{post("/oauth/revoke", "token=x", here, machine)}},
	} {
		limits, own := config.Unlimited(), config.APILimits{}
		c.limit(&limits, &own)
		lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
			who := caller{s, map[string]string{
				"web": s.Tokens(s.Web).Text("access_token"), "public": s.Tokens(s.Public).Text("access_token"),
				"machine": s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token"),
			}}
			s.Clock.Advance(10 * time.Second) // what came before does not count
			for n := range few {
				if a := c.same[n%len(c.same)](t, who); a.Status == http.StatusTooManyRequests {
					t.Fatalf("%s: request %d was refused: %s", c.policy, n+1, a.Body)
				}
			}
			for n, ask := range c.same {
				a := ask(t, who)
				wantFields(t, a, 429, fmt.Sprintf(`"%s";q=3;w=10`, c.policy), fmt.Sprintf(`"%s";r=0;t=10`, c.policy))
				wantRetryAfter(t, a, 10*time.Second)
				if !strings.HasSuffix(a.Text("error_uri"), "/"+c.slug) {
					t.Errorf("%s, way %d: %s, want %s", c.policy, n, a.Text("error_uri"), c.slug)
				}
			}
			for n, ask := range c.unconcerned {
				if a := ask(t, who); a.Status == http.StatusTooManyRequests {
					t.Errorf("%s: way %d is refused, too: %s", c.policy, n, a.Body)
				}
			}
			if text := s.Metrics(); !strings.Contains(text, `launchpad_limits_refused_total{api="`) || !strings.Contains(text, `policy="`+c.policy+`"} `+fmt.Sprint(len(c.same))+"\n") {
				t.Errorf("%s: the metrics do not count %d refusals", c.policy, len(c.same))
			}
			s.Clock.Advance(10 * time.Second)
			if a := c.same[0](t, who); a.Status == http.StatusTooManyRequests {
				t.Errorf("%s: refused after the window", c.policy)
			}
		}, lptest.BehindProxy(), lptest.WithLimits(limits), lptest.WithAPILimits(own))
	}
}

// AT36: what is counted for the fast one is not reset by what a request says of itself, nor by what it puts beside it.
func TestAT36_NothingThatACallSaysResets(t *testing.T) {
	l := config.Unlimited()
	l.APIOfAccount = 2
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		for n := range 12 {
			own := fmt.Sprint(n)
			a := s.Call(token, "Launchpad-Account", s.First.Slug, "X-Forwarded-For", "10.0.0."+own, "X-Real-IP", "10.0.0."+own, "Forwarded", "for=10.0.0."+own,
				"User-Agent", own, "RateLimit", `"api_of_account";r=9;t=1`)
			if want := map[bool]int{true: 200, false: 429}[n < 2]; a.Status != want {
				t.Errorf("call %d: %d, want %d", n+1, a.Status, want)
			}
		}
	}, lptest.WithLimits(l))
}

// AT36: two and three nodes on one PostgreSQL, behind a balancer that takes turns: the limit, and at most what passes in a
// second more. The bound is proved for the counters alone in internal/limit; this is the whole way.
func TestAT36_NodesShareTheirCounts(t *testing.T) {
	for _, e := range lptest.Engines(t) {
		if e.Name != "postgres" {
			continue
		}
		for _, many := range []int{2, 3} {
			t.Run(fmt.Sprint(many, " nodes"), func(t *testing.T) {
				limits := config.DefaultLimits
				limits.APIOfAccount = 100
				nodes := []*lptest.Server{lptest.Start(t, e, lptest.WithLimits(limits))}
				for len(nodes) < many {
					nodes = append(nodes, nodes[0].SecondNode())
				}
				token := nodes[0].Tokens(nodes[0].Web).Text("access_token")
				for _, n := range nodes {
					n.CatchUp()
					n.Deafen() // from here on they talk when they are made to
					n.ShareLimits()
				}
				call := func(n *lptest.Server) int { return n.Call(token, "Launchpad-Account", n.First.Slug).Status }
				passed := 0
				const inASecond = 40
				for tick := range 8 {
					for n := range inASecond / 2 {
						if call(nodes[(tick*inASecond/2+n)%many]) == 200 {
							passed++
						}
					}
					for _, n := range nodes {
						n.ShareLimits()
					}
				}
				if passed < 100 || passed > 100+inASecond {
					t.Errorf("%d calls passed, want 100 and at most %d more", passed, inASecond)
				}
				last := nodes[many-1]
				if a := last.Call(token, "Launchpad-Account", last.First.Slug); a.Status != 429 || a.Header.Get("Retry-After") == "" {
					t.Errorf("afterwards: %d", a.Status)
				}
				wantStatus(t, last.Call(token, "Launchpad-Account", last.Second.Slug), 200)
				nodes[0].Clock.Advance(10 * time.Second)
				for _, n := range nodes {
					n.ShareLimits()
				}
				if status := call(last); status != 200 {
					t.Errorf("after the window: %d", status)
				}
			})
		}
	}
}

// AT36: with a Redis it is the limit, and not one more; and when it dies, limits go on.
func TestAT36_RedisCountsForAllNodes(t *testing.T) {
	lptest.EachRedis(t, func(t *testing.T, r *lptest.Redis) {
		for _, e := range lptest.Engines(t) {
			limits := config.DefaultLimits
			limits.APIOfAccount = 100
			a := lptest.Start(t, e, lptest.WithLimits(limits), lptest.WithRedis(r))
			nodes := []*lptest.Server{a}
			if e.Name == "postgres" {
				nodes = append(nodes, a.SecondNode())
			}
			token := a.Tokens(a.Web).Text("access_token")
			passed := 0
			for n := range 150 {
				node := nodes[n%len(nodes)]
				switch answer := node.Call(token, "Launchpad-Account", a.First.Slug); answer.Status {
				case 200:
					passed++
				case 429:
					if answer.Header.Get("Retry-After") == "" {
						t.Error("429 without Retry-After")
					}
				default:
					t.Fatalf("%d %s", answer.Status, answer.Body)
				}
			}
			if passed != 100 {
				t.Errorf("%s: %d calls passed at %d nodes, want 100", e.Name, passed, len(nodes))
			}
			if text := a.Metrics(); !strings.Contains(text, "\nlaunchpad_limits_redis_up 1\n") || !strings.Contains(text, "\nlaunchpad_limits_redis_fallbacks_total 0\n") {
				t.Errorf("%s: the metrics do not say that redis counts", e.Name)
			}
			r.Kill()
			wantStatus(t, a.Call(token, "Launchpad-Account", a.First.Slug), 429)
			wantStatus(t, a.Call(token, "Launchpad-Account", a.Second.Slug), 200)
			if text := a.Metrics(); !strings.Contains(text, "\nlaunchpad_limits_redis_up 0\n") {
				t.Errorf("%s: the metrics do not say that redis is away", e.Name)
			}
			a.Log.Wait(t, "redis does not answer")
			r.Start()
		}
	})
}

// AT36: the page for developers is served, and stops before the operators' part.
func TestAT36_RateLimitsAreExplained(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0])
	page := s.Browser().Get("/docs/rate-limits")
	for _, want := range []string{"Where you stand", "api_of_account", "<table>", "Retry-After"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if page.Status != 200 || strings.Contains(page.Body, "For operators") {
		t.Errorf("%d, or it speaks to operators", page.Status)
	}
}
