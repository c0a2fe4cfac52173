package doctor_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/doctor"
	"launchpad/internal/lptest"
)

// Ways to break a deployment.

// at breaks answers of a path.
func at(path string, change func(res *http.Response)) spoil {
	return spoil{after: func(r *http.Request, res *http.Response) {
		if r.URL.Path == path {
			change(res)
		}
	}}
}

// withoutHeader takes a header out of the answers of a path.
func withoutHeader(path, name string) spoil {
	return at(path, func(res *http.Response) { res.Header.Del(name) })
}

func withHeader(path, name, value string) spoil {
	return at(path, func(res *http.Response) { res.Header.Set(name, value) })
}

// metadata changes the metadata in both spellings alike.
func metadata(change func(document)) spoil {
	return spoil{after: func(r *http.Request, res *http.Response) {
		if r.URL.Path == metadataPath || r.URL.Path == openidPath {
			edit(res, change)
		}
	}}
}

func member(name string, value any) spoil {
	return metadata(func(d document) { d[name] = value })
}

func noMember(name string) spoil {
	return metadata(func(d document) { delete(d, name) })
}

// leaves takes a value out of a list of the metadata.
func leaves(name, value string) spoil {
	return metadata(func(d document) {
		d[name] = slices.DeleteFunc(d[name].([]any), func(item any) bool { return item == value })
	})
}

// instead answers what a condition holds for.
func instead(when func(*http.Request) bool, status int, kind, body string) spoil {
	return spoil{before: func(w http.ResponseWriter, r *http.Request) bool {
		if !when(r) {
			return false
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}}
}

const proxyPage = "<html><h1>nginx</h1></html>"

func path(path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Path == path }
}

func post(path string, and func(*http.Request) bool) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == path && and(r) }
}

// carries: the form of a request, which is read and put back, has a text.
func carries(text string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		body, _ := io.ReadAll(r.Body) // a part is enough
		r.Body = io.NopCloser(bytes.NewReader(body))
		return bytes.Contains(body, []byte(text))
	}
}

func key(change func(document)) spoil {
	return at("/oauth/jwks", func(res *http.Response) {
		edit(res, func(d document) { change(d["keys"].([]any)[0].(map[string]any)) })
	})
}

// challenge changes what an API says to calls without a token.
func challenge(change func(string) string) spoil {
	return spoil{after: func(r *http.Request, res *http.Response) {
		if c := res.Header.Get("WWW-Authenticate"); r.URL.Path == lptest.AgentCalls && c != "" && r.Header.Get("Authorization") == "" {
			if c = change(c); c == "" {
				res.Header.Del("WWW-Authenticate")
				return
			}
			res.Header.Set("WWW-Authenticate", c)
		}
	}}
}

func without(parameter string) func(string) string {
	return func(c string) string { return strings.Replace(c, parameter+"=", "x-"+parameter+"=", 1) }
}

// location changes where the app is sent.
func location(change func(query url.Values)) spoil {
	return at("/oauth/authorize", func(res *http.Response) {
		to, err := res.Location()
		if err != nil {
			return
		}
		query := to.Query()
		change(query)
		to.RawQuery = query.Encode()
		res.Header.Set("Location", to.String())
	})
}

// reflect puts a host that the request named into the answer.
func reflect(res *http.Response, host string) {
	if body, _ := io.ReadAll(res.Body); host != "" { // of our own server
		replace(res, bytes.ReplaceAll(body, []byte("id.example.com"), []byte(host)))
	} else {
		replace(res, body)
	}
}

func both(a, b spoil) spoil {
	return spoil{after: func(r *http.Request, res *http.Response) { a.after(r, res); b.after(r, res) }}
}

var broken = []struct {
	name  string
	spoil spoil
	wrong []string // what must be found, and nothing else
}{
	{"a proxy knows one spelling", instead(path(openidPath), 404, "text/html", proxyPage), []string{"discovery.spellings"}},
	{"the spellings differ", at(openidPath, func(res *http.Response) { edit(res, func(d document) { d["claims_supported"] = []any{"sub"} }) }), []string{"discovery.spellings"}},
	{"the metadata is called text", both(withHeader(metadataPath, "Content-Type", "text/plain"), withHeader(openidPath, "Content-Type", "text/plain")), []string{"discovery.json"}},
	{"a page in place of the metadata", spoil{after: func(r *http.Request, res *http.Response) {
		if r.Method == http.MethodGet && (r.URL.Path == metadataPath || r.URL.Path == openidPath) {
			replace(res, []byte(proxyPage))
		}
	}}, []string{"discovery.json"}},
	{"a slash at the end of the issuer", member("issuer", issuer+"/"), []string{"discovery.issuer"}},
	{"a null member", member("logo_uri", nil), []string{"discovery.null-members"}},
	{"a null in a list", metadata(func(d document) { d["ui_locales_supported"] = []any{"en", nil} }), []string{"discovery.null-members"}},
	{"PKCE is not announced", noMember("code_challenge_methods_supported"), []string{"discovery.pkce"}},
	{"public clients are not announced", leaves("token_endpoint_auth_methods_supported", "none"), []string{"discovery.public-clients"}},
	{"secrets in the body are not announced", leaves("token_endpoint_auth_methods_supported", "client_secret_post"), []string{"discovery.client-secrets"}},
	{"the code flow is not announced", leaves("response_types_supported", "code"), []string{"discovery.code-flow"}},
	{"refresh is not announced", leaves("grant_types_supported", "refresh_token"), []string{"discovery.code-flow"}},
	{"registration is closed", noMember("registration_endpoint"), []string{"discovery.registration"}},
	{"metadata documents are not read", noMember("client_id_metadata_document_supported"), []string{"discovery.client-metadata"}},
	{"iss is not announced", member("authorization_response_iss_parameter_supported", false), []string{"discovery.iss"}},
	{"offline_access is not announced", leaves("scopes_supported", "offline_access"), []string{"discovery.offline-access"}},
	{"openid is announced and not complete", metadata(func(d document) {
		d["scopes_supported"] = append(d["scopes_supported"].([]any), "openid")
		delete(d, "subject_types_supported")
	}), []string{"discovery.openid"}},
	{"an endpoint on another host", member("introspection_endpoint", "https://id.example.com.evil.example/oauth/introspect"), []string{"discovery.endpoints"}},
	{"an endpoint for shells", member("introspection_endpoint", issuer+"/oauth/introspect?$(id)"), []string{"discovery.endpoints"}},
	{"an endpoint that a proxy cannot reach", instead(path("/oauth/introspect"), 502, "text/html", proxyPage), []string{"discovery.endpoints-answer"}},
	{"Host is reflected", spoil{after: func(r *http.Request, res *http.Response) {
		if r.Host != "id.example.com" {
			reflect(res, r.Host)
		}
	}}, []string{"discovery.host"}},
	{"X-Forwarded-Host is reflected", spoil{after: func(r *http.Request, res *http.Response) {
		if r.URL.Path == metadataPath {
			reflect(res, r.Header.Get("X-Forwarded-Host"))
		}
	}}, []string{"discovery.host"}},
	{"500 for unknown well-known paths", instead(path("/.well-known/oauth-protected-resource/doctor"), 500, "text/html", proxyPage), []string{"discovery.unknown-paths"}},
	{"a page for every path", instead(path("/.well-known/doctor"), 200, "text/html", proxyPage), []string{"discovery.unknown-paths"}},
	{"no caching headers", withoutHeader(metadataPath, "Cache-Control"), []string{"discovery.caching"}},
	{"kept for a year", withHeader(metadataPath, "Cache-Control", "public, max-age=31536000"), []string{"discovery.caching"}},

	{"no keys", at("/oauth/jwks", func(res *http.Response) { edit(res, func(d document) { d["keys"] = []any{} }) }), []string{"keys.readable"}},
	{"a private key", key(func(d document) { d["d"] = "AQAB" }), []string{"keys.public"}},
	{"a key without a name", key(func(d document) { delete(d, "kid") }), []string{"keys.named"}},
	{"one name for two keys", at("/oauth/jwks", func(res *http.Response) {
		edit(res, func(d document) { d["keys"] = append(d["keys"].([]any), d["keys"].([]any)[0]) })
	}), []string{"keys.named"}},
	{"keys are kept for a day", withHeader("/oauth/jwks", "Cache-Control", "public, max-age=86400"), []string{"keys.caching"}},
	{"a cache kept the keys for a day", withHeader("/oauth/jwks", "Age", "86000"), []string{"keys.caching"}},

	{"errors may be kept", withoutHeader("/oauth/token", "Cache-Control"), []string{"token.errors"}},
	{"errors are pages of the proxy", at("/oauth/token", func(res *http.Response) {
		if res.StatusCode >= 400 {
			res.Header.Set("Content-Type", "text/html")
			replace(res, []byte(proxyPage))
		}
	}), []string{"token.errors", "token.basic", "token.form", "proxy.html-errors"}},
	{"no challenge at the token endpoint", withoutHeader("/oauth/token", "WWW-Authenticate"), []string{"token.basic"}},
	{"GET at the token endpoint is a page", instead(func(r *http.Request) bool { return r.Method == "GET" && r.URL.Path == "/oauth/token" }, 200, "text/html", proxyPage), []string{"token.get"}},
	{"JSON at the token endpoint is a fault", instead(func(r *http.Request) bool {
		return r.URL.Path == "/oauth/token" && r.Header.Get("Content-Type") == "application/json"
	}, 500, "application/json", `{"error":"server_error"}`), []string{"token.form"}},
	{"a refresh is a fault", instead(post("/oauth/token", carries("refresh_token=")), 500, "application/json", `{"error":"server_error"}`), []string{"token.refresh-fault"}},
	{"errors lead nowhere", instead(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/docs/errors/") }, 404, "text/html", proxyPage), []string{"token.error-uri"}},
	{"a registration is a fault", at(registerPath, func(res *http.Response) {
		if res.Request.Method == http.MethodPost {
			res.StatusCode = 500
		}
	}), []string{"registration.errors"}},

	{"an unknown client is answered 200", at("/oauth/authorize", func(res *http.Response) {
		if res.StatusCode == 400 {
			res.StatusCode = 200
		}
	}), []string{"authorize.unknown-client", "authorize.exact-redirect"}},
	{"an unknown client is redirected", spoil{after: func(r *http.Request, res *http.Response) {
		if to := r.URL.Query().Get("redirect_uri"); r.URL.Query().Get("client_id") == "doctor" {
			res.StatusCode = 302
			res.Header.Set("Location", to)
		}
	}}, []string{"authorize.unknown-client"}},
	{"pages may be framed", withoutHeader("/oauth/authorize", "Content-Security-Policy"), []string{"authorize.framing"}},
	{"a script of somebody else", at("/oauth/authorize", func(res *http.Response) {
		if res.StatusCode == 400 {
			replace(res, []byte(`<html><script async src="//cdn.example/x.js"></script></html>`))
		}
	}), []string{"authorize.third-parties"}},
	{"cookies without Secure", at("/oauth/authorize", func(res *http.Response) {
		for i, line := range res.Header["Set-Cookie"] {
			res.Header["Set-Cookie"][i] = strings.Replace(line, "; Secure", "", 1)
		}
	}), []string{"authorize.cookies"}},
	{"a firewall against localhost", instead(func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "localhost") }, 403, "text/html", proxyPage), []string{"authorize.loopback-redirect"}},
	{"state is normalised", location(func(q url.Values) { q.Set("state", strings.ToLower(q.Get("state"))) }), []string{"authorize.state"}},
	{"iss is another", location(func(q url.Values) { q.Set("iss", issuer+"/") }), []string{"authorize.iss"}},
	{"redirects that only begin like one", instead(func(r *http.Request) bool {
		return r.URL.Path == "/oauth/authorize" && strings.HasPrefix(r.URL.Query().Get("redirect_uri"), lptest.Redirect+"/")
	}, 200, "text/html", proxyPage), []string{"authorize.exact-redirect"}},

	{"an API without a challenge", atTheCall(challenge(func(string) string { return "" })), []string{"api.challenge"}},
	{"an API without a challenge, and its metadata elsewhere", challenge(func(string) string { return "" }), []string{"api.challenge", "api.metadata"}},
	{"no resource_metadata", atTheCall(challenge(without("resource_metadata"))), []string{"api.resource-metadata"}},
	{"no scope", challenge(without("scope")), []string{"api.challenge-scope"}},
	{"no metadata of the API", instead(path(resourceAddress), 404, "text/html", proxyPage), []string{"api.metadata"}},
	{"metadata of the API only where the challenge says", moved(), []string{"api.metadata-path"}},
	{"the metadata of another API", resource("resource", "https://other.example.com/agents"), []string{"api.resource"}},
	{"a resource beside the API's path", resource("resource", issuer+"/agents/dash"), []string{"api.resource"}},
	{"the challenge leads to another host", challenge(func(c string) string {
		return strings.Replace(c, issuer+resourceAddress, "https://other.example.com/metadata", 1)
	}), []string{"api.metadata"}},
	{"another authorization server", resource("authorization_servers", []any{issuer + "/"}), []string{"api.issuer"}},
	{"a wrong token is not told", spoil{after: func(r *http.Request, res *http.Response) {
		if r.URL.Path == lptest.AgentCalls && r.Header.Get("Authorization") != "" {
			res.Header.Del("WWW-Authenticate")
		}
	}}, []string{"api.bogus-token"}},
	{"query tokens against what is announced", spoil{before: func(_ http.ResponseWriter, r *http.Request) bool {
		if token := r.URL.Query().Get("access_token"); token != "" {
			r.URL.RawQuery = ""
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return false
	}}, []string{"api.query-token"}},
	{"HEAD is a fault", instead(func(r *http.Request) bool { return r.Method == http.MethodHead }, 500, "text/html", ""), []string{"api.head-options"}},

	{"no preflight of the metadata", instead(func(r *http.Request) bool { return r.Method == "OPTIONS" && r.URL.Path == openidPath }, 405, "text/html", proxyPage), []string{"cors.discovery"}},
	{"no CORS at the metadata", withoutHeader(metadataPath, "Access-Control-Allow-Origin"), []string{"cors.discovery"}},
	{"MCP-Protocol-Version is not allowed", withHeader(metadataPath, "Access-Control-Allow-Headers", "Authorization"), []string{"cors.discovery"}},
	{"no CORS at the keys", withoutHeader("/oauth/jwks", "Access-Control-Allow-Origin"), []string{"cors.keys"}},
	{"no CORS at errors of the token endpoint", at("/oauth/token", func(res *http.Response) {
		if res.StatusCode == 400 {
			res.Header.Del("Access-Control-Allow-Origin")
		}
	}), []string{"cors.token"}},
	{"a * for Authorization", withHeader("/oauth/token", "Access-Control-Allow-Headers", "*"), []string{"cors.token"}},
	{"no CORS at the registration", withoutHeader(registerPath, "Access-Control-Allow-Origin"), []string{"cors.registration"}},
	{"no CORS at the API's metadata", withoutHeader(resourceAddress, "Access-Control-Allow-Origin"), []string{"cors.api-metadata"}},
	{"no CORS at the API", withoutHeader(lptest.AgentCalls, "Access-Control-Allow-Origin"), []string{"cors.api"}},
	{"the challenge is not exposed", withoutHeader(lptest.AgentCalls, "Access-Control-Expose-Headers"), []string{"cors.api"}},
	{"origins are reflected", spoil{after: func(r *http.Request, res *http.Response) {
		if origin := r.Header.Get("Origin"); origin != "" && r.URL.Path == "/oauth/jwks" {
			res.Header.Set("Access-Control-Allow-Origin", origin)
		}
	}}, []string{"cors.credentials"}},
	{"cookies may come along", withHeader("/oauth/introspect", "Access-Control-Allow-Credentials", "true"), []string{"cors.credentials"}},
	{"CORS at pages", withHeader("/signin", "Access-Control-Allow-Origin", "*"), []string{"cors.pages"}},

	{"old TLS", spoil{tls: func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }}, []string{"tls.version"}},
	{"only old TLS", spoil{http1: true, tls: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }}, []string{"tls.version", "http.versions"}},
	{"a certificate for another", spoil{leaf: certificate{name: "other.example.com"}}, []string{"tls.name"}},
	{"a certificate that is over", spoil{leaf: certificate{left: -time.Hour}}, []string{"tls.dates"}},
	{"a certificate that is nearly over", spoil{leaf: certificate{left: 5 * 24 * time.Hour}}, []string{"tls.days-left"}},
	{"no intermediate certificate", spoil{leaf: certificate{alone: true}}, []string{"tls.chain"}},
	{"no HSTS", withoutHeader("/oauth/authorize", "Strict-Transport-Security"), []string{"tls.hsts"}},
	{"HSTS for an hour", withHeader("/oauth/authorize", "Strict-Transport-Security", "max-age=3600"), []string{"tls.hsts"}},
	{"content at port 80", spoil{plain: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, proxyPage) }}, []string{"http.plain"}},
	{"port 80 leads elsewhere", spoil{plain: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://www.example.com/", http.StatusFound)
	}}, []string{"http.plain"}},
	{"no TLS", downgraded(), []string{"tls.https"}},
	{"the server's clock is behind", at(metadataPath, func(res *http.Response) {
		res.Header.Set("Date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))
	}), []string{"http.clock"}},
	{"the doctor's clock is behind", spoil{options: func(o *doctor.Options) { o.Clock = late{} }}, []string{"http.clock"}},
	{"no HTTP/2", spoil{http1: true}, []string{"http.versions"}},
	{"no keep-alive", spoil{brief: true}, []string{"http.keep-alive"}},
	{"compressed in name only", withHeader(metadataPath, "Content-Encoding", "gzip"), []string{"http.compression"}},
	{"compressed without Vary", compressed(""), []string{"http.compression"}},

	{"short headers", instead(func(r *http.Request) bool { return len(r.Header.Get("Authorization")) > 8<<10 }, 431, "text/html", proxyPage), []string{"proxy.long-header"}},
	{"short addresses", instead(func(r *http.Request) bool { return len(r.RequestURI) > 4<<10 }, 414, "text/html", proxyPage), []string{"proxy.long-query"}},
	{"forged headers are believed", spoil{after: func(r *http.Request, res *http.Response) {
		if r.Header.Get("X-Forwarded-Proto") == "http" && res.Header.Get("Location") != "" {
			res.Header.Set("Location", "http://id.example.com"+res.Header.Get("Location"))
		}
	}}, []string{"proxy.forwarded"}},
	{"a forged address comes back", spoil{after: func(r *http.Request, res *http.Response) {
		res.Header.Set("X-Seen-From", r.Header.Get("X-Forwarded-For"))
	}}, []string{"proxy.forwarded"}},
	{"X-Original-URL is obeyed", spoil{before: func(_ http.ResponseWriter, r *http.Request) bool {
		if to := r.Header.Get("X-Original-URL"); to != "" {
			r.URL.Path = to
		}
		return false
	}}, []string{"proxy.rewrite-headers"}},
	{"metrics for everybody", instead(path("/metrics"), 200, "text/plain", "up 1"), []string{"proxy.private-paths"}},
	{"the scheme's case matters", instead(func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("Authorization"), "basic ") }, 400, "application/json", `{"error":"invalid_request"}`), []string{"proxy.header-case"}},
	{"a slash is added by redirect", spoil{before: func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Path != "/oauth/revoke" {
			return false
		}
		http.Redirect(w, r, "/oauth/revoke/", http.StatusMovedPermanently)
		return true
	}}, []string{"proxy.redirects"}},
	{"redirects lose TLS", spoil{after: func(r *http.Request, res *http.Response) {
		if r.URL.Path == "/" {
			res.Header.Set("Location", "http://id.example.com"+res.Header.Get("Location"))
		}
	}}, []string{"proxy.other-host"}},
	{"Expect is refused", instead(func(r *http.Request) bool { return r.Header.Get("Expect") != "" && r.ContentLength < 1000 }, 417, "text/html", proxyPage), []string{"proxy.expect"}},
	{"chunks are refused", instead(func(r *http.Request) bool { return r.ContentLength < 0 }, 411, "text/html", proxyPage), []string{"proxy.chunked"}},
	{"a balancer's cookie", withHeader("/oauth/jwks", "Set-Cookie", "LB=1"), []string{"proxy.cookies"}},
	{"small bodies", instead(func(r *http.Request) bool { return r.ContentLength > 64<<10 }, 413, "text/html", proxyPage), []string{"proxy.html-errors"}},
	{"bot protection", instead(func(r *http.Request) bool { return strings.Contains(r.UserAgent(), "python") }, 403, "text/html", proxyPage), []string{"proxy.user-agents"}},

	{"nothing", spoil{}, nil},
	{"compressed as it should be", compressed("Accept-Encoding"), nil},
	{"a resource with a slash at the end", resource("resource", issuer+"/agents/"), nil},
	{"a resource that is one call", atTheCall(resource("resource", api)), nil},
	{"query tokens that are announced", resource("bearer_methods_supported", []any{"header", "query"}), nil},
}

// moved has the API's metadata at another address, and says so.
func moved() spoil {
	s := challenge(func(c string) string { return strings.Replace(c, resourceAddress, "/resource.json", 1) })
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case resourceAddress:
			http.NotFound(w, r)
			return true
		case "/resource.json":
			r.URL.Path = resourceAddress
		}
		return false
	}
	return s
}

// atTheCall has the API's metadata also where clients look who know nothing but the call.
func atTheCall(s spoil) spoil {
	s.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == resourceAddress+"/dashboards" {
			r.URL.Path = resourceAddress
		}
		return false
	}
	return s
}

func resource(member string, value any) spoil {
	return at(resourceAddress, func(res *http.Response) { edit(res, func(d document) { d[member] = value }) })
}

// downgraded is the same server, known by http and reached so.
func downgraded() spoil {
	const insecure = "http://id.example.com"
	return spoil{
		clear: true,
		options: func(o *doctor.Options) {
			o.Issuer, o.APIs = insecure, []string{insecure + lptest.AgentCalls}
		},
		after: func(_ *http.Request, res *http.Response) {
			for _, values := range res.Header {
				for i := range values {
					values[i] = strings.ReplaceAll(values[i], url.QueryEscape(issuer), url.QueryEscape(insecure))
					values[i] = strings.ReplaceAll(values[i], issuer, insecure)
				}
			}
			if body, _ := io.ReadAll(res.Body); len(body) > 0 { // of our own server
				replace(res, bytes.ReplaceAll(body, []byte(issuer), []byte(insecure)))
			}
		},
	}
}

// compressed answers gzip to who asks for it.
func compressed(vary string) spoil {
	return spoil{after: func(r *http.Request, res *http.Response) {
		if r.Header.Get("Accept-Encoding") != "gzip" || r.URL.Path != metadataPath {
			return
		}
		body, _ := io.ReadAll(res.Body) // of our own server
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(body)
		_ = z.Close() // to memory
		replace(res, packed.Bytes())
		res.Header.Set("Content-Encoding", "gzip")
		if vary != "" {
			res.Header.Set("Vary", vary)
		}
	}}
}

// late is a clock that is a minute behind.
type late struct{}

func (late) Now() time.Time { return core.SystemClock{}.Now().Add(-time.Minute) }

func wrong(r *doctor.Report) []string {
	list := []string{}
	for _, c := range r.Checks {
		if c.Verdict == doctor.Fails || c.Verdict == doctor.Stumbles {
			list = append(list, c.ID)
		}
	}
	return list
}

func TestExactlyWhatIsBrokenIsFound(t *testing.T) {
	w := newWorld(t)
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			report, err := doctor.Examine(t.Context(), w.front(t, b.spoil))
			if err != nil {
				t.Fatal(err)
			}
			if got := wrong(report); !slices.Equal(got, sorted(b.wrong)) {
				t.Errorf("found %v, want %v", got, b.wrong)
				for _, c := range report.Checks {
					if slices.Contains(got, c.ID) {
						t.Logf("%s: received %s, expected %s", c.ID, c.Received, c.Expected)
					}
				}
			}
		})
	}
}

// sorted as the report is.
func sorted(ids []string) []string {
	list := []string{}
	for _, c := range doctor.Checks() {
		if slices.Contains(ids, c.ID) {
			list = append(list, c.ID)
		}
	}
	return list
}

func TestEveryCheckCanFail(t *testing.T) {
	alone := map[string]bool{}
	for _, b := range broken {
		if len(b.wrong) == 1 {
			alone[b.wrong[0]] = true
		}
	}
	for _, c := range doctor.Checks() {
		if !alone[c.ID] {
			t.Errorf("no broken deployment shows %s alone", c.ID)
		}
		delete(alone, c.ID)
	}
	for id := range alone {
		t.Errorf("a broken deployment shows %s, which is no check", id)
	}
}
