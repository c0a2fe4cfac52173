package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/gateway"
	"launchpad/internal/lptest"
)

// upstream starts one that ends with the test.
func upstream(t *testing.T, handle http.HandlerFunc) *url.URL {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	check(t, err)
	return target
}

// gone is an address at which nobody answers.
func gone(t *testing.T) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	target, err := url.Parse(server.URL)
	check(t, err)
	server.Close()
	return target
}

// HT14: of several upstreams, one that is away costs nobody a call; and a call that may have taken effect is not repeated.
func TestCallsGoToUpstreamsThatAnswer(t *testing.T) {
	var calls, cut atomic.Int64
	well := upstream(t, func(w http.ResponseWriter, r *http.Request) { calls.Add(1) })
	cutting := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		cut.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		load := func(targets ...*url.URL) {
			api := s.SampleAPI()
			api.Upstream = gateway.Pool(gateway.Backends{Targets: targets})
			check(t, s.LoadAPIs(api))
		}
		send := func(method, body string) lptest.Answer {
			r := s.Request(method, "/v3/dashboards", body)
			r.Header.Set("Authorization", "Bearer "+token)
			return s.Do(r)
		}
		load(gone(t), well)
		for range 8 {
			wantStatus(t, send("GET", ""), 200)
			wantStatus(t, send("POST", "a=b"), 200) // there was no connection that it could have been sent on
		}
		load(cutting, well)
		cut.Store(0)
		for range 4 {
			wantStatus(t, send("GET", ""), 200)
		}
		load(cutting, cutting)
		cut.Store(0)
		wantError(t, send("POST", "a=b"), 502, "temporarily_unavailable")
		if n := cut.Load(); n != 1 {
			t.Errorf("a POST was sent %d times", n)
		}
	})
}

// HT14: what is too slow is 504, what its health check calls sick 503, and neither tells who stands behind the gateway.
func TestUpstreamsThatAreSlowOrSick(t *testing.T) {
	end := make(chan struct{})
	slow := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(end) })
	asked := make(chan struct{}, 100)
	sick := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		w.WriteHeader(http.StatusInternalServerError)
	})
	for _, e := range lptest.Engines(t)[:1] {
		s := lptest.Start(t, e)
		token := s.Tokens(s.Web).Text("access_token")
		load := func(b gateway.Backends) {
			api := s.SampleAPI()
			api.Upstream = gateway.Pool(b)
			check(t, s.LoadAPIs(api))
		}
		for name, b := range map[string]gateway.Backends{
			"first byte": {Targets: []*url.URL{slow}, FirstByte: 50 * time.Millisecond}, "whole": {Targets: []*url.URL{slow}, Whole: 50 * time.Millisecond},
		} {
			load(b)
			a := s.Call(token)
			wantError(t, a, 504, "temporarily_unavailable")
			if strings.Contains(a.Body, slow.Host) || a.Text("trace") == "" {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
		load(gateway.Backends{Targets: []*url.URL{sick}, Health: "/health", Every: 10 * time.Millisecond})
		for range 4 { // the answer of the second was read when the fourth comes
			<-asked
		}
		a := s.Call(token)
		wantError(t, a, 503, "temporarily_unavailable")
		if a.Header.Get("Retry-After") == "" || strings.Contains(a.Body, sick.Host) {
			t.Errorf("%v %s", a.Header, a.Body)
		}
	}
}

// HT14: what its health check called sick is asked again, and answers once it is well.
func TestASickUpstreamGetsWell(t *testing.T) {
	var well atomic.Bool
	asked := make(chan bool)
	end := make(chan struct{})
	target := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			return
		}
		answer := well.Load()
		select {
		case asked <- answer:
		case <-end:
		}
		if !answer {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	s := lptest.Start(t, lptest.Engines(t)[0])
	t.Cleanup(func() { close(end) })
	token := s.Tokens(s.Web).Text("access_token")
	api := s.SampleAPI()
	api.Upstream = gateway.Pool(gateway.Backends{Targets: []*url.URL{target}, Health: "/health", Every: 20 * time.Millisecond})
	check(t, s.LoadAPIs(api))
	for range 3 { // when it is asked for the third time, two answers have been read
		<-asked
	}
	wantStatus(t, s.Call(token), 503)
	well.Store(true)
	for answered := 0; answered < 2; { // likewise for one good answer
		if <-asked {
			answered++
		}
	}
	wantStatus(t, s.Call(token), 200)
}

// HT14: an upstream that failed five times in a row is left alone for ten seconds; then one call tries it, and until that has
// succeeded nobody else does.
func TestAnUpstreamThatFailsIsSetAside(t *testing.T) {
	var hits atomic.Int64
	var mended atomic.Bool
	here, goOn := make(chan struct{}), make(chan struct{})
	ill := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		if !mended.Load() {
			panic(http.ErrAbortHandler)
		}
		if r.URL.RawQuery == "hold" {
			here <- struct{}{}
			<-goOn
		}
	})
	var atWell atomic.Int64
	well := upstream(t, func(w http.ResponseWriter, r *http.Request) { atWell.Add(1) })
	s := lptest.Start(t, lptest.Engines(t)[0])
	token := s.Tokens(s.Web).Text("access_token")
	load := func(targets ...*url.URL) {
		api := s.SampleAPI()
		api.Upstream = gateway.Pool(gateway.Backends{Targets: targets, Watch: s.Watch})
		check(t, s.LoadAPIs(api))
	}
	send := func(query string) int { // a call that is never repeated
		r := s.Request("POST", "/v3/dashboards?"+query, "a=b")
		r.Header.Set("Authorization", "Bearer "+token)
		return s.Do(r).Status
	}
	count := func(calls int) (failed int) {
		for range calls {
			if send("") != 200 {
				failed++
			}
		}
		return failed
	}
	load(ill, well)
	if failed := count(30); failed != 5 || hits.Load() != 5 {
		t.Errorf("%d failed, it was asked %d times; want 5 before it is set aside", failed, hits.Load())
	}
	s.Watch.Advance(10*time.Second - time.Millisecond)
	if failed := count(10); failed != 0 {
		t.Errorf("%d failed before the ten seconds were over", failed)
	}
	s.Watch.Advance(time.Millisecond)
	if failed := count(10); failed != 1 || hits.Load() != 6 {
		t.Errorf("%d failed, it was asked %d times; want one try", failed, hits.Load())
	}
	mended.Store(true)
	s.Watch.Advance(10 * time.Second)
	atWell.Store(0)
	var callers sync.WaitGroup
	for range 16 {
		callers.Go(func() {
			if status := send("hold"); status != 200 {
				t.Errorf("while one tries: %d", status)
			}
		})
	}
	<-here
	for atWell.Load() < 15 { // the fifteen others
		s.Do(s.Request("GET", "/healthz", ""))
	}
	goOn <- struct{}{}
	callers.Wait()
	if hits.Load() != 7 {
		t.Errorf("%d calls tried it at once, want 1", hits.Load()-6)
	}
	if failed := count(10); failed != 0 || hits.Load() != 12 {
		t.Errorf("%d failed, and it got %d of 10; want its half", failed, hits.Load()-7)
	}

	// Where all are set aside, trying is better than nothing: none has to wait for the ten seconds.
	mended.Store(false)
	load(ill, ill)
	hits.Store(0)
	if failed := count(20); failed != 20 || hits.Load() != 20 {
		t.Errorf("all aside: %d of 20 failed, %d were sent", failed, hits.Load())
	}
	mended.Store(true)
	if failed := count(10); failed != 0 {
		t.Errorf("all were aside and got well: %d of 10 failed", failed)
	}
}

// RFC 9112 §9.3.1, §9.5: an upstream may close a connection that waits, and a call sent at that moment is lost; so we close it first.
func TestConnectionsThatWaitAreClosedBeforeTheUpstreamDoes(t *testing.T) {
	states := make(chan http.ConnState, 100)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) { states <- state }
	server.Start()
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	check(t, err)
	s := lptest.Start(t, lptest.Engines(t)[0])
	api := s.SampleAPI()
	api.Upstream = gateway.Pool(gateway.Backends{Targets: []*url.URL{target}, Idle: 10 * time.Millisecond})
	check(t, s.LoadAPIs(api))
	wantStatus(t, s.Call(s.Tokens(s.Web).Text("access_token")), 200)
	for _, want := range []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateClosed} {
		select {
		case state := <-states:
			if state != want {
				t.Fatalf("the connection is %s, want %s", state, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the connection is not %s", want)
		}
	}
}

// HT14: repeating does not finish off what is nearly down: of ten calls one is sent a second time, once the first few are used up.
func TestRepeatingHasABudget(t *testing.T) {
	var sent atomic.Int64
	cutting := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		panic(http.ErrAbortHandler)
	})
	s := lptest.Start(t, lptest.Engines(t)[0])
	token := s.Tokens(s.Web).Text("access_token")
	api := s.SampleAPI()
	api.Upstream = gateway.Pool(gateway.Backends{Targets: []*url.URL{cutting, cutting}, Retries: 1})
	check(t, s.LoadAPIs(api))
	wantStatus(t, s.Call(token), 502)
	if sent.Load() != 2 {
		t.Errorf("the first call was sent %d times, want 2", sent.Load())
	}
	for range 199 {
		wantStatus(t, s.Call(token), 502)
	}
	if repeated := sent.Load() - 200; repeated < 20 || repeated > 30 {
		t.Errorf("of 200 calls %d were repeated, want ten and one in ten", repeated)
	}
}

// AT08, GW19: the upstream gets a statement of its own about the call, which the published keys verify, and which is no access
// token anywhere; the token itself it never sees.
func TestAT08_AssertionsAreForTheUpstreamAlone(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Launchpad-Assertion"))
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tokens := s.Tokens(s.Web)
		ask := func(headers ...string) string { return s.Call(tokens.Text("access_token"), headers...).Body }
		first := ask("Launchpad-Assertion", "forged")
		if again := ask(); again != first {
			t.Error("the same call is signed anew within 30 s")
		}
		if other := ask("Launchpad-Account", s.Second.Slug); other == first {
			t.Error("another account got the same statement")
		}
		claims := asserted(t, s, first)
		now := float64(s.Clock.Now().Unix())
		for name, want := range map[string]any{
			"iss": s.URL, "aud": s.URL + "/v3/", "sub": s.Person.ID.String(), "client_id": s.Web.ClientID, "account": s.First.ID.String(), "account_slug": s.First.Slug,
			"scope": "dashboards:read dashboards:write", "iat": now, "exp": now + 60,
		} {
			if claims[name] != want {
				t.Errorf("%s: %v, want %v", name, claims[name], want)
			}
		}
		wantStatus(t, s.Call(first), 401)
		if s.Active(s.Web, first) {
			t.Error("introspection calls it an active token")
		}
		s.Clock.Advance(31 * time.Second)
		if ask() == first {
			t.Error("one of 31 s ago would die in the upstream's hands")
		}
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", tokens.Text("access_token"))), 200)
		wantStatus(t, s.Call(tokens.Text("access_token")), 401)
	}, lptest.WithUpstream(t, api), lptest.WithAPI(func(api *gateway.API) { api.Assertion = true }))
}

// asserted verifies a statement as an upstream would, by the published keys alone.
func asserted(t *testing.T, s *lptest.Server, statement string) (claims map[string]any) {
	t.Helper()
	var set jose.JSONWebKeySet
	check(t, json.Unmarshal([]byte(s.Do(s.Request("GET", "/oauth/jwks", "")).Body), &set))
	parsed, err := jose.ParseSignedCompact(statement, []jose.SignatureAlgorithm{jose.ES256})
	check(t, err)
	header := parsed.Signatures[0].Protected
	payload, err := parsed.Verify(set.Key(header.KeyID)[0].Key)
	check(t, err)
	if header.ExtraHeaders[jose.HeaderType] != "launchpad-assertion+jwt" {
		t.Errorf("typ %v", header.ExtraHeaders[jose.HeaderType])
	}
	check(t, json.Unmarshal(payload, &claims))
	return claims
}

// AT35: what one caller gets is not for others: a 304 comes after the decision, and shared caches keep nothing.
func TestAT35_ConditionalRequestsAreDecidedFirst(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Vary", "Accept-Encoding")
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "body")
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		for _, c := range []struct {
			token, condition string
			status           int
		}{{token, "", 200}, {token, `"1"`, 304}, {token, `"2"`, 200}, {"nonsense", `"1"`, 401}} {
			a := s.Call(c.token, "If-None-Match", c.condition)
			wantStatus(t, a, c.status)
			if c.status == 401 {
				continue
			}
			if a.Header.Get("Cache-Control") != "private" || strings.Join(a.Header["Vary"], ", ") != "Authorization, Launchpad-Account, Accept-Encoding" || a.Header.Get("ETag") != `"1"` {
				t.Errorf("%d: %v", c.status, a.Header)
			}
		}
	}, lptest.WithUpstream(t, api))
}

// GW01, GW03: hop-by-hop lists take away what they name, but nothing that the gateway says.
func TestGW03_ConnectionListsTakeNoIdentityAway(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = r.Header.Write(w) })
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		for _, list := range []string{"Launchpad-Account, Launchpad-Scope, X-Own", "launchpad-account,launchpad-scope,x-own", "close, LAUNCHPAD_ACCOUNT, x-own, authorization"} {
			r := s.Request("GET", "/v3/dashboards", "")
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header["Connection"] = []string{list}
			r.Header.Set("X-Own", "gone")
			r.Header.Set("X-Auth-Request-User", "forged")
			r.Header.Set("Te", "trailers")
			a := s.Do(r)
			wantStatus(t, a, 200)
			if !strings.Contains(a.Body, "Launchpad-Account: "+s.First.ID.String()) || !strings.Contains(a.Body, "Launchpad-Scope: ") || strings.Contains(a.Body, "gone") || strings.Contains(a.Body, "forged") {
				t.Errorf("%s: the upstream was told:\n%s", list, a.Body)
			}
		}
	}, lptest.WithUpstream(t, api))
}

// GW01: no caller says who he is in the words in which other proxies say it, however they are spelled; what only looks similar passes.
func TestGW01_NoCallerWritesIdentityForTheUpstream(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = r.Header.Write(w) })
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		got := func(name string) bool {
			r := s.Request("GET", "/v3/dashboards", "")
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header[name] = []string{"forged", "forged"}
			a := s.Do(r)
			wantStatus(t, a, 200)
			return strings.Contains(a.Body, "forged")
		}
		for _, name := range []string{
			"Remote-User", "Remote-Groups", "Remote-Email", "Remote-Name", "X-User", "X-User-Id", "X-User-Email", "X-User-Roles", "X-Username", "X-Remote-User", "X-Remote-Group",
			"X-Auth-User", "X-Auth-Email", "X-Auth-Roles", "X-Auth-Request-User", "X-Auth-Request-Groups", "X-WebAuth-User", "X-WebAuth-Role", "X-Authenticated-User", "X-Authenticated-Userid",
			"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username", "Launchpad-Identity", "X-Launchpad-Identity",
		} {
			for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name), strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", "."), strings.Replace(name, "-", "_", 1), strings.ToLower(strings.Replace(name, "-", ".", 1))} {
				if got(spelling) {
					t.Errorf("%s reached the upstream", spelling)
				}
			}
		}
		for _, name := range []string{"X-User-Agent", "X-Userland", "X-Request-Id", "X-Authority", "Remotely", "X-Remoteness", "Accept", "X-Webauthn"} {
			if !got(name) {
				t.Errorf("%s is nobody's identity, and did not arrive", name)
			}
		}
	}, lptest.WithUpstream(t, api))
}

// The catalogue asks for a million; `make nightly` makes as many.
var calls = flag.Int("calls", 1600, "that many callers make, in the test of who gets whose answer")

// GW16, AT19, AT20: under load, every answer belongs to whoever asked, in both formats of token.
func TestGW16_ManyCallersNeverGetEachOthersAnswers(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Header.Get("Launchpad-Account-Slug"), r.Header.Get("Launchpad-App"), body)
	})
	for _, e := range lptest.Engines(t)[:1] {
		s := lptest.Start(t, e, lptest.WithUpstream(t, api), lptest.WithAPI(func(api *gateway.API) { api.Assertion = true }))
		s.Switch(s.Web, apps.Switches{TokenFormat: core.FormatJWT})
		type caller struct {
			token   string
			app     lptest.App
			account core.Account
		}
		var callers []caller
		for _, app := range []lptest.App{s.Web, s.Public} {
			token := s.Tokens(app).Text("access_token")
			for _, account := range []core.Account{s.First, s.Second} {
				callers = append(callers, caller{token, app, account}, caller{token, app, account})
			}
		}
		var running sync.WaitGroup
		for i, c := range callers {
			running.Go(func() {
				for n := range *calls / len(callers) {
					tag := fmt.Sprintf("%d-%d", i, n)
					r := s.Request("POST", "/v3/dashboards", tag)
					r.Header.Set("Authorization", "Bearer "+c.token)
					r.Header.Set("Launchpad-Account", c.account.Slug)
					if a := s.Do(r); a.Body != c.account.Slug+" "+c.app.ID.String()+" "+tag || a.Header.Get("Launchpad-Account") != c.account.Slug {
						t.Errorf("%s of %s got %q", tag, c.account.Slug, a.Body)
					}
				}
			})
		}
		running.Wait()
	}
}
