package conformance

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// GW02: an API behind the gateway cannot speak in the gateway's name, set cookies at its address, or take back what it says
// about an address with a token in it.
func TestUpstreamsCannotSpeakForTheGateway(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Launchpad-Account": "other", "launchpad_identity": "x", "Set-Cookie": "lp_session=x", "Cache-Control": "public, max-age=3600",
			"Referrer-Policy": "unsafe-url", "Vary": "*", "Clear-Site-Data": "*", "Strict-Transport-Security": "max-age=0", "X-Ratelimit-Left": "7", "Deprecation": "@0",
		} {
			w.Header()[name] = []string{value}
		}
		_, _ = io.WriteString(w, r.URL.RawQuery)
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		_, token, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		a := s.Do(s.Request("GET", "/v3/dashboards?a=1&access_token="+token.Reveal(), ""))
		wantStatus(t, a, 200)
		if a.Body != "a=1" {
			t.Errorf("the upstream saw the query %q", a.Body)
		}
		for name, want := range map[string]string{
			"Launchpad-Account": s.First.Slug, "Launchpad_identity": "", "Set-Cookie": "", "Cache-Control": "no-store", "Clear-Site-Data": "", "Strict-Transport-Security": "",
			"Referrer-Policy": "no-referrer", "Vary": "Authorization, Launchpad-Account | *", "X-Ratelimit-Left": "7", "Deprecation": "@1735689600",
		} {
			if got := strings.Join(a.Header[name], " | "); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") {
			t.Errorf("Content-Security-Policy %q lets the answer act as a page of ours", csp)
		}
	}, lptest.WithUpstream(t, api))
}

// GW02: nor behind its answer's body.
func TestTrailersOfUpstreamsAreCleaned(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Set-Cookie, X-Checksum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("Set-Cookie", "lp_session=x")
		w.Header().Set("X-Checksum", "7")
		w.Header().Set(http.TrailerPrefix+"Launchpad-Account", "other")
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		r := s.Request("GET", "/v3/dashboards", "")
		r.Header.Set("Authorization", "Bearer "+s.Tokens(s.Web).Text("access_token"))
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "body" {
			t.Fatalf("body %q, %v", body, err)
		}
		if got := res.Trailer.Get("X-Checksum"); got != "7" {
			t.Errorf("X-Checksum %q, want 7", got)
		}
		for _, name := range []string{"Set-Cookie", "Launchpad-Account"} {
			if got := res.Trailer.Get(name); got != "" {
				t.Errorf("%s came behind the body: %q", name, got)
			}
		}
	}, lptest.WithUpstream(t, api))
}

// HT14: a caller that hangs up is not an API that is away.
func TestCallersThatHangUpAreNoFailureOfTheAPI(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	api := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
		left <- struct{}{}
	})
	for _, e := range lptest.Engines(t)[:1] {
		s := lptest.Start(t, e, lptest.WithUpstream(t, api))
		r := s.Request("GET", "/v3/dashboards", "")
		r.Header.Set("Authorization", "Bearer "+s.Tokens(s.Web).Text("access_token"))
		ctx, hangUp := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if res, err := http.DefaultTransport.RoundTrip(r.WithContext(ctx)); err == nil {
				res.Body.Close()
			}
		}()
		<-arrived
		hangUp()
		<-left
		<-done
		s.Log.Wait(t, "client_gone")
		if strings.Contains(s.Log.String(), "upstream_unreachable") {
			t.Error("the log blames the API")
		}
	}
}

// GW04: what a call says about itself in names that proxies and old servers believe does not pass, and no spelling of the
// token's parameter does.
func TestUpstreamsAreToldNothingUnproved(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.Header.Write(w)
		_, _ = io.WriteString(w, "query: "+r.URL.RawQuery+"\n")
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		for _, query := range []string{"access_token=" + token, "access%5Ftoken=" + token, "a=1&%61ccess_token=" + token} {
			r := s.Request("GET", "/v3/dashboards?"+query, "")
			for _, name := range []string{"X_Forwarded_For", "x-forwarded-prefix", "X.Forwarded.Host", "Forwarded", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL",
				"X-HTTP-Method-Override", "Remote_User", "launchpad_identity", "Launchpad.Scope", "Cookie", "Trailer"} {
				r.Header[name] = []string{"forged"}
			}
			r.Header.Set("X-Own", "kept")
			a := s.Do(r)
			wantStatus(t, a, 200)
			if strings.Contains(a.Body, "forged") || strings.Contains(a.Body, token) || !strings.Contains(a.Body, "X-Own: kept") {
				t.Errorf("the upstream was told:\n%s", a.Body)
			}
		}
	}, lptest.WithUpstream(t, api))
}

// GW14: in whatever way a token comes, none of it reaches the API, and none of it comes back.
func TestTokensStayHere(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.Header.Write(w)
		_, _ = io.WriteString(w, "address: "+r.RequestURI+" "+r.URL.String()+"\n")
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(oldApp(s)).Text("access_token")
		for _, way := range []struct{ header, query string }{
			{"Bearer " + token, ""}, {"bearer " + token, ""}, {`Token token="` + token + `"`, ""}, {"OAuth " + token, ""},
			{"", "access_token=" + token}, {"", "bearer_token=" + token}, {"", "oauth_token=" + token}, {"OAuth " + token, "oauth_token=" + token},
		} {
			r := s.Request("GET", "/v3/dashboards?page=2&"+way.query, "")
			if way.header != "" {
				r.Header.Set("Authorization", way.header)
			}
			a := s.Do(r)
			wantStatus(t, a, 200)
			if strings.Contains(a.Body, token) || strings.Contains(a.Body, "Authorization") || strings.Contains(a.Body, "_token") || !strings.Contains(a.Body, "page=2") {
				t.Errorf("%v: the upstream was told:\n%s", way, a.Body)
			}
			for name, values := range a.Header {
				if strings.Contains(strings.Join(values, " "), token) {
					t.Errorf("%v: %s came back with it", way, name)
				}
			}
		}
	}, lptest.WithUpstream(t, api))
}

// HT14: an API that is away is an error that explains itself, like any other.
func TestUpstreamsThatAreAway(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		a := s.Call(s.Tokens(s.Web).Text("access_token"))
		wantError(t, a, 502, "temporarily_unavailable")
		if a.Text("trace") == "" || !strings.HasSuffix(a.Text("error_uri"), "/upstream_unreachable") {
			t.Errorf("%s", a.Body)
		}
	}, lptest.WithUpstream(t, nil))
}

// GW13: what a call carries reaches the API whole, and large answers come back whole.
func TestUpstreamsGetAndGiveBodies(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // whole, before the first byte of an answer
		_, _ = w.Write(body)
	})
	body := strings.Repeat("launchpad ", 50_000) // far more than a form of ours may have
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		r := s.Request("POST", "/v3/dashboards", body)
		r.Header.Set("Authorization", "Bearer "+s.Tokens(s.Web).Text("access_token"))
		r.Header.Set("Content-Type", "text/plain")
		a := s.Do(r)
		wantStatus(t, a, 200)
		if a.Body != body {
			t.Errorf("%d bytes came back, want %d", len(a.Body), len(body))
		}
	}, lptest.WithUpstream(t, api))
}
