package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	guarded "launchpad/internal/protect"
	"launchpad/internal/web"
)

// guardedHost is the host of the API and the web pages behind proxies.
const guardedHost = "app.example.com"

var guardedAPI = guarded.API{
	Hosts: []string{guardedHost, "sample-cinema.app.example.com"}, Prefix: "/", QueryTokens: true,
	Routes: []guarded.Route{
		{Method: "GET", Path: "/reports/{rest...}", Scope: "dashboards:read", Session: true},
		{Method: "POST", Path: "/reports/{rest...}", Scope: "dashboards:write", Session: true},
		{Method: "GET", Path: "/of/{account}/reports", Scope: "dashboards:read", Session: true},
		{Method: "GET", Path: "/data", Scope: "dashboards:read"},
		{Method: "POST", Path: "/data", Scope: "dashboards:write"},
		{Method: "GET", Path: "/public"},
	},
}

// asked is a request that a proxy asks about.
type asked struct {
	method, scheme, host, target string
	header                       http.Header
}

func about(method, target string, header ...string) asked {
	a := asked{method, "https", guardedHost, target, http.Header{}}
	for i := 0; i+1 < len(header); i += 2 {
		a.header.Add(header[i], header[i+1])
	}
	return a
}

func bearer(method, target, token string) asked {
	return about(method, target, "Authorization", "Bearer "+token)
}

// proxies is how each asks: the literal requests that its page makes it send.
var proxies = map[string]func(s *lptest.Server, a asked) *http.Request{
	"nginx": func(s *lptest.Server, a asked) *http.Request { return original(s, "/oauth/forward-auth/nginx", a) },
	"nginx-answer": func(s *lptest.Server, a asked) *http.Request {
		return original(s, "/oauth/forward-auth/nginx/answer", a)
	},
	"caddy":   func(s *lptest.Server, a asked) *http.Request { return forwarded(s, "/oauth/forward-auth/caddy", a) },
	"traefik": func(s *lptest.Server, a asked) *http.Request { return forwarded(s, "/oauth/forward-auth/traefik", a) },
	"haproxy": func(s *lptest.Server, a asked) *http.Request { return forwarded(s, "/oauth/forward-auth/haproxy", a) },
	"envoy": func(s *lptest.Server, a asked) *http.Request {
		r := a.request(s, a.method, "/oauth/forward-auth/envoy")
		r.URL.Opaque = "/oauth/forward-auth/envoy" + a.target
		r.Host = a.host
		r.Header.Set("X-Forwarded-Proto", a.scheme)
		return r
	},
}

func (a asked) request(s *lptest.Server, method, path string) *http.Request {
	r := s.Request(method, path, "")
	r.Header = a.header.Clone()
	if r.Header.Get("X-Forwarded-For") == "" {
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
	}
	return r
}

func original(s *lptest.Server, path string, a asked) *http.Request {
	r := a.request(s, "GET", path)
	r.Header.Set("X-Original-URL", a.scheme+"://"+a.host+a.target)
	r.Header.Set("X-Original-Method", a.method)
	return r
}

func forwarded(s *lptest.Server, path string, a asked) *http.Request {
	r := a.request(s, "GET", path)
	r.Header.Set("X-Forwarded-Method", a.method)
	r.Header.Set("X-Forwarded-Proto", a.scheme)
	r.Header.Set("X-Forwarded-Host", a.host)
	r.Header.Set("X-Forwarded-Uri", a.target)
	return r
}

// eachProxy asks in every dialect. The whole answer of the narrow one stands where the verdict is a refusal.
func eachProxy(t *testing.T, s *lptest.Server, a asked, check func(t *testing.T, proxy string, got lptest.Answer)) {
	t.Helper()
	for _, name := range []string{"nginx", "nginx-answer", "caddy", "traefik", "haproxy", "envoy"} {
		got := s.Do(proxies[name](s, a))
		if name == "nginx-answer" && got.Status == 503 && s.Do(proxies["nginx"](s, a)).Status == 200 {
			continue
		}
		check(t, name, got)
	}
}

// wantVerdict asks in every dialect; narrow is what proxies hear that know three answers.
func wantVerdict(t *testing.T, s *lptest.Server, a asked, status int) {
	t.Helper()
	narrow := status
	switch {
	case status == 302:
		narrow = 401
	case status > 401 && status < 500 || status == 400:
		narrow = 403
	}
	eachProxy(t, s, a, func(t *testing.T, proxy string, got lptest.Answer) {
		t.Helper()
		want := status
		if proxy == "nginx" {
			want = narrow
		}
		if got.Status != want {
			t.Errorf("%s %s%s by %s: %d %s, want %d", a.method, a.host, a.target, proxy, got.Status, got.Body, want)
		}
		if got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s by %s: the verdict may be kept", a.target, proxy)
		}
	})
}

// AT01, AT02, AT04, AT06, AT07, AT10, AT17 through forward-auth: the verdicts of RFC 6750 §3.1, with its challenges.
func TestRFC6750_3_ThroughForwardAuth(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token")
		wantVerdict(t, s, bearer("GET", "/data", token), 200)
		wantVerdict(t, s, bearer("GET", "/public", token), 200)
		wantVerdict(t, s, bearer("POST", "/data", token), 403)
		wantVerdict(t, s, bearer("GET", "/data", token[:len(token)-1]), 401)
		wantVerdict(t, s, bearer("GET", "/data", "eyJhbGciOiJub25lIn0.e30."), 401)
		wantVerdict(t, s, about("GET", "/data"), 401)
		wantVerdict(t, s, about("GET", "/data", "Authorization", "Basic YTpi"), 401)
		wantVerdict(t, s, bearer("GET", "/data?access_token="+token+"x", token), 400)
		wantVerdict(t, s, about("GET", "/data?access_token="+token), 401)
		wantVerdict(t, s, about("GET", "/data?access_token="+s.Tokens(s.Public).Text("access_token")), 401)
		wantVerdict(t, s, bearer("DELETE", "/data", token), 405)
		wantVerdict(t, s, bearer("GET", "/else", token), 404)
		wantVerdict(t, s, bearer("GET", "/of/sample-cinema/reports", token), 403)
		eachProxy(t, s, about("GET", "/data"), func(t *testing.T, proxy string, got lptest.Answer) {
			if got := got.Header.Get("WWW-Authenticate"); proxy != "nginx" && !strings.HasPrefix(got, "Bearer ") || strings.Contains(got, "error=") {
				t.Errorf("AT01: %s is challenged by %q", proxy, got)
			}
		})
		eachProxy(t, s, bearer("POST", "/data", token), func(t *testing.T, proxy string, got lptest.Answer) {
			if got := got.Header.Get("WWW-Authenticate"); proxy != "nginx" && (!strings.Contains(got, `error="insufficient_scope"`) || !strings.Contains(got, `scope="dashboards:write"`)) {
				t.Errorf("AT07: %s is challenged by %q", proxy, got)
			}
		})
		wantStatus(t, s.PostAs(s.Machine, "/oauth/revoke", url.Values{"token": {token}}), 200)
		wantVerdict(t, s, bearer("GET", "/data", token), 401)
		token = s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		s.Clock.Advance(2 * time.Hour)
		wantVerdict(t, s, bearer("GET", "/data", token), 401)
	}, lptest.Guarding(guardedAPI))
}

// AT03: a verdict cannot take a token out of the address that the proxy hands on, so none is taken there: not by an API that would
// take it, under none of its names, and not by one that has an upstream of its own and takes it from there.
func TestAT03_NoTokenInAnAddressPassesAProxy(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		home := strings.TrimPrefix(s.URL, "http://")
		for _, name := range []string{"access_token", "oauth_token", "bearer_token", "access%5Ftoken"} {
			wantVerdict(t, s, about("GET", "/data?a=b&"+name+"="+token), 401)
			wantVerdict(t, s, about("GET", "/reports/a?"+name+"="+token), 401)
			eachProxy(t, s, asked{"GET", "http", home, "/v3/dashboards?" + name + "=" + token, http.Header{}}, func(t *testing.T, proxy string, got lptest.Answer) {
				if got.Status != 401 {
					t.Errorf("%s, which has an upstream, by %s: %d", name, proxy, got.Status)
				}
			})
		}
		wantVerdict(t, s, bearer("GET", "/data", token), 200)
		eachProxy(t, s, asked{"GET", "http", home, "/v3/dashboards", http.Header{"Authorization": {"Bearer " + token}}}, func(t *testing.T, proxy string, got lptest.Answer) {
			if got.Status != 200 {
				t.Errorf("in its header by %s: %d", proxy, got.Status)
			}
		})
		// The gateway takes the same token from the address, and takes it out.
		wantStatus(t, s.Do(s.Request("GET", "/v3/dashboards?access_token="+token, "")), 200)
	}, lptest.Guarding(guardedAPI))
}

// identityNames is what an upstream is told.
var identityNames = []string{"Launchpad-Account", "Launchpad-Account-Slug", "Launchpad-App", "Launchpad-Scope", "Launchpad-Identity", "Launchpad-Resource", "Launchpad-Assertion"}

// GW01, GW02: every name is in every verdict, and says what the gateway says, whatever the client sent under it.
func TestGW02_EveryIdentityHeaderIsSetEvenToNothing(t *testing.T) {
	var seen http.Header
	gateway := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Clone() })
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.Guarding(guardedAPI), lptest.WithLocalAPI(gateway))
	for what, token := range map[string]string{
		"an app": s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token"), "a person": s.Tokens(s.Web).Text("access_token"),
	} {
		wantStatus(t, s.Call(token), 200)
		a := bearer("GET", "/data", token)
		for _, name := range identityNames[1:] {
			a.header.Set(name, "forged")
			a.header.Set(strings.ReplaceAll(name, "-", "_"), "forged")
		}
		eachProxy(t, s, a, func(t *testing.T, proxy string, got lptest.Answer) {
			for _, name := range identityNames {
				values, set := got.Header[name]
				if !set || len(values) != 1 {
					t.Errorf("%s by %s: %s is %q, want one value", what, proxy, name, values)
				}
			}
			for _, name := range identityNames {
				if got.Header.Get(name) != seen.Get(name) {
					t.Errorf("%s by %s: %s is %q, and at the gateway %q", what, proxy, name, got.Header.Get(name), seen.Get(name))
				}
			}
		})
	}
}

// GW04: nobody but a proxy that is named is believed, and it only in its own dialect.
func TestGW04_OnlyNamedProxiesInTheirOwnDialectAreBelieved(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token")
		good := bearer("GET", "/data", token)
		wantVerdict(t, s, good, 200)
		for name, ask := range proxies {
			// What another dialect says changes nothing: the private call stays refused, the open one open.
			r := ask(s, bearer("POST", "/data", token))
			for _, other := range []string{"X-Original-URL", "X-Original-Method", "X-Original-Uri", "X-Forwarded-Method", "X-Forwarded-Host", "X-Forwarded-Uri", "X-Rewrite-URL", "X-HTTP-Method-Override", "Forwarded", "X-Forwarded-Prefix", "X-Forwarded-Port"} {
				if r.Header.Get(other) == "" {
					r.Header.Set(other, map[bool]string{true: "GET", false: "https://" + guardedHost + "/public"}[strings.Contains(other, "Method")])
				}
			}
			if got := s.Do(r); got.Status == 200 {
				t.Errorf("%s believed another dialect", name)
			}
			// Its own, said twice, or left out, is refused.
			first := ask(s, good)
			for header := range first.Header {
				if !strings.HasPrefix(header, "X-") {
					continue
				}
				for how, change := range map[string]func(h http.Header){
					"twice": func(h http.Header) { h.Add(header, h.Get(header)) }, "left out": func(h http.Header) { h.Del(header) },
					"empty": func(h http.Header) { h.Set(header, "") }, "a list": func(h http.Header) { h.Set(header, h.Get(header)+", "+h.Get(header)) },
				} {
					r := ask(s, good)
					change(r.Header)
					if got := s.Do(r); got.Status == 200 && !(header == "X-Forwarded-For" && how != "left out") {
						t.Errorf("%s: %s %s: 200", name, header, how)
					}
				}
			}
		}
	}, lptest.Guarding(guardedAPI))
	stranger := func(o ...lptest.Option) *lptest.Server { return lptest.Start(t, lptest.Engines(t)[0], o...) }
	s := stranger(lptest.Guarding(guardedAPI), lptest.AskedBy("192.0.2.0/24"), lptest.BehindProxy())
	token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
	a := bearer("GET", "/data", token)
	a.header.Set("X-Forwarded-For", "192.0.2.7") // says to come from one
	wantVerdict(t, s, a, 403)
	wantVerdict(t, stranger(), bearer("GET", "/v3/dashboards", token), 403) // nobody is named
}

// GW05, GW06: paths that can be read in two ways, and what a query or a fragment adds to them.
func TestGW05_PathsThatCanBeReadInTwoWaysDoNotPass(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token")
		for _, target := range []string{
			"/reports/..%2fdata", "/reports/%2e%2e/data", "/reports/../data", "/reports/./x", "/reports//x", "//data", "/data;x", "/reports/x;y=z", "/data%00", "/%64ata", `/reports/\data`, "/reports/%5cdata",
			"/reports/%252e%252e/data", "/reports/..%252fdata", "/Data", "/data.", "/data/", "/data%20", "/data#/public", "/data%23/public", "/reports/x#y", "/reports/%2F", "/reports/%",
			"data", "*", "", "https://" + guardedHost + "/public", "/reports/x y", "/reports/\xff", "/reports/..",
		} {
			for name, ask := range proxies {
				a := bearer("GET", target, token)
				r := ask(s, a)
				if name == "envoy" && (!strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \xff")) {
					continue // no request line holds it
				}
				got, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					continue // no header holds it either
				}
				got.Body.Close()
				if got.StatusCode < 300 || got.StatusCode >= 500 && name != "nginx-answer" {
					t.Errorf("%s: %q: %d", name, target, got.StatusCode)
				}
			}
		}
		wantVerdict(t, s, bearer("POST", "/data?x=/public", token), 403)
		wantVerdict(t, s, bearer("GET", "/reports/a/b?x=../data", token), 200)
	}, lptest.Guarding(guardedAPI))
}

// GW07, GW08: hosts have one spelling, and one that nobody declared has no rules to pass by. Nothing depends on who says to ask.
func TestGW08_HostsAreOneSpellingOrRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		for host, status := range map[string]int{
			guardedHost: 200, "APP.Example.COM": 200, guardedHost + ".": 200, guardedHost + ":443": 200, guardedHost + ":8443": 200, "APP.example.com.:443": 200,
			"other.example.com": 421, "app.example.com.evil.example": 421, "xapp.example.com": 421, "example.com": 421, "localhost": 421,
			guardedHost + "..": 400, "a@" + guardedHost: 400, guardedHost + ":0": 400, guardedHost + ":x": 400, guardedHost + ":99999": 400, "app_example.com": 400, "app.example.com\\": 400, "[::1": 400, ".": 400,
		} {
			a := bearer("GET", "/data", token)
			a.host = host
			a.header.Set("User-Agent", "kube-probe/1.30")
			for name, ask := range proxies {
				if strings.ContainsAny(host, `\@[`) && name == "envoy" {
					continue // no Host holds it
				}
				got, want := s.Do(ask(s, a)).Status, status
				switch {
				case name == "nginx" && status > 400:
					want = 403
				case name == "nginx" && status == 400:
					want = 403
				case name == "nginx-answer" && status == 200:
					want = 503
				}
				if got != want {
					t.Errorf("%s: host %q: %d, want %d", name, host, got, want)
				}
			}
		}
	}, lptest.Guarding(guardedAPI))
}

// GW09: every route of a table has the same verdict at the gateway and at forward-auth, for every kind of caller.
func TestGW09_GatewayAndForwardAuthAgreeOnEveryRoute(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		revoked := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		wantStatus(t, s.PostAs(s.Machine, "/oauth/revoke", url.Values{"token": {revoked}}), 200)
		tokens := map[string]string{
			"nobody": "", "nonsense": "lp_at_x", "revoked": revoked,
			"reads":   s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token"),
			"writes":  s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:write").Text("access_token"),
			"person":  s.Tokens(s.Web).Text("access_token"),
			"another": s.Tokens(s.Public).Text("access_token"),
		}
		home := strings.TrimPrefix(s.URL, "http://")
		verdicts := 0
		for _, path := range []string{"/v3/dashboards", "/v3/dashboards?x=y", "/v3/accounts/sample-bakery/dashboards", "/v3/accounts/sample-cinema/dashboards", "/v3/accounts/none/dashboards", "/v3/accounts//dashboards", "/v3/else", "/v3/", "/v3/dashboards/", "/v3/%64ashboards"} {
			for _, method := range []string{"GET", "POST", "DELETE", "HEAD"} {
				for who, token := range tokens {
					for _, account := range []string{"", "sample-cinema", "none"} {
						a := asked{method, "http", home, path, http.Header{}}
						direct := s.Request(method, path, "")
						for _, h := range []http.Header{a.header, direct.Header} {
							if token != "" {
								h.Set("Authorization", "Bearer "+token)
							}
							if account != "" {
								h.Set("Launchpad-Account", account)
							}
						}
						want, got := s.Do(direct), s.Do(proxies["traefik"](s, a))
						passed := want.Status == 200 || want.Status == 201
						if (got.Status == 200) != passed || !strings.Contains(path, "%") && !passed && got.Status != want.Status {
							t.Errorf("%s %s by %s for %q: %d %s at the gateway, %d %s at forward-auth", method, path, who, account, want.Status, want.Body, got.Status, got.Body)
						}
						if passed && got.Header.Get("Launchpad-Account-Slug") != want.Header.Get("Launchpad-Account") {
							t.Errorf("%s %s by %s: account %q and %q", method, path, who, want.Header.Get("Launchpad-Account"), got.Header.Get("Launchpad-Account-Slug"))
						}
						verdicts++
					}
				}
			}
		}
		if verdicts < 800 {
			t.Errorf("only %d verdicts were compared", verdicts)
		}
	}, lptest.Guarding())
}

// AT36: callers are counted by their own address, by account, never together as the proxy.
func TestAT36_CallersBehindAProxyAreCountedByThemselves(t *testing.T) {
	limits := config.Unlimited()
	limits.APIOfAccount = 3
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		from := func(address string) int {
			a := bearer("GET", "/data", token)
			a.header.Set("X-Forwarded-For", address)
			return s.Do(proxies["caddy"](s, a)).Status
		}
		for range 3 {
			if got := from("192.0.2.1"); got != 200 {
				t.Fatalf("%d within the limit", got)
			}
		}
		if got := from("192.0.2.1"); got != 429 {
			t.Errorf("%d beyond the limit, want 429", got)
		}
		if got := from("198.51.100.9, 192.0.2.1"); got != 429 {
			t.Errorf("%d for who says to be somebody else before, want 429", got)
		}
		if got := from("192.0.2.2"); got != 200 {
			t.Errorf("%d for another address, want 200", got)
		}
		if s.Do(proxies["nginx"](s, bearer("GET", "/data", token))).Status != 403 {
			t.Error("a narrow proxy is not told to refuse")
		}
	}, lptest.Guarding(guardedAPI), lptest.WithLimits(limits))
}

// visitor is a browser at the guarded host, whose proxy asks about everything.
type visitor struct {
	t       *testing.T
	s       *lptest.Server
	home    *lptest.Browser // the same browser at the issuer
	scheme  string
	host    string
	cookies map[string]string
}

func visit(t *testing.T, s *lptest.Server, home *lptest.Browser) *visitor {
	return &visitor{t, s, home, "https", guardedHost, map[string]string{}}
}

func (v *visitor) ask(method, target string, header ...string) lptest.Answer {
	v.t.Helper()
	a := about(method, target, append([]string{"Accept", "text/html"}, header...)...)
	a.scheme, a.host = v.scheme, v.host
	var list []string
	for name, value := range v.cookies {
		list = append(list, name+"="+value)
	}
	if len(list) > 0 {
		slices.Sort(list)
		a.header.Set("Cookie", strings.Join(list, "; "))
	}
	got := v.s.Do(proxies["traefik"](v.s, a))
	for _, line := range got.Header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			v.t.Fatal(err)
		}
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
			continue
		}
		v.cookies[c.Name] = c.Value
		if v.scheme == "https" && (!c.Secure || !strings.HasPrefix(c.Name, "__Host-")) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" || c.Path != "/" {
			v.t.Errorf("the cookie %s is not this host's alone: %s", c.Name, line)
		}
	}
	return got
}

// open goes to a page, and through whatever that takes; it gives the last answer at the guarded host.
func (v *visitor) open(target string) lptest.Answer {
	v.t.Helper()
	got := v.ask("GET", target)
	if got.Status != 302 {
		return got
	}
	to := v.handOver(got.Header.Get("Location"))
	got = v.ask("GET", to)
	if got.Status != 302 {
		return got
	}
	back, found := strings.CutPrefix(got.Header.Get("Location"), v.scheme+"://"+v.host)
	if !found {
		v.t.Fatalf("sent to %s", got.Header.Get("Location"))
	}
	return v.ask("GET", back)
}

// handOver takes the step at the issuer, for somebody who is signed in, and gives the path to go on to.
func (v *visitor) handOver(start string) string {
	v.t.Helper()
	page := v.home.Get(start)
	to, found := strings.CutPrefix(page.Redirect, v.scheme+"://"+v.host)
	if !found || !strings.HasPrefix(to, "/.launchpad/") {
		v.t.Fatalf("start: %d, sent to %q\n%s", page.Status, page.Redirect, page.Body)
	}
	return to
}

func signedInVisitor(t *testing.T, s *lptest.Server) *visitor {
	return visit(t, s, s.SignedIn(s.Person.Email))
}

// Somebody who is signed in opens a page behind a proxy, and comes back to exactly that page.
func TestGW10_ABrowserSignsInForAGuardedHost(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := signedInVisitor(t, s)
		first := v.ask("GET", "/reports/a?b=c&d=%20e")
		if first.Status != 302 || !strings.HasPrefix(first.Header.Get("Location"), s.URL+"/oauth/forward-auth/start?") {
			t.Fatalf("%d %s", first.Status, first.Header.Get("Location"))
		}
		back := v.ask("GET", v.handOver(first.Header.Get("Location")))
		if want := "https://" + guardedHost + "/reports/a?b=c&d=%20e"; back.Status != 302 || back.Header.Get("Location") != want {
			t.Fatalf("%d %q, want %q\n%s", back.Status, back.Header.Get("Location"), want, back.Body)
		}
		got := v.ask("GET", "/reports/a?b=c&d=%20e")
		if got.Status != 200 || got.Header.Get("Launchpad-Identity") != s.Person.ID.String() || got.Header.Get("Launchpad-Account-Slug") == "" || got.Header.Get("Launchpad-App") != "" {
			t.Errorf("%d %v", got.Status, got.Header)
		}
		for _, c := range []struct{ target, header, want string }{{"/of/sample-cinema/reports", "", "sample-cinema"}, {"/of/sample-bakery/reports", "sample-cinema", "sample-bakery"}, {"/reports/a", "sample-cinema", "sample-cinema"}} {
			got := v.ask("GET", c.target, "Launchpad-Account", c.header)
			if got.Status != 200 || got.Header.Get("Launchpad-Account-Slug") != c.want {
				t.Errorf("%s for %q: %d %q, want %q", c.target, c.header, got.Status, got.Header.Get("Launchpad-Account-Slug"), c.want)
			}
		}
		if got := v.ask("GET", "/of/none/reports"); got.Status != 403 { // AT10
			t.Errorf("an account that is not the person's: %d", got.Status)
		}
		if got := v.ask("GET", "/data"); got.Status != 401 {
			t.Errorf("a call that is not for browsers: %d, want 401", got.Status)
		}
		wantVerdict(t, s, about("GET", "/reports/a", "Accept", "application/json"), 401)
		wantVerdict(t, s, about("GET", "/reports/a", "Accept", "text/html"), 302)
		wantVerdict(t, s, about("GET", "/reports/a", "Accept", "text/html", "Sec-Fetch-Mode", "cors"), 401)
		wantVerdict(t, s, about("POST", "/reports/a", "Accept", "text/html"), 401)
	}, lptest.Guarding(guardedAPI))
}

// GW10: what refuses a person for good is a page: it says who they are and where to go, and needs nothing from elsewhere. Programs get JSON.
func TestGW10_RefusalsOfPeopleArePages(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := signedInVisitor(t, s)
		wantStatus(t, v.open("/reports/a"), 200)
		for target, want := range map[string]struct {
			status int
			who    string
		}{"/of/none/reports": {403, s.Person.Email}, "/else": {404, ""}, "/.launchpad/signed-in?h=x": {403, ""}} {
			got := v.ask("GET", target)
			path, _, _ := strings.Cut(target, "?")
			if got.Status != want.status || got.Header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(got.Body, guardedHost+path) || !strings.Contains(got.Body, want.who) || !strings.Contains(got.Body, `href="`+s.URL+`/account"`) {
				t.Errorf("%s: %d %v %s", target, got.Status, got.Header, got.Body)
			}
			if (want.who == "") != !strings.Contains(got.Body, s.Person.Email) {
				t.Errorf("%s names somebody, or nobody: %s", target, got.Body)
			}
			policy := got.Header.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || !strings.HasSuffix(policy, "; sandbox") || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s: %v", target, got.Header)
			}
			if len(got.Body) > 8<<10 || strings.Contains(got.Body, "<script") || strings.Contains(got.Body, "<link") || strings.Contains(got.Body, "src=") {
				t.Errorf("%s: the page is large or needs something from elsewhere", target)
			}
			if got := v.ask("GET", target, "Sec-Fetch-Mode", "cors"); !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
				t.Errorf("%s for a script: %s", target, got.Header.Get("Content-Type"))
			}
		}
		eachProxy(t, s, about("GET", "/else", "Accept", "text/html"), func(t *testing.T, proxy string, got lptest.Answer) {
			if page := strings.HasPrefix(got.Header.Get("Content-Type"), "text/html"); page == (proxy == "nginx") {
				t.Errorf("by %s: %s", proxy, got.Header.Get("Content-Type"))
			}
		})
	}, lptest.Guarding(guardedAPI))
}

// GW10: a cookie that is malformed, doubled, another host's, or whose session cannot be read opens nothing.
func TestGW10_NoErrorIsASuccess(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := signedInVisitor(t, s)
		if got := v.open("/reports/a"); got.Status != 200 {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
		const name = "__Host-lp_pass"
		good := v.cookies[name]
		for _, cookie := range map[string]string{
			"cut": name + "=" + good[:len(good)-3], "empty": name + "=", "nonsense": name + "=\"x\"", "twice": name + "=" + good + "; " + name + "=" + good,
			"without the prefix": "lp_pass=" + good, "the issuer's": name + "=" + v.home.Cookie("lp_session"), "long": name + "=" + strings.Repeat("a", 8000),
		} {
			wantVerdict(t, s, about("GET", "/reports/a", "Accept", "text/html", "Cookie", cookie), 302)
			wantVerdict(t, s, about("GET", "/reports/a", "Cookie", cookie), 401)
		}
		other := about("GET", "/reports/a", "Cookie", name+"="+good)
		other.host = "sample-cinema.app.example.com"
		wantVerdict(t, s, other, 401)
		other.host, other.scheme = guardedHost, "http"
		wantVerdict(t, s, other, 401)
		s.BreakStore()
		for _, a := range []asked{about("GET", "/reports/a", "Accept", "text/html", "Cookie", name+"="+good), about("GET", "/reports/a", "Cookie", name+"="+good)} {
			wantVerdict(t, s, a, 503)
		}
	}, lptest.Guarding(guardedAPI))
}

// A pass ends with the session, and with the person's standing, at the next request.
func TestGW10_APassEndsWithItsSession(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := signedInVisitor(t, s)
		wantStatus(t, v.open("/reports/a"), 200)
		v.home.Post("/signout", v.home.Get("/account").Hidden())
		wantStatus(t, v.ask("GET", "/reports/a"), 302)
		wantStatus(t, v.ask("GET", "/reports/a", "Accept", "application/json"), 302)

		v = signedInVisitor(t, s)
		wantStatus(t, v.open("/reports/a"), 200)
		s.LeaveAccount(s.First)
		if got := v.ask("GET", "/of/sample-bakery/reports"); got.Status != 403 {
			t.Errorf("%d in an account that the person has left, want 403", got.Status)
		}
		s.Clock.Advance(12*time.Hour + time.Second)
		wantStatus(t, v.ask("GET", "/reports/a"), 302)
	}, lptest.Guarding(guardedAPI))
}

// CS01: what another site makes a browser send is refused, whatever its pass.
func TestGW10_OtherSitesCannotActWithAPass(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := signedInVisitor(t, s)
		wantStatus(t, v.open("/reports/a"), 200)
		const origin = "https://" + guardedHost
		for _, c := range []struct {
			method string
			header []string
			want   int
		}{
			{"POST", []string{"Origin", origin}, 200},
			{"POST", []string{"Origin", origin, "Sec-Fetch-Site", "same-origin"}, 200},
			{"POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
			{"POST", nil, 403},
			{"POST", []string{"Origin", "null"}, 403},
			{"POST", []string{"Origin", "https://evil.example"}, 403},
			{"POST", []string{"Origin", origin + ".evil.example"}, 403},
			{"POST", []string{"Origin", "http://" + guardedHost}, 403},
			{"POST", []string{"Origin", origin, "Origin", origin}, 403},
			{"POST", []string{"Origin", origin, "Sec-Fetch-Site", "cross-site"}, 403},
			{"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
			{"POST", []string{"Sec-Fetch-Site", "none"}, 403},
			{"GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
			{"GET", []string{"Sec-Websocket-Key", "x", "Origin", "https://evil.example"}, 403},
			{"GET", []string{"Sec-Websocket-Key", "x", "Origin", origin}, 200},
		} {
			if got := v.ask(c.method, "/reports/a", c.header...); got.Status != c.want {
				t.Errorf("%s with %q: %d %s, want %d", c.method, c.header, got.Status, got.Body, c.want)
			}
		}
	}, lptest.Guarding(guardedAPI))
}

// A hand-over is good once, for a minute, in the browser that began, at one host; nothing but a proxy's word begins one.
func TestGW10_AHandOverIsForOneBrowserAndOneHost(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := signedInVisitor(t, s)
		start := v.ask("GET", "/reports/a").Header.Get("Location")
		to := v.handOver(start)
		wantStatus(t, visit(t, s, v.home).ask("GET", to), 403) // a browser that did not begin
		other := visit(t, s, v.home)
		other.ask("GET", "/reports/a")
		wantStatus(t, other.ask("GET", to), 403) // one that began something else
		elsewhere := visit(t, s, v.home)
		elsewhere.host, elsewhere.cookies = "sample-cinema.app.example.com", v.cookies
		wantStatus(t, elsewhere.ask("GET", to), 403)
		wantStatus(t, v.ask("GET", to+"x"), 403)
		wantStatus(t, v.ask("GET", "/.launchpad/signed-in?"+url.Values{"h": {strings.SplitN(start, "r=", 2)[1]}}.Encode()), 403) // of another step
		wantStatus(t, v.ask("GET", "/.launchpad/else"), 404)
		wantStatus(t, v.ask("POST", to), 404)
		wantStatus(t, v.ask("GET", to), 302)
		pass := v.cookies["__Host-lp_pass"]
		wantStatus(t, v.ask("GET", to), 302) // another tab: the browser has a pass by now
		if v.cookies["__Host-lp_pass"] != pass {
			t.Error("a hand-over was good twice")
		}
		delete(v.cookies, "__Host-lp_pass")
		wantStatus(t, v.ask("GET", to), 403)

		late := visit(t, s, v.home)
		to = late.handOver(late.ask("GET", "/reports/a").Header.Get("Location"))
		s.Clock.Advance(time.Minute)
		wantStatus(t, late.ask("GET", to), 403)

		gone := visit(t, s, v.home)
		to = gone.handOver(gone.ask("GET", "/reports/a").Header.Get("Location"))
		v.home.Post("/signout", v.home.Get("/account").Hidden())
		wantStatus(t, gone.ask("GET", to), 403)
		for _, forged := range []string{"", "https://evil.example/", "lp_st_x", strings.TrimPrefix(start, s.URL)} {
			page := s.SignedIn(s.Person.Email).Get("/oauth/forward-auth/start?" + url.Values{"r": {forged}}.Encode())
			if page.Status != 403 || page.Redirect != "" {
				t.Errorf("a start of %q: %d, sent to %q", forged, page.Status, page.Redirect)
			}
		}
	}, lptest.Guarding(guardedAPI))
}

// Whoever is not signed in yet does so on the way; a page leads on from the form, because browsers do not follow a form elsewhere.
func TestGW10_SigningInOnTheWayToAGuardedHost(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		v := visit(t, s, s.Browser())
		page := v.home.Get(v.ask("GET", "/reports/a").Header.Get("Location"))
		if page.Status != 200 || !strings.HasPrefix(page.URL.Path, web.PathSignIn) {
			t.Fatalf("%d %s", page.Status, page.URL)
		}
		page = v.home.SignIn(page, s.Person.Email, lptest.Password)
		_, to, found := strings.Cut(page.Header.Get("Refresh"), "url=https://"+guardedHost)
		if page.Status != 200 || !found || !strings.Contains(page.Body, "on your way back to https://"+guardedHost) {
			t.Fatalf("%d, refresh %q\n%s", page.Status, page.Header.Get("Refresh"), page.Body)
		}
		wantStatus(t, v.ask("GET", to), 302)
		wantStatus(t, v.ask("GET", "/reports/a"), 200)
	}, lptest.Guarding(guardedAPI))
}

// Where a pass would not be safe, nobody is offered one: at the issuer's own host, over plain http, at a port that is not the scheme's.
func TestGW10_NoPassWhereItWouldNotBeSafe(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.Guarding(guardedAPI, guarded.API{
		Prefix: "/pages/", Routes: []guarded.Route{{Method: "GET", Path: "/pages/{rest...}", Session: true}},
	}), lptest.WithIssuer("https://id.example.com"))
	for what, a := range map[string]asked{
		"the issuer's host": {"GET", "https", "id.example.com", "/pages/a", nil}, "plain http": {"GET", "http", guardedHost, "/reports/a", nil}, "another port": {"GET", "https", guardedHost + ":8443", "/reports/a", nil},
	} {
		a.header = http.Header{"Accept": {"text/html"}}
		if got := s.Do(proxies["traefik"](s, a)); got.Status != 401 || got.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", what, got.Status, got.Header.Get("Location"))
		}
	}
	wantVerdict(t, s, about("GET", "/reports/a", "Accept", "text/html"), 302)
}

// AT08: who does not trust the way gets a signed statement from a verdict, too, and each caller one of his own.
func TestAT08_VerdictsCarryAssertions(t *testing.T) {
	asserting := guardedAPI
	asserting.Assertion = true
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		eachProxy(t, s, about("GET", "/data", "Authorization", "Bearer "+s.Tokens(s.Web).Text("access_token"), "Launchpad-Assertion", "forged"), func(t *testing.T, proxy string, got lptest.Answer) {
			claims := asserted(t, s, got.Header.Get("Launchpad-Assertion"))
			if claims["aud"] != "http://"+guardedHost+"/" || claims["sub"] != s.Person.ID.String() || claims["client_id"] != s.Web.ClientID || claims["account"] != s.First.ID.String() {
				t.Errorf("%s: %v", proxy, claims)
			}
		})
		machine := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		wantVerdict(t, s, bearer("GET", "/data", machine), 200)
		eachProxy(t, s, bearer("GET", "/data", machine), func(t *testing.T, proxy string, got lptest.Answer) {
			if claims := asserted(t, s, got.Header.Get("Launchpad-Assertion")); claims["sub"] != s.Machine.ClientID {
				t.Errorf("%s: %v", proxy, claims)
			}
		})
		// People in browsers bring no token that would tell them apart.
		second := s.NewPerson("second@example.com", false)
		check(t, s.Store.AddMember(t.Context(), second.ID, s.First.ID, core.RoleMember, s.Person.ID, s.Clock.Now()))
		for _, who := range []core.Identity{s.Person, second} {
			got := visit(t, s, s.SignedIn(who.Email)).open("/reports/a")
			wantStatus(t, got, 200)
			claims := asserted(t, s, got.Header.Get("Launchpad-Assertion"))
			if _, app := claims["client_id"]; app || claims["sub"] != who.ID.String() || claims["jti"] != nil {
				t.Errorf("%s: %v", who.Email, claims)
			}
		}
	}, lptest.Guarding(asserting))
}
