package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"launchpad/internal/fetch"
	"launchpad/internal/gateway"
	"launchpad/internal/lptest"
	guarded "launchpad/internal/protect"
)

func named(name string) gateway.Upstream {
	return gateway.Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, name) }))
}

// GW08, GW18: a host has one spelling. What is at no host that somebody named is answered by nobody.
func TestGW08_APIsHaveHosts(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		one := gateway.API{API: guarded.API{Hosts: []string{"one.example.com"}, Prefix: "/", Routes: []guarded.Route{{Method: "GET", Path: "/status"}}}, Upstream: named("one")}
		two := gateway.API{API: guarded.API{Hosts: []string{"two.example.com"}, Prefix: "/v1/", Routes: []guarded.Route{{Method: "GET", Path: "/v1/status"}}}, Upstream: named("two")}
		check(t, s.LoadAPIs(s.SampleAPI(), one, two))
		for _, c := range []struct {
			host, path string
			status     int
			body       string
		}{
			{"one.example.com", "/status", 200, "one"}, {"ONE.example.com", "/status", 200, "one"}, {"one.example.com:443", "/status", 200, "one"}, {"One.Example.Com.:8443", "/status", 200, "one"},
			{"two.example.com", "/status", 404, ""}, {"two.example.com", "/v1/status", 200, "two"}, {"one.example.com", "/v1/status", 404, ""},
			{"one.example.com", "/v3/dashboards", 404, ""}, {"one.example.com", "/signin", 404, ""}, {"one.example.com", "/oauth/token", 404, ""},
			{"one.example.com.evil.test", "/v3/dashboards", 421, ""}, {"evil.test", "/v3/dashboards", 421, ""}, {"xone.example.com", "/v3/dashboards", 421, ""},
			{"", "/v3/dashboards", 200, ""}, {"localhost", "/v3/dashboards", 200, ""}, {"[::1]:80", "/v3/dashboards", 200, ""}, {"127.0.0.1.evil.test", "/v3/dashboards", 421, ""}, {"localhost.evil.test", "/v3/dashboards", 421, ""},
		} {
			r := s.Request("GET", c.path, "")
			r.Host = c.host
			r.Header.Set("Authorization", "Bearer "+token)
			if a := s.Do(r); a.Status != c.status || c.body != "" && a.Body != c.body {
				t.Errorf("%s%s: %d %s, want %d %s", c.host, c.path, a.Status, a.Body, c.status, c.body)
			}
		}
		check(t, s.LoadAPIs(s.SampleAPI()))
		r := s.Request("GET", "/v3/dashboards", "")
		r.Host = "evil.test" // a name that was made to point at this computer
		r.Header.Set("Authorization", "Bearer "+token)
		wantStatus(t, s.Do(r), 421)
	})
}

// GW08: at a public issuer, without hosts of APIs, another name opens nothing more and nothing less than the issuer's: docs/divergences.md. With one
// such host, it is 421, and what tells whether the process lives stays open.
func TestGW08_UnknownHostsAtAPublicIssuer(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token")
		ask := func(host, method, path, token string) int {
			r := s.Request(method, path, "")
			r.Host = host
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return s.Do(r).Status
		}
		one := gateway.API{API: guarded.API{Hosts: []string{"one.example.com"}, Prefix: "/", Routes: []guarded.Route{{Method: "GET", Path: "/status"}}}, Upstream: named("one")}
		for _, host := range []string{"id.example.com", "ID.example.com.:443", "other.example.com", "10.0.0.7:8080", "launchpad"} {
			check(t, s.LoadAPIs(s.SampleAPI()))
			for _, c := range []struct {
				method, path, token string
				status              int
			}{{"GET", "/v3/dashboards", token, 200}, {"GET", "/v3/dashboards", "", 401}, {"POST", "/v3/dashboards", token, 403}, {"GET", "/v3/else", token, 404}, {"GET", "/healthz", "", 200}} {
				if got := ask(host, c.method, c.path, c.token); got != c.status {
					t.Errorf("%s: %s %s is %d, want %d as at the issuer's", host, c.method, c.path, got, c.status)
				}
			}
			check(t, s.LoadAPIs(s.SampleAPI(), one))
			known := strings.HasPrefix(strings.ToLower(host), "id.")
			if got := ask(host, "GET", "/v3/dashboards", token); (got == 200) != known || (got == 421) == known {
				t.Errorf("%s beside an API with a host: %d", host, got)
			}
			if got := ask(host, "GET", "/healthz", ""); got != 200 {
				t.Errorf("%s: health is %d", host, got)
			}
		}
	}, lptest.WithIssuer("https://id.example.com"))
}

// HT14: APIs are replaced while calls go on, and none of them fails; what cannot work changes nothing.
func TestReloadingDropsNoRequest(t *testing.T) {
	for _, e := range lptest.Engines(t)[:1] {
		api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, "here") })
		s := lptest.Start(t, e, lptest.WithUpstream(t, api))
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		var calls, failed atomic.Int64
		var callers sync.WaitGroup
		stop := make(chan struct{})
		for range 8 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					r := s.Request("GET", "/v3/dashboards", "")
					r.Header.Set("Authorization", "Bearer "+token)
					if a := s.Do(r); a.Status != 200 || a.Body != "here" {
						failed.Add(1)
					}
					calls.Add(1)
				}
			})
		}
		for n := range 20 {
			for before := calls.Load(); calls.Load() < before+50; {
				s.Do(s.Request("GET", "/healthz", ""))
			}
			next := s.SampleAPI()
			next.Routes = append(next.Routes, guarded.Route{Method: "GET", Path: fmt.Sprintf("/v3/new/%d", n)})
			check(t, s.LoadAPIs(next))
			if err := s.LoadAPIs(next, next); err == nil {
				t.Error("two APIs at one prefix were taken")
			}
			r := s.Request("GET", fmt.Sprintf("/v3/new/%d", n), "")
			r.Header.Set("Authorization", "Bearer "+token)
			wantStatus(t, s.Do(r), 200)
		}
		close(stop)
		callers.Wait()
		t.Logf("%d calls, %d failed", calls.Load(), failed.Load())
		if failed.Load() != 0 {
			t.Errorf("%d of %d calls failed", failed.Load(), calls.Load())
		}
	}
}

// HT14: whatever follows from the APIs changes with them: what tokens can be for, the metadata, what strangers may ask for, limits, and what proxies
// are told.
func TestReloadingRenewsAllThatFollowsFromTheAPIs(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		resource := s.URL + "/v9"
		added := gateway.API{API: guarded.API{Name: "Nine", Prefix: "/v9/", Resource: resource, Agents: true, Routes: []guarded.Route{{Method: "GET", Path: "/v9/a", Scope: "dashboards:write"}}}, Upstream: named("nine")}
		behind := gateway.API{API: guardedAPI}
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		look := func() string {
			about := s.Do(s.Request("GET", "/.well-known/oauth-authorization-server", ""))
			asked := s.PostAs(s.Machine, "/oauth/token", lptest.Form("grant_type", "client_credentials", "resource", resource))
			told := s.Do(proxies["caddy"](s, bearer("GET", "/data", token)))
			document := s.Do(s.Request("GET", "/.well-known/oauth-protected-resource/v9", ""))
			return fmt.Sprintf("%d %t %q %d %q", document.Status, strings.Contains(about.Body, resource), asked.Text("error"), told.Status, registerJSON(s, `{"redirect_uris":["http://127.0.0.1/a"]}`).Text("scope"))
		}
		const before, after = `404 false "invalid_target" 421 ""`, `200 true "" 200 "dashboards:write"`
		check(t, s.LoadAPIs(s.SampleAPI()))
		if got := look(); got != before {
			t.Errorf("before: %s, want %s", got, before)
		}
		check(t, s.LoadAPIs(s.SampleAPI(), added, behind))
		if got := look(); got != after {
			t.Errorf("after: %s, want %s", got, after)
		}
		token = s.Token(s.Machine, "grant_type", "client_credentials", "resource", resource).Text("access_token")
		call := func() int {
			r := s.Request("GET", "/v9/a", "")
			r.Header.Set("Authorization", "Bearer "+token)
			return s.Do(r).Status
		}
		if got := call(); got != 200 {
			t.Errorf("called: %d", got)
		}
		added.Limits.OfAccount = 1
		for range 2 { // what did not change goes on
			check(t, s.LoadAPIs(s.SampleAPI(), added))
			call()
		}
		if got := call(); got != 429 {
			t.Errorf("beyond the new limit: %d", got)
		}
		if err := s.LoadAPIs(s.SampleAPI(), added, gateway.API{API: guarded.API{Name: "Nine", Hosts: []string{"nine.example.com"}, Prefix: "/"}}); err == nil {
			t.Error("two APIs of one name were taken")
		}
		check(t, s.LoadAPIs(s.SampleAPI()))
		token = s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		if got := look(); got != before {
			t.Errorf("taken away: %s, want %s", got, before)
		}
	}, lptest.Guarding(), lptest.WithAgents(fetch.Options{}))
}
