package conformance

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/resource"
)

// protected is an API that stands behind the library, and the way between it and the server.
type protected struct {
	t        *testing.T
	verifier *resource.Verifier
	api      *httptest.Server
	way      *httptest.Server
	cut      atomic.Bool // the feed alone
	end      func()
}

// protect starts an API as its team would: by the library, in front of a handler.
func protect(t *testing.T, s *lptest.Server, change ...func(*resource.Options)) *protected {
	t.Helper()
	app := anAPI(s)
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &protected{t: t}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	p.way = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.cut.Load() && r.URL.Path == feedPath {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(p.way.Close)
	o := resource.Options{Issuer: s.URL, Server: p.way.URL, ClientID: app.ClientID, ClientSecret: app.Secret, Resource: "https://api.example.com",
		Audiences: []string{s.URL}, Scopes: lptest.Catalog.Published(), Now: s.Clock.Now}
	for _, c := range change {
		c(&o)
	}
	if p.verifier, err = resource.New(o); err != nil {
		t.Fatal(err)
	}
	p.api = httptest.NewServer(p.verifier.Require(resource.Need{Scopes: []string{"dashboards:read"}, Account: true})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, resource.AccountOf(r.Context()).Slug)
	})))
	t.Cleanup(p.api.Close)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.verifier.Run(ctx) })
	p.end = func() { cancel(); running.Wait() }
	t.Cleanup(p.end)
	return p
}

func (p *protected) call(token, account string) (status int, body string) {
	p.t.Helper()
	r, err := http.NewRequest("GET", p.api.URL, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set(resource.AccountHeader, account)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func (p *protected) want(what, token, account string, status int) {
	p.t.Helper()
	if got, body := p.call(token, account); got != status {
		p.t.Errorf("%s: %d %s, want %d", what, got, body, status)
	}
}

// until: what was acknowledged is refused within a moment.
func (p *protected) until(what, token, account string, status int) {
	p.t.Helper()
	for begun := time.Now(); ; runtime.Gosched() {
		got, body := p.call(token, account)
		if got == status {
			return
		}
		if time.Since(begun) > 10*time.Second {
			p.t.Fatalf("%s: still %d %s, want %d", what, got, body, status)
		}
	}
}

func (p *protected) current() {
	p.t.Helper()
	for begun := time.Now(); !p.verifier.Current(); runtime.Gosched() {
		if time.Since(begun) > 10*time.Second {
			p.t.Fatal("the library never becomes current")
		}
	}
}

// AT10, AT18: the library takes what the server issues, in both formats, and refuses what ends, by whichever root.
func TestTheLibraryObeysTheServer(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		p, ctx := protect(t, s), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, format := range []core.TokenFormat{core.FormatSealed, core.FormatJWT} {
			s.Web.App = s.Switch(s.Web, apps.Switches{TokenFormat: format})
			robot := s.NewApp("Robot "+string(format), core.KindMachine)
			robot.App = s.Switch(robot, apps.Switches{ClientCredentials: true, TokenFormat: format})
			p.current()
			issue := func() string { return s.Token(robot, "grant_type", "client_credentials").Text("access_token") }
			good := issue()
			p.want("a robot's token", good, s.First.Slug, 200)
			p.want("a robot's token elsewhere", good, s.Second.Slug, 403)
			p.want("a changed token", good+"x", s.First.Slug, 401)

			tokens := s.Tokens(s.Web)
			access := tokens.Text("access_token")
			for _, account := range []string{s.First.Slug, s.Second.Slug, s.First.ID.String()} {
				p.want("a person's token", access, account, 200)
			}
			p.want("a person's token elsewhere", access, "nowhere", 403)
			wantStatus(t, s.PostAs(robot, "/oauth/revoke", lptest.Form("token", good)), 200)
			p.until("revoked", good, s.First.Slug, 401)
			wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", tokens.Text("refresh_token"))), 200)
			p.until("its authorization revoked", access, s.First.Slug, 401)

			access = s.Tokens(s.Web).Text("access_token")
			p.want("before", access, s.First.Slug, 200)
			again := s.Web.Request()
			again.Set("prompt", "consent")
			s.SignedIn(s.Person.Email).Authorize(again, lptest.Choice{Accounts: []string{s.Second.ID.String()}})
			p.until("an account taken out of the grant", access, s.First.Slug, 403)
			p.until("the other account", access, s.Second.Slug, 200)
			grant, err := s.Store.Grant(ctx, s.Person.ID, s.Web.ID)
			must(err)
			must(s.Store.RevokeGrant(ctx, grant.ID, s.Person.ID, s.Clock.Now()))
			p.until("the grant taken back", access, s.Second.Slug, 401)

			good = issue()
			p.want("before", good, s.First.Slug, 200)
			must(s.Acts().Delete(ctx, s.Person, robot.ID))
			p.until("its app deleted", good, s.First.Slug, 401)
		}
		s.Web.App = s.Switch(s.Web, apps.Switches{TokenFormat: core.FormatJWT})
		access := s.Tokens(s.Web).Text("access_token")
		p.want("before", access, s.Second.Slug, 200)
		must(s.Store.LockIdentity(ctx, s.Person.ID, core.ID{}, s.Clock.Now()))
		p.until("its person locked", access, s.Second.Slug, 401)
	})
}

// AT18: with the feed cut nothing is decided from memory once the bound is over: the server is asked, and if it cannot be
// reached either, the answer is 503.
func TestTheLibraryWithoutTheFeed(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		robot := s.NewApp("Robot", core.KindMachine)
		robot.App = s.Switch(robot, apps.Switches{ClientCredentials: true})
		p := protect(t, s)
		p.current()
		s.Clock.Advance(3 * time.Second) // answers about what changed a moment ago are not kept
		revoked, good := s.Token(robot, "grant_type", "client_credentials").Text("access_token"), s.Token(robot, "grant_type", "client_credentials").Text("access_token")
		p.want("good", revoked, "", 200)
		p.want("good", good, "", 200)
		p.cut.Store(true)
		p.way.CloseClientConnections()
		p.end() // the reader is gone with its connection
		wantStatus(t, s.PostAs(robot, "/oauth/revoke", lptest.Form("token", revoked)), 200)
		p.want("within the bound it cannot know", revoked, "", 200)
		s.Clock.Advance(resource.DefaultBound)
		p.want("beyond the bound the server is asked", revoked, "", 401)
		p.want("beyond the bound the server is asked", good, "", 200)
		p.way.Close()
		p.want("and it is away", good, "", 503)
	})
}
