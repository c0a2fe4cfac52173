package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/gateway"
	"launchpad/internal/lptest"
	guarded "launchpad/internal/protect"
	"launchpad/oauth"
)

// withAgents adds two APIs for agents, one API that has a resource, and an upstream that says what it was told.
func withAgents() lptest.Option {
	told := gateway.Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"headers": r.Header, "query": r.URL.RawQuery})
	}))
	agent := func(issuer, at string) gateway.API {
		return gateway.API{Upstream: told, API: guarded.API{Name: "Tools at " + at, Resource: issuer + at, Prefix: at + "/", Agents: true, QueryTokens: true, Scopes: oauth.Scopes("mcp:extra"),
			Routes: []guarded.Route{{Method: "POST", Path: at, Scope: "mcp:tools"}, {Method: "POST", Path: at + "/admin", Scope: "mcp:admin"}}}}
	}
	return lptest.WithAPIs(func(issuer string) []gateway.API {
		return []gateway.API{agent(issuer, "/mcp"), agent(issuer, "/other"), {Upstream: told, API: guarded.API{
			Resource: "https://api.example", Prefix: "/v4/", Routes: []guarded.Route{{Method: "GET", Path: "/v4/dashboards", Scope: "dashboards:read"}},
		}}}
	}, core.ScopeInfo{Name: "mcp:tools", Words: "Use tools"}, core.ScopeInfo{Name: "mcp:admin", Words: "Manage", Changes: true}, core.ScopeInfo{Name: "mcp:extra", Words: "More"})
}

// ask authorizes the public app with these parameters beside its own.
func ask(s *lptest.Server, more ...string) lptest.Page {
	request := s.Public.Request()
	for i := 0; i+1 < len(more); i += 2 {
		request.Add(more[i], more[i+1])
	}
	return s.SignedIn(s.Person.Email).Authorize(request, lptest.Choice{})
}

// redeem trades the code of an answer.
func redeem(s *lptest.Server, page lptest.Page, more ...string) lptest.Answer {
	form := s.Public.Redemption(page.Param("code"))
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	return s.PostAs(s.Public, "/oauth/token", form)
}

func callAt(s *lptest.Server, method, path, token string) lptest.Answer {
	r := s.Request(method, path, "")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return s.Do(r)
}

// claims reads a JWT without looking at its signature.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %.20s", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// AT09, GW19: a token for one API is good there and nowhere else, and an API for agents takes no other.
func TestRFC8707_2_TokensAreForTheAPIThatWasNamed(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tools, all := s.URL+"/mcp", "dashboards:read dashboards:write"
		answer := redeem(s, ask(s, "resource", tools, "scope", "mcp:tools "+all), "resource", tools)
		wantStatus(t, answer, 200)
		forTools := answer.Text("access_token")
		if got := claims(t, forTools); got["aud"] != tools || got["scope"] != "mcp:tools" || answer.Text("scope") != "mcp:tools" {
			t.Errorf("claims %v, scope %q; want the API alone with its own scope", got, answer.Text("scope"))
		}
		forV4 := s.Token(s.Machine, "grant_type", "client_credentials", "resource", "https://api.example/").Text("access_token")
		if !strings.HasPrefix(forV4, "lp_at_") {
			t.Errorf("a token for an API that is not for agents is %.10s, want the app's own format", forV4)
		}
		unbound := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "mcp:tools "+all).Text("access_token")
		for _, c := range []struct {
			name, method, path, token, slug string
		}{
			{"tools at tools", "POST", "/mcp", forTools, ""}, {"tools at other", "POST", "/other", forTools, "token_for_another_api"},
			{"tools at v4", "GET", "/v4/dashboards", forTools, "token_for_another_api"}, {"tools at v3", "GET", "/v3/dashboards", forTools, "token_for_another_api"},
			{"v4 at v4", "GET", "/v4/dashboards", forV4, ""}, {"v4 at v3", "GET", "/v3/dashboards", forV4, "token_for_another_api"}, {"v4 at tools", "POST", "/mcp", forV4, "token_for_another_api"},
			{"unbound at v3", "GET", "/v3/dashboards", unbound, ""}, {"unbound at v4", "GET", "/v4/dashboards", unbound, ""}, {"unbound at tools", "POST", "/mcp", unbound, "token_unbound"},
		} {
			a := callAt(s, c.method, c.path, c.token)
			if c.slug == "" {
				wantStatus(t, a, 200)
				continue
			}
			if wantError(t, a, 401, "invalid_token"); !strings.HasSuffix(a.Text("error_uri"), "/"+c.slug) {
				t.Errorf("%s: %s, want %s", c.name, a.Text("error_uri"), c.slug)
			}
		}
	}, withAgents())
}

// GW19, GW14: the client's token ends here; the upstream hears who calls, and for which API.
func TestTheUpstreamOfAnAgentIsToldWhoCallsWithoutTheToken(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := redeem(s, ask(s, "resource", s.URL+"/mcp", "scope", "mcp:tools")).Text("access_token")
		a := callAt(s, "POST", "/mcp?x=1", token)
		wantStatus(t, a, 200)
		if strings.Contains(a.Body, token) || strings.Contains(a.Body, "Authorization") {
			t.Error("the upstream was handed the token")
		}
		for name, want := range map[string]string{"Launchpad-Identity": s.Person.ID.String(), "Launchpad-App": s.Public.ID.String(), "Launchpad-Scope": "mcp:tools", "Launchpad-Resource": s.URL + "/mcp"} {
			headers, _ := a.JSON["headers"].(map[string]any)
			if got, _ := headers[name].([]any); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %v, want %s", name, headers[name], want)
			}
		}
		// Agents' APIs take tokens in the header alone, whatever their configuration says.
		wantError(t, callAt(s, "POST", "/mcp?access_token="+token, ""), 401, "invalid_token")
	}, withAgents())
}

// RFC 3986 §6.2.3: a bare origin is the same with a slash and without; nothing else is. The registered form goes into the token.
func TestRFC8707_2_HowResourcesAreCompared(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for sent, good := range map[string]bool{
			"https://api.example": true, "https://api.example/": true, "https://api.example//": false, "HTTPS://api.example": false, "https://api.example:443": false, "https://api.example/v4": false,
			s.URL + "/mcp": true, s.URL + "/mcp/": false, s.URL + "/mcp#x": false, s.URL + "/mcp?x": false, s.URL: false, "/mcp": false, "mcp": false, "https://api.example https://b.example": false, "urn:x:y": false,
		} {
			page := ask(s, "resource", sent)
			if got := page.Param("error"); good && page.Param("code") == "" || !good && (got != "invalid_target" || page.Param("iss") == "" || page.Param("state") == "") {
				t.Errorf("authorize %q: %q, want good=%v", sent, page.Redirect, good)
			}
			a := s.Token(s.Machine, "grant_type", "client_credentials", "resource", sent)
			if !good {
				wantError(t, a, 400, "invalid_target")
				continue
			}
			wantStatus(t, a, 200)
			found := s.PostAs(s.Machine, "/oauth/introspect", lptest.Form("token", a.Text("access_token")))
			if found.Text("aud") != strings.TrimSuffix(sent, "/") {
				t.Errorf("%q: introspection says aud %q", sent, found.Text("aud"))
			}
		}
	}, withAgents())
}

// RFC 8707 §2.2: several are narrowed to one by the token request, and a refresh moves among them and nowhere else.
func TestRFC8707_2_2_SeveralResourcesAreNarrowed(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tools, other := s.URL+"/mcp", s.URL+"/other"
		wantError(t, redeem(s, ask(s, "resource", tools, "resource", other)), 400, "invalid_target")
		wantError(t, redeem(s, ask(s, "resource", tools), "resource", other), 400, "invalid_target")
		first := redeem(s, ask(s, "resource", tools, "resource", other), "resource", other)
		wantStatus(t, first, 200)
		if got := claims(t, first.Text("access_token"))["aud"]; got != other {
			t.Errorf("aud %v, want %s", got, other)
		}
		refresh := first.Text("refresh_token")
		for _, c := range []struct {
			more []string
			want string
		}{
			{[]string{"resource", tools}, tools}, {[]string{"resource", other}, other}, {[]string{"resource", tools, "resource", other}, ""}, {nil, ""}, {[]string{"resource", "https://api.example"}, ""}, {[]string{"resource", "https://nobody.example"}, ""},
			{[]string{"resource", tools, "scope", "mcp:tools offline_access"}, tools},
		} {
			a := s.Token(s.Public, append([]string{"grant_type", "refresh_token", "refresh_token", refresh}, c.more...)...)
			if c.want == "" {
				wantError(t, a, 400, "invalid_target")
				continue
			}
			wantStatus(t, a, 200)
			if refresh = a.Text("refresh_token"); claims(t, a.Text("access_token"))["aud"] != c.want {
				t.Errorf("%v: %v", c.more, claims(t, a.Text("access_token")))
			}
		}
		// Nobody was asked about an API for agents; an API that would take the token anyway may be named.
		plain := redeem(s, ask(s, "scope", "dashboards:read"), "resource", "https://api.example")
		wantStatus(t, plain, 200)
		wantStatus(t, callAt(s, "GET", "/v4/dashboards", plain.Text("access_token")), 200)
		wantError(t, redeem(s, ask(s, "scope", "dashboards:read"), "resource", tools), 400, "invalid_target")
	}, withAgents())
}

// Only resource may come twice. RFC 6749 §3.1.
func TestRFC6749_3_1_OnlyResourceRepeats(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		page := ask(s, "resource", s.URL+"/mcp", "resource", s.URL+"/mcp", "scope", "mcp:tools")
		if page.Param("code") == "" {
			t.Errorf("the same resource twice: %s", page.Redirect)
		}
		if page := ask(s, "scope", "mcp:tools", "scope", "mcp:tools"); page.Param("error") != "invalid_request" {
			t.Errorf("scope twice: %s", page.Redirect)
		}
		// From another site's form the browser comes again by a link, which must say the same.
		form := s.Public.Request()
		form["resource"] = []string{s.URL + "/mcp", s.URL + "/other"}
		r := s.Request("POST", "/oauth/authorize", form.Encode())
		a := s.Do(r)
		link, err := url.Parse(a.Header.Get("Location"))
		if err != nil || a.Status != 303 || !slices.Equal(link.Query()["resource"], form["resource"]) {
			t.Errorf("%d to %s: the resources are lost on the way", a.Status, link)
		}
	}, withAgents())
}

// RFC 6749 §3.3: scopes of a request for an API are those of the API; scopes of APIs for agents are for those who name them.
func TestScopesOfARequestForAnAPI(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, c := range []struct{ resource, scope, want string }{
			{"/mcp", "", "mcp:admin mcp:extra mcp:tools"}, {"/mcp", "mcp:tools", "mcp:tools"}, {"/mcp", "mcp:tools offline_access", "mcp:tools"}, {"/mcp", "mcp:tools dashboards:read", "mcp:tools"},
			{"", "", "dashboards:read dashboards:write"}, {"", "offline_access", "dashboards:read dashboards:write"}, {"/mcp", "dashboards:read", ""}, {"/mcp", "no-such-scope", ""},
		} {
			more := []string{"scope", c.scope}
			if c.resource != "" {
				more = append(more, "resource", s.URL+c.resource)
			}
			page := ask(s, more...)
			if c.want == "" {
				if page.Param("error") != "invalid_scope" {
					t.Errorf("%v: %s, want invalid_scope", c, page.Redirect)
				}
				continue
			}
			if got := redeem(s, page).Text("scope"); got != c.want {
				t.Errorf("%v: scope %q", c, got)
			}
		}
	}, withAgents())
}

// RFC 9068 §3: agents of the first revision name no resource; their scope says which API they mean, if only one has it.
func TestRFC9068_3_TheScopeTellsTheAPI(t *testing.T) {
	one := lptest.WithAPIs(func(issuer string) []gateway.API {
		return []gateway.API{{Upstream: gateway.Local(http.NotFoundHandler()), API: guarded.API{Resource: issuer + "/mcp", Prefix: "/mcp/", Agents: true, Routes: []guarded.Route{{Method: "POST", Path: "/mcp", Scope: "mcp:tools"}}}}}
	}, core.ScopeInfo{Name: "mcp:tools", Words: "Use tools"})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		if got := claims(t, redeem(s, ask(s, "scope", "mcp:tools")).Text("access_token"))["aud"]; got != s.URL+"/mcp" {
			t.Errorf("aud %v", got)
		}
		if token := redeem(s, ask(s, "scope", "mcp:tools dashboards:read")).Text("access_token"); !strings.HasPrefix(token, "lp_at_") {
			t.Errorf("scopes of two APIs name neither: %.20s", token)
		}
	}, one)
}

// RFC 8707 §2.1: the person reads which API it is, and what was allowed for one API is not allowed for all.
func TestConsentNamesTheAPI(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		request := s.Web.Request()
		request.Set("scope", "dashboards:read")
		request.Set("resource", "https://api.example/")
		page := b.Get("/oauth/authorize?" + request.Encode())
		if !strings.Contains(page.Body, "What it will use") || !strings.Contains(page.Body, "<bdi>api.example</bdi>") {
			t.Errorf("the page does not name the API:\n%s", page.Body)
		}
		b.Answer(page, lptest.Choice{})
		if page := b.Get("/oauth/authorize?" + request.Encode()); page.Param("code") == "" {
			t.Error("the same request asks again")
		}
		request.Del("resource")
		if page := b.Get("/oauth/authorize?" + request.Encode()); !strings.Contains(page.Body, `action="/oauth/consent"`) {
			t.Error("what was allowed for one API was taken as allowed for every one")
		}
	}, withAgents())
}

// AT01, AT07: a challenge says all that a client needs: where to read on, and every scope to ask for.
func TestRFC9728_5_1_Challenges(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		metadata := `resource_metadata="` + s.URL + `/.well-known/oauth-protected-resource/mcp"`
		bare := callAt(s, "POST", "/mcp", "")
		wantStatus(t, bare, 401)
		got := bare.Header.Get("WWW-Authenticate")
		if !strings.HasPrefix(got, "Bearer ") || strings.Contains(got, "error=") || !strings.Contains(got, metadata) || !strings.Contains(got, `scope="mcp:tools"`) {
			t.Errorf("bare 401: %s", got)
		}
		if got := callAt(s, "POST", "/mcp", "lp_at_nonsense").Header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) || !strings.Contains(got, metadata) || !strings.Contains(got, `scope="mcp:tools"`) {
			t.Errorf("401: %s", got)
		}
		token := redeem(s, ask(s, "resource", s.URL+"/mcp", "scope", "mcp:tools mcp:extra")).Text("access_token")
		missing := callAt(s, "POST", "/mcp/admin", token)
		wantError(t, missing, 403, "insufficient_scope")
		if got := missing.Header.Get("WWW-Authenticate"); !strings.Contains(got, `scope="mcp:admin mcp:extra mcp:tools"`) || !strings.Contains(got, metadata) {
			t.Errorf("403: %s, want every scope that the client needs from then on", got)
		}
		for _, path := range []string{"/v3/dashboards", "/v3/accounts/" + s.First.Slug + "/dashboards"} {
			if got := callAt(s, "GET", path, "").Header.Get("WWW-Authenticate"); strings.Contains(got, "resource_metadata") {
				t.Errorf("%s has no resource, and says %s", path, got)
			}
		}
	}, withAgents())
}

// GW20: the metadata of an API is clean, readable from any origin, and absent elsewhere without a fault.
func TestRFC9728_3_MetadataOfAPIs(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for path, resource := range map[string]string{"/mcp": s.URL + "/mcp", "/other": s.URL + "/other", "/mcp/": s.URL + "/mcp", "": "https://api.example"} {
			r := s.Request("GET", "/.well-known/oauth-protected-resource"+path, "")
			r.Header.Set("MCP-Protocol-Version", "2025-11-25")
			r.Header.Set("Origin", "https://browser-agent.example")
			r.Host = "evil.example"
			a := s.Do(r)
			wantStatus(t, a, 200)
			if a.Text("resource") != resource || a.Header.Get("Access-Control-Allow-Origin") != "*" || strings.Contains(a.Body, "null") || strings.Contains(a.Body, "evil") {
				t.Errorf("%s: %v %s", path, a.Header, a.Body)
			}
			if servers, _ := a.JSON["authorization_servers"].([]any); len(servers) != 1 || servers[0] != s.URL {
				t.Errorf("%s: authorization_servers %v", path, servers)
			}
		}
		a := s.Do(s.Request("GET", "/.well-known/oauth-protected-resource/mcp", ""))
		want := map[string]any{
			"resource": s.URL + "/mcp", "authorization_servers": []any{s.URL}, "scopes_supported": []any{"mcp:admin", "mcp:extra", "mcp:tools"},
			"bearer_methods_supported": []any{"header"}, "resource_name": "Tools at /mcp", "resource_documentation": s.URL + "/docs",
		}
		if !reflect.DeepEqual(a.JSON, want) {
			t.Errorf("%s", a.Body)
		}
		for _, path := range []string{"/v3", "/v3/dashboards", "/mcp/x", "/%2e%2e", "/mcp%2f", "//mcp", "/mcp;x", "/mcp%00", "/" + strings.Repeat("a", 5000)} {
			if a := s.Do(s.Request("GET", "/.well-known/oauth-protected-resource"+path, "")); a.Status < 400 || a.Status >= 500 {
				t.Errorf("%.40s: %d, want 4xx", path, a.Status)
			}
		}
	}, withAgents())
}

// RFC 8414 §3, RFC 9728 §3: the discovery of agents as it was recorded: preflights first in browsers, with the header of the protocol, along every
// spelling, of which those that are not there must not look like a fault.
func TestRecordedDiscoveryOfAgents(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for path, status := range map[string]int{
			"/.well-known/oauth-protected-resource/mcp": 200, "/.well-known/oauth-protected-resource": 200, "/mcp/.well-known/oauth-protected-resource": 404,
			"/.well-known/oauth-authorization-server": 200, "/.well-known/openid-configuration": 200,
			"/.well-known/oauth-authorization-server/mcp": 404, "/.well-known/openid-configuration/mcp": 404, "/mcp/.well-known/openid-configuration": 404,
		} {
			r := s.Request("GET", path, "")
			r.Header.Set("MCP-Protocol-Version", "2025-06-18")
			r.Header.Set("Accept", "*/*")
			r.Header.Set("User-Agent", "node")
			wantStatus(t, s.Do(r), status)
			if status != 200 {
				continue
			}
			r = s.Request("OPTIONS", path, "")
			r.Header.Set("Origin", "https://browser-agent.example")
			r.Header.Set("Access-Control-Request-Method", "GET")
			r.Header.Set("Access-Control-Request-Headers", "mcp-protocol-version")
			a := s.Do(r)
			if a.Status != 204 || a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(strings.ToLower(a.Header.Get("Access-Control-Allow-Headers")), "mcp-protocol-version") || a.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("preflight of %s: %d %v", path, a.Status, a.Header)
			}
		}
		a := s.Do(s.Request("GET", "/.well-known/oauth-authorization-server", ""))
		for member, want := range map[string][]string{
			"protected_resources": {s.URL + "/mcp", s.URL + "/other", "https://api.example"}, "token_endpoint_auth_methods_supported": {"none"},
			"code_challenge_methods_supported": {"S256"}, "scopes_supported": {"mcp:tools", "offline_access"},
		} {
			list, _ := a.JSON[member].([]any)
			for _, one := range want {
				if !slices.Contains(list, any(one)) {
					t.Errorf("%s %v lacks %q", member, list, one)
				}
			}
		}
	}, withAgents())
}

// RFC 9700 §4.14.2, the loudest complaint about authorization servers: agents run several processes that share one refresh token.
func TestRecordedParallelRefreshOfAnAgent(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tools := s.URL + "/mcp"
		refresh := redeem(s, ask(s, "resource", tools, "scope", "mcp:tools"), "resource", tools).Text("refresh_token")
		for range 3 {
			answers := make([]lptest.Answer, 5)
			var all sync.WaitGroup
			for i := range answers {
				all.Go(func() {
					form := lptest.Form("grant_type", "refresh_token", "refresh_token", refresh, "resource", tools, "client_id", s.Public.ClientID)
					res, err := http.PostForm(s.URL+"/oauth/token", form)
					if err != nil {
						t.Error(err)
						return
					}
					defer res.Body.Close()
					body, _ := io.ReadAll(res.Body)
					answers[i] = lptest.Answer{Status: res.StatusCode, Body: string(body)}
					_ = json.Unmarshal(body, &answers[i].JSON)
				})
			}
			all.Wait()
			for _, a := range answers {
				wantStatus(t, a, 200)
				wantStatus(t, callAt(s, "POST", "/mcp", a.Text("access_token")), 200)
				refresh = a.Text("refresh_token")
			}
		}
		wantStatus(t, s.PostAs(s.Public, "/oauth/revoke", lptest.Form("token", refresh)), 200)
	}, withAgents())
}

// AT10: the audience does not widen the accounts.
func TestATokenForAnAPIReachesItsAccountsOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		request := s.Public.Request()
		request.Set("resource", s.URL+"/mcp")
		page := s.SignedIn(s.Person.Email).Authorize(request, lptest.Choice{Accounts: []string{s.Second.ID.String()}})
		token := redeem(s, page).Text("access_token")
		r := s.Request("POST", "/mcp", "")
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Launchpad-Account", s.First.Slug)
		wantError(t, s.Do(r), 403, "insufficient_scope")
		wantStatus(t, callAt(s, "POST", "/mcp", token), 200)
	}, withAgents())
}

// AT19: no verdict of one API, scope or app answers for another, in whatever order they are asked for.
func TestVerdictsAreNotShared(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := redeem(s, ask(s, "resource", s.URL+"/mcp", "scope", "mcp:tools")).Text("access_token")
		for range 3 {
			wantStatus(t, callAt(s, "POST", "/mcp", token), 200)
			wantStatus(t, callAt(s, "POST", "/mcp/admin", token), 403)
			wantStatus(t, callAt(s, "POST", "/other", token), 401)
			if s.Active(s.Web, token) {
				t.Error("another app's introspection answers for it")
			}
		}
	}, withAgents())
}

// AT08: what is signed by us and is no access token is none at an API for agents either.
func TestRFC9068_4_OnlyAccessTokensPass(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := redeem(s, ask(s, "resource", s.URL+"/mcp", "scope", "mcp:tools")).Text("access_token")
		parts := strings.Split(token, ".")
		header, err := base64.RawURLEncoding.DecodeString(parts[0])
		if err != nil || !strings.Contains(string(header), `"at+jwt"`) {
			t.Fatalf("header %s, %v", header, err)
		}
		for _, typ := range []string{"JWT", "logout+jwt", "secevent+jwt", "token-introspection+jwt", ""} {
			changed := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(header), "at+jwt", typ, 1)))
			wantStatus(t, callAt(s, "POST", "/mcp", changed+"."+parts[1]+"."+parts[2]), 401)
		}
		// A person's own token is for no API in particular.
		_, personal, err := s.Acts().CreatePersonalToken(t.Context(), s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, callAt(s, "POST", "/mcp", personal.Reveal()), 401, "invalid_token")
	}, withAgents())
}

// AT02: where no token is taken from the address, nobody learns whether one was good.
func TestAT02_APIsForAgentsDoNotLookAtTokensInTheQuery(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		good := redeem(s, ask(s, "resource", s.URL+"/mcp", "scope", "mcp:tools")).Text("access_token")
		for name, token := range map[string]string{"a good one": good, "a bad one": "lp_at_nonsense", "a foreign one": "ghp_nonsense"} {
			a := s.Do(s.Request("POST", "/mcp?access_token="+token, ""))
			if a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, "query_token_refused") {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	}, withAgents())
}

// RFC 9728 §5.1: what an agent's API refuses by itself says where to read on, too; what it says of that, and other APIs, are left alone.
func TestRFC9728_5_1_RefusalsOfUpstreamsNameTheMetadata(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := 401
		_, _ = fmt.Sscanf(r.URL.Query().Get("status"), "%d", &status)
		for _, line := range r.URL.Query()["say"] {
			w.Header().Add("WWW-Authenticate", line)
		}
		w.WriteHeader(status)
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		agents := s.AgentAPI()
		agents.Upstream = gateway.Proxy(upstream(t, api))
		check(t, s.LoadAPIs(s.SampleAPI(), agents))
		bound := s.Token(s.Machine, "grant_type", "client_credentials", "resource", s.URL+"/agents").Text("access_token")
		plain := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		said := `resource_metadata="` + s.URL + `/.well-known/oauth-protected-resource/agents"`
		for _, c := range []struct {
			path, token, status string
			say, want           []string
		}{
			{lptest.AgentCalls, bound, "401", []string{`Bearer error="invalid_token"`}, []string{"Bearer " + said + `, error="invalid_token"`}},
			{lptest.AgentCalls, bound, "403", []string{`Basic realm="b"`, `Bearer scope="x"`}, []string{`Basic realm="b"`, "Bearer " + said + `, scope="x"`}},
			{lptest.AgentCalls, bound, "401", []string{`Bearer resource_metadata="https://own.example.com/m"`}, []string{`Bearer resource_metadata="https://own.example.com/m"`}},
			{lptest.AgentCalls, bound, "401", nil, nil},
			{lptest.AgentCalls, bound, "200", []string{"Bearer"}, []string{"Bearer"}},
			{"/v3/dashboards", plain, "401", []string{"Bearer"}, []string{"Bearer"}},
		} {
			r := s.Request("GET", c.path+"?"+url.Values{"status": {c.status}, "say": c.say}.Encode(), "")
			r.Header.Set("Authorization", "Bearer "+c.token)
			if a := s.Do(r); strconv.Itoa(a.Status) != c.status || !slices.Equal(a.Header["Www-Authenticate"], c.want) {
				t.Errorf("%s %s %q: %d %q, want %q", c.path, c.status, c.say, a.Status, a.Header["Www-Authenticate"], c.want)
			}
		}
	}, lptest.WithUpstream(t, api), lptest.WithAgents(fetch.Options{}))
}
