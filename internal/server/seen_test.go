package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/gateway"
	"launchpad/internal/journal"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// watched is a server whose log is read by the test.
type watched struct {
	*Server
	t      *testing.T
	log    *bytes.Buffer
	header http.Header // of the last answer
}

func startWatched(t *testing.T) watched {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/test.db", core.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := watched{t: t, log: new(bytes.Buffer), header: http.Header{}}
	lines := journal.New(w.log, slog.LevelInfo)
	api := gateway.API{API: protect.API{Prefix: "/v3/", Routes: []protect.Route{{Method: "GET", Path: "/v3/a/{b}"}}}, Upstream: gateway.Local(http.NotFoundHandler())}
	w.Server, err = New(t.Context(), Options{Issuer: "http://127.0.0.1:1", Name: "Launchpad", Store: s, Clock: core.SystemClock{}, Watch: core.NewStopwatch(), MasterKey: make([]byte, secret.KeySize), Life: DefaultLife,
		APIs: []gateway.API{api}, Log: lines.Logger(), Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Server.Close)
	return w
}

// only makes a route the only one, with another handler, open to everybody.
func (w watched) only(route web.Route, handle func(http.ResponseWriter, *http.Request) error) {
	route.Handle, route.SignedIn, route.Foreign = handle, false, true
	clear(w.exact)
	if err := w.gateway.Load(nil); err != nil {
		w.t.Fatal(err)
	}
	w.mux = http.NewServeMux()
	w.mux.Handle(route.Path, w.path([]web.Route{route}))
}

// ask sends a request over a real connection, and gives the answer, the error of reading it, and the one line of the log.
func (w watched) ask(r *http.Request) (status int, body string, broken error, line map[string]any) {
	w.t.Helper()
	site := httptest.NewUnstartedServer(w.Server)
	site.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	site.Start()
	defer site.Close()
	w.options.Lines.Flush()
	w.log.Reset()
	r.URL.Scheme, r.URL.Host, r.RequestURI = "http", strings.TrimPrefix(site.URL, "http://"), ""
	answer, broken := http.DefaultTransport.RoundTrip(r)
	if broken == nil {
		var text []byte
		text, broken = io.ReadAll(answer.Body)
		answer.Body.Close()
		status, body = answer.StatusCode, string(text)
		clear(w.header)
		maps.Copy(w.header, answer.Header)
	}
	site.Close() // waits for the handler
	w.options.Lines.Flush()
	if n := strings.Count(w.log.String(), "\n"); n != 1 {
		w.t.Fatalf("%d lines, want 1:\n%s", n, w.log)
	}
	if err := json.Unmarshal(w.log.Bytes(), &line); err != nil {
		w.t.Fatalf("%s: %v", w.log, err)
	}
	return status, body, broken, line
}

func pathOf(route web.Route) string {
	return strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(route.Path)
}

func request(route web.Route) *http.Request {
	method := route.Method
	if method == "" {
		method = "GET"
	}
	return httptest.NewRequest(method, "http://x"+pathOf(route), http.NoBody)
}

// HT14, HT15, generated from the list of routes: a panic is its request's trouble alone, tells the caller nothing but a
// trace id, and is found by it.
func TestAPanicIsOneRequestsTrouble(t *testing.T) {
	w := startWatched(t)
	routes := w.Routes()
	if len(routes) < 30 {
		t.Fatalf("only %d routes", len(routes))
	}
	panics := []func(){
		func() { var m map[string]int; m["x"] = 1 },
		func() { var r *http.Request; _ = r.URL },
		func() { zero := len(""); _ = 1 / zero },
		func() { panic(fmt.Sprintf("secret plan of %d steps", 7)) },
		func() { panic(errors.New("secret plan")) },
	}
	for i, route := range routes {
		what := route.Method + " " + route.Path
		w.only(route, func(http.ResponseWriter, *http.Request) error { panics[i%len(panics)](); return nil })
		status, body, broken, line := w.ask(request(route))
		trace, _ := line["trace"].(string)
		if status != 500 || broken != nil || trace == "" || !strings.Contains(body, trace) {
			t.Errorf("%s: %d, %v, %q, want 500 with the trace id %q", what, status, broken, body, trace)
		}
		for _, word := range []string{"goroutine", ".go:", "secret plan", "runtime error", "nil map"} {
			if strings.Contains(body, word) {
				t.Errorf("%s: the answer says %q", what, word)
			}
		}
		// SE07: the page is armoured as any other.
		if csp := w.header.Get("Content-Security-Policy"); route.Surface == web.PageSurface && (!strings.Contains(csp, "frame-ancestors 'none'") || w.header.Get("X-Frame-Options") != "DENY") {
			t.Errorf("%s: may be framed: CSP %q", what, csp)
		}
		if stack, _ := line["stack"].(string); line["level"] != "ERROR" || line["route"] != route.Path || !strings.Contains(stack, "seen_test.go") || line["status"] != 500.0 {
			t.Errorf("%s: the line is %v", what, line)
		}
		w.only(route, func(w http.ResponseWriter, _ *http.Request) error { return fine(w) })
		if status, _, _, line := w.ask(request(route)); status != 200 || line["level"] != "INFO" {
			t.Errorf("%s, the next request: %d", what, status)
		}
	}
	if n := w.panics.Read(); n != int64(len(routes)) {
		t.Errorf("%d panics were counted, want %d", n, len(routes))
	}
}

// Outside of the handlers, nothing more is promised than that.
func TestAPanicOfTheServerItselfIsAnswered(t *testing.T) {
	w := startWatched(t)
	w.exact["/signin"] = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret plan") })
	status, body, _, line := w.ask(httptest.NewRequest("GET", "http://x/signin", http.NoBody))
	if trace, _ := line["trace"].(string); status != 500 || !strings.Contains(body, trace) || strings.Contains(body, "plan") || line["stack"] == nil || line["route"] != "none" {
		t.Errorf("%d %q, %v", status, body, line)
	}
}

// An answer that fails half way is broken off: nobody may take what there is of it for the whole.
func TestAnAnswerThatFailsHalfWayIsBrokenOff(t *testing.T) {
	w := startWatched(t)
	for name, fail := range map[string]func() error{
		"panic": func() error { panic("late") },
		"error": func() error { return errors.New("late") },
		"abort": func() error { panic(http.ErrAbortHandler) },
	} {
		for _, route := range w.Routes() {
			w.only(route, func(rw http.ResponseWriter, _ *http.Request) error {
				_, _ = io.WriteString(rw, "half")
				_ = http.NewResponseController(rw).Flush()
				return fail()
			})
			status, body, broken, line := w.ask(request(route))
			if status != 200 || broken == nil || strings.Contains(body, "error") {
				t.Errorf("%s in %s %s: %d %q, %v", name, route.Method, route.Path, status, body, broken)
			}
			if wantError := name == "panic"; (line["level"] == "ERROR") != wantError || line["status"] != 200.0 || line["bytes"] != 4.0 {
				t.Errorf("%s in %s %s: %v", name, route.Method, route.Path, line)
			}
			if cause, _ := line["cause"].(string); name != "abort" && !strings.Contains(cause, "late") {
				t.Errorf("%s in %s %s: the line gives no cause: %v", name, route.Method, route.Path, line)
			}
		}
	}
}

// The fields of a line are these, and none comes from what the caller made up.
func TestTheLineOfARequest(t *testing.T) {
	w := startWatched(t)
	canary := "canary-3f1c"
	r := httptest.NewRequest("POST", "http://x/oauth/applications/"+canary+"/edit?"+canary+"="+canary, strings.NewReader(canary))
	for _, name := range []string{"User-Agent", "Referer", "Cookie", "Authorization", "Content-Type", "Accept-Language", "X-Forwarded-For", "X-" + canary} {
		r.Header.Set(name, canary)
	}
	_, _, _, line := w.ask(r)
	if text := w.log.String(); strings.Contains(text, canary) {
		t.Errorf("the line repeats what was sent: %s", text)
	}
	for name, want := range map[string]any{"level": "INFO", "msg": "request", "method": "POST", "route": "/oauth/applications/{app}/edit", "status": 403.0, "error": "access_denied", "slug": "form_not_ours", "address": "127.0.0.1"} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	for name := range line {
		if !strings.Contains(" time level msg trace method route status bytes ms address app grant outcome error slug cause stack ", " "+name+" ") {
			t.Errorf("the line has a field %s", name)
		}
	}
	for _, c := range []struct{ method, path, route string }{{"BREW", "/signin", "/signin"}, {"GET", "/no/" + canary, "/"}, {"GET", "/a//b", "none"}} {
		_, _, _, line := w.ask(httptest.NewRequest(c.method, "http://x"+c.path, http.NoBody))
		if line["route"] != c.route || c.method == "BREW" && line["method"] != "other" || strings.Contains(w.log.String(), canary) {
			t.Errorf("%s %s: %v", c.method, c.path, line)
		}
	}
}

func TestAddress(t *testing.T) {
	for remote, want := range map[string]string{"127.0.0.1:80": "127.0.0.1", "[::1]:80": "::1", "@": "@", "": ""} {
		if got := address(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}

// A refusal that is told by a redirect counts as one.
func TestRedirectedRefusals(t *testing.T) {
	w := startWatched(t)
	route := web.Route{Method: "GET", Path: "/oauth/authorize"}
	w.only(route, func(rw http.ResponseWriter, r *http.Request) error {
		web.RecordOf(rw).Refusal = oauth.AccessDenied("consent_denied", "no")
		rw.WriteHeader(http.StatusFound)
		return nil
	})
	if _, _, _, line := w.ask(request(route)); line["status"] != 302.0 || line["slug"] != "consent_denied" || line["level"] != "INFO" {
		t.Errorf("%v", line)
	}
}
