package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// statusServer answers with the status that the path names.
func statusServer(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, status := range map[string]int{"/ok": 200, "/created": 201, "/found": 302, "/other": 303, "/missing": 404, "/broken": 500} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/there?code=abc&state=x")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"access_token":"token","expires_in":1}`))
		})
	}
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "40000")
		_, _ = w.Write([]byte(strings.Repeat("a", 40_000)))
	})
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("a"))
		_ = http.NewResponseController(w).Flush()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func connect(t *testing.T, address string) *connection {
	t.Helper()
	c, err := dial(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestOnlySuccessAndFoundAreAccepted(t *testing.T) {
	t.Parallel()
	address := statusServer(t)
	c := connect(t, address)
	for path, accepted := range map[string]bool{"/ok": true, "/created": true, "/found": true, "/other": false, "/missing": false, "/broken": false} {
		_, err := c.exchange(get(address, path))
		if _, isRefusal := errors.AsType[refused](err); accepted != (err == nil) || accepted == isRefusal {
			t.Errorf("%s: got %v, accepted should be %v", path, err, accepted)
		}
	}
}

func TestAnswersAreTakenApart(t *testing.T) {
	t.Parallel()
	address := statusServer(t)
	c := connect(t, address)
	found, err := c.exchange(get(address, "/ok"))
	if err != nil || string(found.member("access_token")) != "token" || found.member("refresh_token") != nil {
		t.Errorf("got %s, %v", found.body, err)
	}
	found, err = c.exchange(get(address, "/found"))
	if code := between(found.header("Location"), "?code=", "&"); err != nil || string(code) != "abc" {
		t.Errorf("got code %q, %v", code, err)
	}
	found, err = c.exchange(get(address, "/long"))
	if err != nil || len(found.body) != 40_000 {
		t.Errorf("got %d bytes, %v, want 40000", len(found.body), err)
	}
}

func TestAnswersWithoutLengthAreRefused(t *testing.T) {
	t.Parallel()
	address := statusServer(t)
	if _, err := connect(t, address).exchange(get(address, "/chunked")); err == nil {
		t.Error("a chunked answer was taken for a whole one")
	}
}

func TestFailuresAreCountedAndTheLoadGoesOn(t *testing.T) {
	t.Parallel()
	address := statusServer(t)
	good, bad := get(address, "/ok"), get(address, "/missing")
	n := 0
	l, err := openLoad(address, []worker{func(c *connection) error {
		request := good
		if n++; n%10 == 0 {
			request = bad
		}
		_, err := c.exchange(request)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	r := l.run(t.Context(), 50)
	if r.failed != 5 || len(r.latency) != 50 || r.first == nil {
		t.Errorf("got %d failures of %d operations, first %v; want 5 of 50", r.failed, len(r.latency), r.first)
	}
}

func TestALoadThatOnlyFailsEnds(t *testing.T) {
	t.Parallel()
	address := statusServer(t)
	l, err := openLoad(address, repeated(2, get(address, "/broken")))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if r := l.run(t.Context(), 1_000_000); r.failed <= failureLimit || r.failed > failureLimit+2 {
		t.Errorf("got %d failures, want just over %d", r.failed, failureLimit)
	}
}
