package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"launchpad/internal/core"
	"launchpad/internal/doctor"
	"launchpad/internal/fetch"
	"launchpad/internal/lptest"
)

var (
	colour  = regexp.MustCompile("\x1b\\[[0-9]*m")
	clockOf = regexp.MustCompile(`[0-9hms.]+ (ahead|behind)`)
)

func TestARealServerIsFine(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.WithAgents(fetch.Options{}))
	report, err := doctor.Examine(t.Context(), doctor.Options{Issuer: s.URL, APIs: []string{s.URL + lptest.AgentCalls}, ClientID: s.Web.ClientID, RedirectURI: lptest.Redirect})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if c.Verdict == doctor.Fails || c.Verdict == doctor.Stumbles {
			t.Errorf("%s: received %s, expected %s", c.ID, c.Received, c.Expected)
		}
	}
	// There is nothing of TLS to look at on loopback.
	for _, id := range []string{"tls.https", "tls.chain", "http.plain", "authorize.cookies"} {
		if got := found(t, report, id).Verdict; got != doctor.NotApplicable {
			t.Errorf("%s: %s", id, got)
		}
	}
}

func found(t *testing.T, r *doctor.Report, id string) doctor.Result {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(c doctor.Result) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no check %s", id)
	}
	return r.Checks[i]
}

func TestWhatWasNotGivenIsNotApplicable(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0])
	report, err := doctor.Examine(t.Context(), doctor.Options{Issuer: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"api.challenge": "--api", "cors.api": "--api", "authorize.state": "--client-id", "authorize.iss": "--client-id", "authorize.exact-redirect": "--client-id"} {
		if c := found(t, report, id); c.Verdict != doctor.NotApplicable || !strings.Contains(c.Received, want) {
			t.Errorf("%s: %s, %s", id, c.Verdict, c.Received)
		}
	}
}

// An issuer with a path has metadata at four addresses, and what stands at the root is somebody else's.
func TestAnIssuerWithAPathIsLookedForInEverySpelling(t *testing.T) {
	asked := map[string]bool{}
	_, err := doctor.Examine(t.Context(), doctor.Options{Issuer: "http://id.example.com/tenant", Dial: served(t, func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path] = true
		http.NotFound(w, r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/oauth-authorization-server",
		"/.well-known/openid-configuration/tenant", "/tenant/.well-known/openid-configuration",
	} {
		if !asked[path] {
			t.Errorf("%s was not looked at", path)
		}
	}
	if asked["/.well-known/openid-configuration"] {
		t.Error("the metadata of the root was looked at")
	}
}

// served is a network on which everybody is one handler.
func served(t *testing.T, handle http.HandlerFunc) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handle}
	go server.Serve(l) //nolint:errcheck // it ends when it is closed
	t.Cleanup(func() { server.Close() })
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
	}
}

// A server may name any address as its endpoint. The doctor must not be a way to reach it.
func TestNothingIsSentToOtherHosts(t *testing.T) {
	var to []string
	dial := served(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		const evil = `"http://10.0.0.1/`
		w.Header().Set("Location", "http://10.0.0.2/")
		if r.URL.Path == "/v3" {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="http://10.0.0.3/"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"issuer":"http://id.example.com","token_endpoint":` + evil + `t","authorization_endpoint":` + evil + `a","jwks_uri":` + evil + `j","registration_endpoint":` + evil + `r","error_uri":` + evil + `e"}`))
	})
	_, err := doctor.Examine(t.Context(), doctor.Options{Issuer: "http://id.example.com", APIs: []string{"http://id.example.com/v3"}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		to = append(to, address)
		return dial(ctx, network, address)
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range to {
		if address != "id.example.com:80" {
			t.Errorf("%s was asked", address)
		}
	}
}

func TestRequestsAreMadeOnce(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0])
	asked, total := map[string]int{}, 0
	dial := served(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := httputil.DumpRequest(r, true) // of what came whole
		asked[string(text)]++
		total++
		pass(parsed(t, s.URL), func(*http.Response) {}).ServeHTTP(w, r)
	})
	if _, err := doctor.Examine(t.Context(), doctor.Options{Issuer: s.URL, APIs: []string{s.API}, Dial: dial}); err != nil {
		t.Fatal(err)
	}
	for request, times := range asked {
		if times > 1 {
			t.Errorf("%d times:\n%.300s", times, request)
		}
	}
	if total < 50 || total > 150 {
		t.Errorf("%d requests", total)
	}
}

func TestReportsAreStable(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0])
	var texts [2]string
	for i := range texts {
		report, err := doctor.Examine(t.Context(), doctor.Options{Issuer: s.URL, APIs: []string{s.API}, Clock: lptest.NewClock()})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	// lptest's clock stands still, years away, and the server's Date goes on.
	for i := range texts {
		texts[i] = clockOf.ReplaceAllString(texts[i], "")
	}
	if texts[0] != texts[1] {
		t.Errorf("two looks differ:\n%s\n%s", texts[0], texts[1])
	}
}

func TestWhoeverCannotBeReachedIsAnError(t *testing.T) {
	refused := errors.New("connection refused")
	for name, o := range map[string]doctor.Options{
		"nobody there": {Issuer: "https://id.example.com", Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }},
		"nothing said": {Issuer: "http://id.example.com", Each: 20 * time.Millisecond, Dial: silent},
		"no time":      {Issuer: "http://id.example.com", All: time.Nanosecond, Dial: silent},
		"no address":   {Issuer: "id.example.com"},
		"a query":      {Issuer: "https://id.example.com?tenant=1"},
		"an API":       {Issuer: "https://id.example.com", APIs: []string{"/v3"}},
		"half an app":  {Issuer: "https://id.example.com", ClientID: "app"},
	} {
		if report, err := doctor.Examine(t.Context(), o); err == nil {
			t.Errorf("%s: %v", name, report.Verdict)
		}
	}
}

// silent takes what is sent and says nothing.
func silent(context.Context, string, string) (net.Conn, error) {
	here, _ := net.Pipe()
	return here, nil
}

func TestProgressIsTold(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0])
	var last, of int
	_, err := doctor.Examine(t.Context(), doctor.Options{Issuer: s.URL, Progress: func(done, total int) {
		if done != last+1 {
			t.Errorf("%d after %d", done, last)
		}
		last, of = done, total
	}})
	if err != nil || last != of || of != len(doctor.Checks()) {
		t.Errorf("%d of %d, %v", last, of, err)
	}
}

// A minute too late is seen, whoever's clock it is.
func TestClientsAreToldWhatTheyStumbleOver(t *testing.T) {
	w := newWorld(t)
	report, err := doctor.Examine(t.Context(), w.front(t, spoil{options: func(o *doctor.Options) { o.Clock = late{} }}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Clients {
		concerned := c.ID == doctor.OIDC || c.ID == doctor.Verifiers
		if got := slices.Contains(c.Over, "http.clock"); got != concerned || concerned != (c.Verdict == doctor.Fails) {
			t.Errorf("%s: %s over %v", c.Name, c.Verdict, c.Over)
		}
	}
	if report.Verdict != doctor.Fails || report.Failed() != 1 {
		t.Errorf("%s, %d fail", report.Verdict, report.Failed())
	}
	if c := found(t, report, "http.clock"); !strings.HasSuffix(c.Received, " ahead") || c.Mend == "" || c.Breaks == "" {
		t.Errorf("%+v", c)
	}
}

func TestTextFitsATerminal(t *testing.T) {
	dial := served(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(document{"issuer": "\x1b[2J\u009b2J\r\n", "token_endpoint": "http://id.example.com/" + strings.Repeat("long", 50)}) // the doctor may have gone
	})
	report, err := doctor.Examine(t.Context(), doctor.Options{Issuer: "http://id.example.com", APIs: []string{"http://id.example.com/v3"}, Dial: dial, Clock: core.SystemClock{}})
	if err != nil {
		t.Fatal(err)
	}
	var plain, coloured bytes.Buffer
	if err := errors.Join(report.Text(&plain, false), report.Text(&coloured, true)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(plain.String()) {
		line = strings.TrimSuffix(line, "\n")
		if utf8.RuneCountInString(line) > 80 && len(strings.Fields(line)) > 2 {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Errorf("the terminal is told what to do: %q", line)
		}
	}
	if colour.ReplaceAllString(coloured.String(), "") != plain.String() {
		t.Error("colours say something that words do not")
	}
	if !strings.Contains(plain.String(), "FAILS") {
		t.Error("nothing fails")
	}
}

func TestTheManualIsCurrent(t *testing.T) {
	written, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != doctor.Manual() {
		t.Error("docs/doctor.md is old; run: go run ./cmd/launchpad doctor manual >docs/doctor.md")
	}
}

func TestEveryCheckIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range doctor.Checks() {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		if c.Area == "" || c.Looks == "" || c.Breaks == "" || c.Mend == "" || len(c.Concerns) == 0 || (c.Worst != doctor.Fails && c.Worst != doctor.Stumbles) {
			t.Errorf("%s is not whole: %+v", c.ID, c)
		}
	}
}
