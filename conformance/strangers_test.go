package conformance

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/lptest"
	"launchpad/oauth"
)

// Apps that come by themselves: RFC 7591, RFC 7592 and client ID metadata documents.

// documents is a web site on which strangers keep their documents.
type documents struct {
	*httptest.Server
	mu     sync.Mutex
	bodies map[string]string
	status int
	asked  int
}

func newDocuments(t *testing.T) *documents {
	t.Helper()
	d := &documents{bodies: map[string]string{}, status: http.StatusOK}
	d.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.asked++
		body, there := d.bodies[r.URL.Path]
		if !there {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(d.status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(d.Close)
	return d
}

// put publishes a document and gives its address; %s in the text is that address.
func (d *documents) put(path, text string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bodies[path] = strings.ReplaceAll(text, "%s", d.URL+path)
	return d.URL + path
}

func (d *documents) answer(status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status = status
}

func eachWithAgents(t *testing.T, test func(t *testing.T, s *lptest.Server, d *documents)) {
	t.Helper()
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) {
		d := newDocuments(t) // engines run side by side, and what it answers changes
		roots := x509.NewCertPool()
		roots.AddCert(d.Certificate())
		test(t, lptest.Start(t, e, lptest.WithAgents(fetch.Options{Local: true, Roots: roots})), d)
	})
}

const document = `{"client_id":"%s","client_name":"Sample Agent","redirect_uris":["https://app.example/callback","http://127.0.0.1/callback","editor://sample.agent/auth"],"token_endpoint_auth_method":"none"}`

func registerJSON(s *lptest.Server, body string) lptest.Answer {
	r := s.Request("POST", "/oauth/register", body)
	r.Header.Set("Content-Type", "application/json")
	return s.Do(r)
}

// registered is what a registration became, as tests drive apps.
func registered(t *testing.T, s *lptest.Server, body string) (lptest.App, lptest.Answer) {
	t.Helper()
	a := registerJSON(s, body)
	if a.Status != http.StatusCreated {
		t.Fatalf("register: %d %s", a.Status, a.Body)
	}
	kind := core.KindAgent
	if a.Text("client_secret") != "" {
		kind = core.KindAgentServer
	}
	return lptest.App{App: core.App{ClientID: a.Text("client_id"), Kind: kind}, Secret: a.Text("client_secret")}, a
}

func documented(address string) lptest.App {
	return lptest.App{App: core.App{ClientID: address, Kind: core.KindAgent}}
}

// request is what an agent sends, with PKCE always.
func request(app lptest.App, redirect string) url.Values {
	q := app.Request()
	q.Set("redirect_uri", redirect)
	q.Set("code_challenge", oauth.S256(lptest.Verifier))
	q.Set("code_challenge_method", "S256")
	return q
}

// connect runs the whole flow.
func connect(t *testing.T, s *lptest.Server, b *lptest.Browser, app lptest.App, redirect string) lptest.Answer {
	t.Helper()
	page := b.Authorize(request(app, redirect), lptest.Choice{})
	if page.Param("code") == "" && !strings.Contains(page.Redirect, "code=") {
		t.Fatalf("no code: %d %s\n%s", page.Status, page.Redirect, page.Body)
	}
	a := s.PostAs(app, "/oauth/token", lptest.Form("grant_type", "authorization_code", "code", page.Param("code"), "redirect_uri", redirect, "code_verifier", lptest.Verifier))
	if a.Status != http.StatusOK || a.Text("refresh_token") == "" {
		t.Fatalf("redeem: %d %s", a.Status, a.Body)
	}
	return a
}

func TestRFC7591_3_2_1_TheAnswerSaysWhatWasRegistered(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		_, a := registered(t, s, `{"redirect_uris":["https://app.example/callback"],"client_name":"Sample Agent","application_type":"web","scope":"dashboards:read admin openid","grant_types":["authorization_code","refresh_token","client_credentials"],"client_uri":"https://app.example/","logo_uri":"https://app.example/logo.svg","x_vendor":{"skip_consent":true},"resource":"https://api.example/mcp"}`)
		want := map[string]any{
			"client_name": "Sample Agent", "redirect_uris": []any{"https://app.example/callback"}, "grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"},
			"token_endpoint_auth_method": "client_secret_basic", "application_type": "web", "scope": "dashboards:read", "client_secret_expires_at": 0.0, "client_id_issued_at": float64(s.Clock.Now().Unix()),
			"client_uri": "https://app.example/", "registration_client_uri": s.URL + "/oauth/register/" + a.Text("client_id"),
		}
		for name, value := range want {
			if got, _ := json.Marshal(a.JSON[name]); string(got) != marshal(value) {
				t.Errorf("%s: %s, want %s", name, got, marshal(value))
			}
			delete(a.JSON, name)
		}
		for _, name := range []string{"client_id", "client_secret", "registration_access_token"} {
			if text, _ := a.JSON[name].(string); text == "" {
				t.Errorf("no %s", name)
			}
			delete(a.JSON, name)
		}
		if len(a.JSON) > 0 || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("more than that: %v %v", a.JSON, a.Header)
		}
	})
}

func marshal(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// What clients are known to send, from the first request to a call of the API.
func TestRFC7591_3_1_RecordedShapes(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		b := s.SignedIn(s.Person.Email)
		for name, shape := range map[string]struct{ body, redirect string }{
			"a stock library":                        {`{"client_name":"Sample CLI","redirect_uris":["http://localhost:33418/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","scope":"dashboards:read"}`, "http://localhost:33418/callback"},
			"another port than it registered":        {`{"client_name":"Sample Desk","redirect_uris":["http://127.0.0.1:33418/"],"token_endpoint_auth_method":"none"}`, "http://127.0.0.1:51004/"},
			"another port, and a secret":             {`{"client_name":"Sample Desk","redirect_uris":["http://127.0.0.1:33418/"]}`, "http://127.0.0.1:51004/"},
			"an editor's three addresses, its own":   {`{"client_name":"Sample Editor","redirect_uris":["editor://sample.agent/auth","https://app.example/callback","http://localhost:8787/callback"],"token_endpoint_auth_method":"none","application_type":"native"}`, "editor://sample.agent/auth"},
			"an editor's three addresses, the third": {`{"client_name":"Sample Editor","redirect_uris":["editor://sample.agent/auth","https://app.example/callback","http://localhost:8787/callback"],"token_endpoint_auth_method":"none","application_type":"native"}`, "http://localhost:8787/callback"},
			"a hosted connector that wants a secret": {`{"client_name":"Sample Host","redirect_uris":["https://app.example/callback"],"token_endpoint_auth_method":"client_secret_post"}`, "https://app.example/callback"},
			"a resource in the registration":         {`{"client_name":"Sample R","redirect_uris":["https://app.example/callback"],"token_endpoint_auth_method":"none","resource":"https://api.example/"}`, "https://app.example/callback"},
			"empty members":                          {`{"client_name":"Sample E","redirect_uris":["https://app.example/callback"],"token_endpoint_auth_method":"none","client_uri":"","logo_uri":"","contacts":[],"policy_uri":null}`, "https://app.example/callback"},
			"only what it must":                      {`{"redirect_uris":["https://app.example/callback"]}`, "https://app.example/callback"},
		} {
			app, _ := registered(t, s, shape.body)
			a := connect(t, s, b, app, shape.redirect)
			if call := callAsAgent(s, a.Text("access_token")); call.Status != http.StatusOK {
				t.Errorf("%s: call: %d %s", name, call.Status, call.Body)
			}
			if again := s.Refresh(app, a.Text("refresh_token")); again.Status != http.StatusOK {
				t.Errorf("%s: refresh: %d %s", name, again.Status, again.Body)
			}
		}
	})
}

// A hosted connector registers twice for each connection, and authenticates in the body whatever it was told.
func TestRFC7591_3_2_1_TwiceAndInTheBody(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		const body = `{"client_name":"Sample Host","redirect_uris":["https://app.example/callback"],"token_endpoint_auth_method":"client_secret_basic"}`
		first, _ := registered(t, s, body)
		second, _ := registered(t, s, body)
		if first.ClientID == second.ClientID || first.Secret == second.Secret {
			t.Error("an app with a secret was shared")
		}
		page := s.SignedIn(s.Person.Email).Authorize(request(second, lptest.Redirect), lptest.Choice{})
		a := s.Do(s.Request("POST", "/oauth/token", lptest.Form("grant_type", "authorization_code", "code", page.Param("code"), "redirect_uri", lptest.Redirect, "code_verifier", lptest.Verifier,
			"client_id", second.ClientID, "client_secret", second.Secret).Encode()))
		if a.Status != http.StatusOK {
			t.Errorf("client_secret_post: %d %s", a.Status, a.Body)
		}
		public := strings.Replace(body, "client_secret_basic", "none", 1)
		one, answer := registered(t, s, public)
		other, _ := registered(t, s, public)
		if one.ClientID != other.ClientID {
			t.Error("the same without a secret got two apps")
		}
		if answer.Text("registration_access_token") != "" || answer.Text("registration_client_uri") != "" {
			t.Error("an app that is shared can be changed by one of many")
		}
	})
}

// DC01: closed is closed, in every respect.
func TestDC01_ClosedUnlessOpened(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		if a := registerJSON(s, `{"redirect_uris":["https://app.example/callback"]}`); a.Status < 400 {
			t.Errorf("register: %d %s", a.Status, a.Body)
		}
		metadata := s.Do(s.Request("GET", "/.well-known/oauth-authorization-server", ""))
		for _, name := range []string{"registration_endpoint", "client_id_metadata_document_supported"} {
			if _, there := metadata.JSON[name]; there {
				t.Errorf("%s is advertised", name)
			}
		}
		page := s.Browser().Get("/oauth/authorize?" + request(documented("https://agent.example.com/client.json"), lptest.Redirect).Encode())
		if page.Status != http.StatusBadRequest || !strings.Contains(page.Body, "client_unknown") {
			t.Errorf("authorize: %d", page.Status)
		}
	})
}

func TestRFC8414_2_WhereAppsComeFrom(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		metadata := s.Do(s.Request("GET", "/.well-known/oauth-authorization-server", ""))
		if metadata.JSON["registration_endpoint"] != s.URL+"/oauth/register" || metadata.JSON["client_id_metadata_document_supported"] != true || !strings.Contains(marshal(metadata.JSON["token_endpoint_auth_methods_supported"]), `"none"`) {
			t.Errorf("metadata: %s", metadata.Body)
		}
		r := s.Request("OPTIONS", "/oauth/register", "")
		r.Header.Set("Origin", "https://browser.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		if a := s.Do(r); a.Status != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "MCP-Protocol-Version") {
			t.Errorf("preflight: %d %v", a.Status, a.Header)
		}
	})
}

// GW21: pages of any origin may call an API for agents and read its challenge, with no cookie along; they may not where none asked
// for it, and a preflight passes nothing on.
func TestGW21_AgentsInBrowsers(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		from := func(method, path, wants, token string) lptest.Answer {
			r := s.Request(method, path, "")
			r.Header.Set("Origin", "https://browser-agent.example")
			if wants != "" {
				r.Header.Set("Access-Control-Request-Method", wants)
				r.Header.Set("Access-Control-Request-Headers", "authorization,mcp-protocol-version")
			}
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return s.Do(r)
		}
		for path, open := range map[string]bool{lptest.AgentCalls: true, "/v3/dashboards": false} {
			for what, a := range map[string]lptest.Answer{
				"bare": from("GET", path, "", ""), "a bad token": from("GET", path, "", "bad"), "no such path": from("GET", path+"/none", "", ""),
				"no such method": from("DELETE", path, "", ""), "a preflight": from("OPTIONS", path, "POST", ""),
			} {
				h := a.Header
				if readable := h.Get("Access-Control-Allow-Origin") == "*" && strings.Contains(h.Get("Access-Control-Expose-Headers"), "WWW-Authenticate"); readable != open || h.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s at %s: readable %v, want %v: %v", what, path, readable, open, h)
				}
			}
		}
		for wants, status := range map[string]int{"GET": 204, "POST": 204, "DELETE": 405} {
			a := from("OPTIONS", lptest.AgentCalls, wants, "")
			wantStatus(t, a, status)
			if allowed := a.Header.Get("Access-Control-Allow-Methods"); status == 204 && (allowed != wants || !strings.HasPrefix(a.Header.Get("Access-Control-Allow-Headers"), "Authorization,") || a.Body != "") {
				t.Errorf("preflight of %s: %v %s", wants, a.Header, a.Body)
			}
		}
		wantStatus(t, from("OPTIONS", lptest.AgentCalls+"/none", "GET", ""), 404)
		wantStatus(t, from("OPTIONS", lptest.AgentCalls, "", ""), 405)
		wantStatus(t, from("OPTIONS", "/v3/dashboards", "GET", ""), 405)
	})
}

// DC03, DC04, DC05, DC06, DC20: what a registration may not be.
func TestDC03_DC04_DC06_RegistrationsThatAreRefused(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		many := strings.Repeat(`"https://app.example/callback",`, 21)
		with := func(member string) string { return `{"redirect_uris":["https://app.example/callback"],` + member + `}` }
		for name, c := range map[string]struct {
			body, code, slug string
		}{
			"no object":               {`[]`, "invalid_client_metadata", "metadata_malformed"},
			"a member twice":          {`{"redirect_uris":["https://app.example/a"],"redirect_uris":["https://app.example/b"]}`, "invalid_client_metadata", "metadata_malformed"},
			"nested deep":             {with(`"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000)), "invalid_client_metadata", "metadata_malformed"},
			"a wrong type":            {`{"redirect_uris":"https://app.example/callback"}`, "invalid_client_metadata", "metadata_type"},
			"no redirect URI":         {`{"client_name":"x"}`, "invalid_redirect_uri", "redirect_uris_missing"},
			"too many":                {`{"redirect_uris":[` + strings.TrimSuffix(many, ",") + `]}`, "invalid_redirect_uri", "redirect_uris_many"},
			"plain http":              {`{"redirect_uris":["http://app.example/callback"]}`, "invalid_redirect_uri", "redirect_uri_unacceptable"},
			"a script":                {`{"redirect_uris":["javascript:alert(1)"]}`, "invalid_redirect_uri", "redirect_uri_unacceptable"},
			"data":                    {`{"redirect_uris":["data:text/html,x"]}`, "invalid_redirect_uri", "redirect_uri_unacceptable"},
			"another program":         {`{"redirect_uris":["ms-msdt:x"]}`, "invalid_redirect_uri", "redirect_uri_unacceptable"},
			"a fragment":              {`{"redirect_uris":["https://app.example/callback#x"]}`, "invalid_redirect_uri", "redirect_uri_unacceptable"},
			"a code that is shown":    {`{"redirect_uris":["urn:ietf:wg:oauth:2.0:oob"]}`, "invalid_redirect_uri", "redirect_uri_unacceptable"},
			"a web app with a scheme": {`{"redirect_uris":["editor://a/b"],"application_type":"web"}`, "invalid_redirect_uri", "redirect_uri_of_web_app"},
			"no person":               {with(`"grant_types":["client_credentials"]`), "invalid_client_metadata", "metadata_grant_types"},
			"tokens in the redirect":  {with(`"response_types":["token"]`), "invalid_client_metadata", "metadata_response_types"},
			"a method that is none":   {with(`"token_endpoint_auth_method":"private_key_jwt"`), "invalid_client_metadata", "metadata_auth_method"},
			"a type that is none":     {with(`"application_type":"service"`), "invalid_client_metadata", "metadata_application_type"},
		} {
			a := registerJSON(s, c.body)
			if a.Status != http.StatusBadRequest || a.Text("error") != c.code || !strings.HasSuffix(a.Text("error_uri"), c.slug) {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		if a := registerJSON(s, with(`"x":"`+strings.Repeat("x", 128<<10)+`"`)); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("128 KB: %d", a.Status)
		}
		form := s.Do(s.Request("POST", "/oauth/register", "redirect_uris=https://app.example/callback"))
		if form.Status != http.StatusBadRequest || form.Text("error") != "invalid_client_metadata" {
			t.Errorf("a form: %d %s", form.Status, form.Body)
		}
	})
}

// DC06: no address in a registration leads to a machine of ours, in whatever spelling; the guard is the one that also fetches.
func TestDC06_AddressesInARegistration(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for _, member := range []string{"jwks_uri", "logo_uri", "sector_identifier_uri", "policy_uri", "tos_uri", "client_uri", "initiate_login_uri", "backchannel_logout_uri", "frontchannel_logout_uri"} {
			for _, address := range []string{
				"http://127.0.0.1", "https://127.0.0.1/", "https://169.254.169.254/x", "https://[::1]/", "https://[::ffff:a9fe:a9fe]/", "https://0/", "https://0177.0.0.1/", "https://2852039166/", "https://localhost/", "https://db.internal/", "https://a.example:22/", "file:///etc/passwd",
			} {
				a := registerJSON(s, fmt.Sprintf(`{"redirect_uris":["https://app.example/callback"],%q:%q}`, member, address))
				if a.Status != http.StatusBadRequest || a.Text("error") != "invalid_client_metadata" {
					t.Errorf("%s %s: %d %s", member, address, a.Status, a.Body)
				}
			}
		}
	}, lptest.WithAgents(fetch.Options{}))
}

// DC04, DC05, DC20: nothing that a registration says makes it more than an app that acts for people who are asked.
func TestDC04_DC05_DC20_NothingMoreThanAnAgent(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		app, _ := registered(t, s, `{"redirect_uris":["https://app.example/callback"],"grant_types":["authorization_code","client_credentials"],"trusted":true,"skip_consent":true,"first_party":true,"service_accounts_enabled":true,"introspection":true,"profile":"oauth2","owner_id":"`+s.Person.ID.String()+`","scope":"dashboards:read"}`)
		b := s.SignedIn(s.Person.Email)
		tokens := connect(t, s, b, app, lptest.Redirect)
		if a := s.Token(app, "grant_type", "client_credentials"); a.Status != http.StatusBadRequest || a.Text("error") != "unauthorized_client" {
			t.Errorf("client_credentials: %d %s", a.Status, a.Body)
		}
		if s.Active(app, s.Tokens(s.Web).Text("access_token")) {
			t.Error("it introspects the tokens of others")
		}
		if page := b.Get("/oauth/authorize?" + request(app, lptest.Redirect).Encode()); !strings.Contains(page.Body, `action="/oauth/consent"`) {
			t.Errorf("the consent was remembered: %d %s", page.Status, page.Redirect)
		}
		q := request(app, lptest.Redirect)
		q.Del("code_challenge")
		q.Del("code_challenge_method")
		if page := b.Get("/oauth/authorize?" + q.Encode()); page.Status != http.StatusBadRequest || !strings.Contains(page.Body, "error=invalid_request") {
			t.Errorf("without PKCE: %d %s\n%s", page.Status, page.Redirect, page.Body)
		}
		if page := b.Get("/oauth/applications"); strings.Contains(page.Body, app.ClientID) {
			t.Error("it is in the portal")
		}
		query := s.Do(s.Request("GET", lptest.AgentCalls+"?access_token="+tokens.Text("access_token"), ""))
		if query.Status == http.StatusOK {
			t.Error("its token is taken from the address")
		}
	})
}

// DC11.
func TestDC11_ClientIDsThatAreNoAddressOfAnApp(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.Browser()
		for _, clientID := range []string{
			"https://ann@agent.example/c", "https://agent.example/c#x", "https://agent.example/a/../c", "https://agent.example/a/%2e%2E/c", "https://agent.example/./c", "https://agent.example/c?x=1", "https://agent.example/c?",
			"https://agent.example:8443/c", "https://agent.example:443/c", "https://127.0.0.1/c", "https://[::1]/c", "https://2130706433/c", "https://agent.example", "https://agent.example/", "https://agent.example//c",
			"https://Agent.example/c", "https:agent.example/c", "https://localhost/c", "https://agent.internal/c",
		} {
			page := b.Get("/oauth/authorize?" + request(documented(clientID), lptest.Redirect).Encode())
			if page.Status != http.StatusBadRequest || page.Redirect != "" || !strings.Contains(page.Body, "client_id_url") {
				t.Errorf("%s: %d %s", clientID, page.Status, page.Redirect)
			}
		}
		for _, clientID := range []string{"http://agent.example/c", "HTTPS://agent.example/c", "//agent.example/c"} {
			page := b.Get("/oauth/authorize?" + request(documented(clientID), lptest.Redirect).Encode())
			if page.Status != http.StatusBadRequest || page.Redirect != "" || !strings.Contains(page.Body, "client_unknown") {
				t.Errorf("%s: %d %s", clientID, page.Status, page.Redirect)
			}
		}
	}, lptest.WithAgents(fetch.Options{}))
}

// DC11, DC12.
func TestDC11_DC12_DocumentsThatCannotBeUsed(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, d *documents) {
		b := s.Browser()
		n := 0
		for name, text := range map[string]string{
			"another client_id":        `{"client_id":"https://other.example/c","redirect_uris":["https://app.example/callback"]}`,
			"no client_id":             `{"redirect_uris":["https://app.example/callback"]}`,
			"a secret":                 `{"client_id":"%s","client_secret":"x","redirect_uris":["https://app.example/callback"]}`,
			"the end of a secret":      `{"client_id":"%s","client_secret_expires_at":0,"redirect_uris":["https://app.example/callback"]}`,
			"a shared secret's method": `{"client_id":"%s","token_endpoint_auth_method":"client_secret_basic","redirect_uris":["https://app.example/callback"]}`,
			"another shared one":       `{"client_id":"%s","token_endpoint_auth_method":"client_secret_jwt","redirect_uris":["https://app.example/callback"]}`,
			"no redirect URI":          `{"client_id":"%s"}`,
			"a logo of ours":           `{"client_id":"%s","redirect_uris":["https://app.example/callback"],"logo_uri":"http://127.0.0.1/"}`,
			"keys of ours":             `{"client_id":"%s","redirect_uris":["https://app.example/callback"],"jwks_uri":"http://169.254.169.254/"}`,
			"a homepage that runs":     `{"client_id":"%s","redirect_uris":["https://app.example/callback"],"client_uri":"javascript:alert(1)"}`,
			"two of a member":          `{"client_id":"%s","client_id":"%s","redirect_uris":["https://app.example/callback"]}`,
			"no JSON":                  `<html>`,
		} {
			n++
			page := b.Get("/oauth/authorize?" + request(documented(d.put(fmt.Sprintf("/bad/%d", n), text)), lptest.Redirect).Encode())
			if page.Status != http.StatusBadRequest || page.Redirect != "" || !strings.Contains(page.Body, "client_document_invalid") {
				t.Errorf("%s: %d %s", name, page.Status, page.Redirect)
			}
		}
		page := b.Get("/oauth/authorize?" + request(documented(d.URL+"/nowhere"), lptest.Redirect).Encode())
		if page.Status != http.StatusBadRequest || !strings.Contains(page.Body, "client_document_unreachable") {
			t.Errorf("not there: %d", page.Status)
		}
		elsewhere := b.Get("/oauth/authorize?" + request(documented(d.put("/good", document)), "https://evil.example/").Encode())
		if elsewhere.Status != http.StatusBadRequest || elsewhere.Redirect != "" || !strings.Contains(elsewhere.Body, "redirect_uri_mismatch") {
			t.Errorf("an address that is not in it: %d %s", elsewhere.Status, elsewhere.Redirect)
		}
	})
}

// An app that is a document, from nothing to a call; and before the consent nothing is stored.
func TestDC11_AnAppThatIsADocument(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, d *documents) {
		app := documented(d.put("/client.json", document))
		b := s.SignedIn(s.Person.Email)
		page := b.Get("/oauth/authorize?" + request(app, "http://127.0.0.1:50123/callback").Encode())
		for _, text := range []string{"Sample Agent", "Unverified app", "127.0.0.1:50123", "That is a program on this computer", app.ClientID} {
			if !strings.Contains(page.Body, text) {
				t.Errorf("the consent page does not say %q", text)
			}
		}
		if strings.Contains(page.Body, "runs on your own devices") {
			t.Error("an app with a server is said to have none")
		}
		if _, err := s.Store.AppByClientID(t.Context(), app.ClientID); err == nil {
			t.Error("it is stored before anybody let it in")
		}
		for _, redirect := range []string{"http://127.0.0.1:50123/callback", "http://127.0.0.1:50124/callback", "editor://sample.agent/auth", lptest.Redirect} {
			tokens := connect(t, s, b, app, redirect)
			if call := callAsAgent(s, tokens.Text("access_token")); call.Status != http.StatusOK {
				t.Errorf("%s: call: %d %s", redirect, call.Status, call.Body)
			}
			if again := s.Refresh(app, tokens.Text("refresh_token")); again.Status != http.StatusOK {
				t.Errorf("%s: refresh: %d %s", redirect, again.Status, again.Body)
			}
			revoked := s.PostAs(app, "/oauth/revoke", lptest.Form("token", tokens.Text("access_token")))
			if call := callAsAgent(s, tokens.Text("access_token")); revoked.Status != http.StatusOK || call.Status != http.StatusUnauthorized {
				t.Errorf("%s: revoke: %d, then %d", redirect, revoked.Status, call.Status)
			}
		}
		// DC13: whoever has the genuine document's name and a port here is not let in by what was said before.
		if page := b.Get("/oauth/authorize?" + request(app, "http://127.0.0.1:666/callback").Encode()); !strings.Contains(page.Body, `action="/oauth/consent"`) {
			t.Errorf("the consent was remembered: %d %s", page.Status, page.Redirect)
		}
		connected := b.Get("/oauth/authorized_applications")
		host := strings.TrimPrefix(d.URL, "https://")
		if !strings.Contains(connected.Body, "Sample Agent") || !strings.Contains(connected.Body, host) {
			t.Errorf("connected apps: %s", connected.Body)
		}
	})
}

// A document that changes, and one whose server is away.
func TestDC12_WhatTheDocumentSaysNowCounts(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, d *documents) {
		path := "/" + strings.ReplaceAll(t.Name(), "/", "-")
		app := documented(d.put(path, document))
		b := s.SignedIn(s.Person.Email)
		tokens := connect(t, s, b, app, lptest.Redirect)
		authorize := func(redirect string) lptest.Page {
			return s.SignedIn(s.Person.Email).Get("/oauth/authorize?" + request(app, redirect).Encode())
		}
		s.Clock.Advance(6 * time.Minute)
		d.answer(http.StatusBadGateway)
		if page := authorize(lptest.Redirect); page.Status != http.StatusOK {
			t.Errorf("its server is away: %d %s", page.Status, page.Body)
		}
		if page := s.Browser().Get("/oauth/authorize?" + request(documented(d.URL+path+"-other"), lptest.Redirect).Encode()); page.Status != http.StatusBadRequest {
			t.Errorf("one that nobody let in: %d", page.Status)
		}
		d.answer(http.StatusOK)
		s.Clock.Advance(time.Minute)
		d.put(path, strings.Replace(document, `"http://127.0.0.1/callback",`, "", 1))
		if page := authorize("http://127.0.0.1/callback"); page.Status != http.StatusBadRequest || !strings.Contains(page.Body, "redirect_uri_mismatch") {
			t.Errorf("an address that was dropped: %d %s", page.Status, page.Redirect)
		}
		if again := s.Refresh(app, tokens.Text("refresh_token")); again.Status != http.StatusOK {
			t.Errorf("refresh: %d %s", again.Status, again.Body)
		}
		d.answer(http.StatusBadGateway)
		s.Clock.Advance(8 * 24 * time.Hour)
		if page := authorize(lptest.Redirect); page.Status != http.StatusBadRequest || !strings.Contains(page.Body, "client_document_unreachable") {
			t.Errorf("away for a week: %d", page.Status)
		}
		d.answer(http.StatusOK)
	})
}

// DC13: nothing of it is anywhere but on people's own devices.
func TestDC13_AnAppWithoutAServer(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		app, _ := registered(t, s, `{"client_name":"Sample CLI","redirect_uris":["http://localhost/callback","editor://accounts.bank.example/auth"],"token_endpoint_auth_method":"none"}`)
		page := s.SignedIn(s.Person.Email).Get("/oauth/authorize?" + request(app, "http://localhost:7777/callback").Encode())
		private := s.SignedIn(s.Person.Email).Get("/oauth/authorize?" + request(app, "editor://accounts.bank.example/auth").Encode())
		if !strings.Contains(private.Body, `<p class="host large">editor</p>`) {
			t.Errorf("a private scheme passes for a host: %s", private.Body)
		}
		for _, text := range []string{"Unverified app", "localhost:7777", "That is a program on this computer", "runs on your own devices"} {
			if !strings.Contains(page.Body, text) {
				t.Errorf("the consent page does not say %q", text)
			}
		}
	})
}

// DC14: whatever the name is, it is text, and nobody else's.
func TestDC14_NamesThatMislead(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, d *documents) {
		for i, name := range []string{
			"Launchpad", "Launchpad Support", "L\u0430unchpad", "Sample Reports", "Sample Rep\u043Erts", "SAMPLE  REPORTS", "<b>x</b>", `"><img src=x onerror=alert(1)>`, "Agent\u202E", "Ag\u200Bent", "accounts.google.com", strings.Repeat("x", 61), "",
		} {
			_, a := registered(t, s, `{"redirect_uris":["https://app.example/callback"],"client_name":`+marshal(name)+`}`)
			if got := a.Text("client_name"); got != "app.example" {
				t.Errorf("%q is called %q", name, got)
			}
			app := documented(d.put(fmt.Sprintf("/name/%d", i), `{"client_id":"%s","redirect_uris":["https://app.example/callback"],"client_name":`+marshal(name)+`}`))
			page := s.SignedIn(s.Person.Email).Get("/oauth/authorize?" + request(app, lptest.Redirect).Encode())
			if host := strings.TrimPrefix(d.URL, "https://"); !strings.Contains(page.Body, "<bdi>"+host+"</bdi>") || strings.Contains(page.Body, "<img src=x") {
				t.Errorf("%q: the page does not name the host", name)
			}
		}
		if _, a := registered(t, s, `{"redirect_uris":["https://app.example/callback"],"client_name":"Отчёты","logo_uri":"https://app.example/logo.svg"}`); a.Text("client_name") != "Отчёты" {
			t.Errorf("a harmless name became %q", a.Text("client_name"))
		}
	})
}

// DC15.
func TestDC15_RFC7592_2_RegistrationsAreTheirHoldersAlone(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		const body = `{"client_name":"Sample Host","redirect_uris":["https://app.example/callback"]}`
		app, mine := registered(t, s, body)
		_, other := registered(t, s, body)
		manage := func(method, client, token, body string) lptest.Answer {
			r := s.Request(method, "/oauth/register/"+client, body)
			r.Header.Set("Content-Type", "application/json")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return s.Do(r)
		}
		token := mine.Text("registration_access_token")
		change := `{"client_id":"` + app.ClientID + `","client_name":"Sample Changed","redirect_uris":["https://app.example/new"]}`
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			var first string
			for name, wrong := range map[string][2]string{
				"another's token": {app.ClientID, other.Text("registration_access_token")}, "none": {app.ClientID, ""}, "one that is none": {app.ClientID, "lp_rg_x"}, "an app of the portal": {s.Web.ClientID, token},
				"no app": {"app_nobody", token}, "the client secret": {app.ClientID, app.Secret},
			} {
				a := manage(method, wrong[0], wrong[1], change)
				if a.Status != http.StatusUnauthorized || strings.Contains(a.Body, "Sample") {
					t.Errorf("%s, %s: %d %s", method, name, a.Status, a.Body)
				}
				if name != "none" {
					a.Body = a.Text("error_description")
					if first == "" {
						first = a.Body
					}
					if a.Body != first {
						t.Errorf("%s: it tells which: %q and %q", method, first, a.Body)
					}
				}
			}
		}
		read := manage("GET", app.ClientID, token, "")
		if read.Status != http.StatusOK || read.Text("client_name") != "Sample Host" || read.Text("client_secret") != "" || read.Text("registration_access_token") != token {
			t.Errorf("read: %d %s", read.Status, read.Body)
		}
		// DC05: a change is looked at as if it were new.
		for name, bad := range map[string]string{
			"a script":            strings.Replace(change, "https://app.example/new", "javascript:x", 1),
			"an address of ours":  strings.Replace(change, `"client_name"`, `"logo_uri":"http://127.0.0.1/","client_name"`, 1),
			"another client_id":   strings.Replace(change, app.ClientID, other.Text("client_id"), 1),
			"no client_id":        `{"redirect_uris":["https://app.example/new"]}`,
			"no secret any more":  strings.Replace(change, `"client_name"`, `"token_endpoint_auth_method":"none","client_name"`, 1),
			"a token of its own":  strings.Replace(change, `"client_name"`, `"registration_access_token":"x","client_name"`, 1),
			"a secret of its own": strings.Replace(change, `"client_name"`, `"client_secret":"x","client_name"`, 1),
		} {
			if a := manage("PUT", app.ClientID, token, bad); a.Status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		b := s.SignedIn(s.Person.Email)
		tokens := connect(t, s, b, app, lptest.Redirect)
		if a := manage("PUT", app.ClientID, token, change); a.Status != http.StatusOK || a.Text("client_name") != "Sample Changed" {
			t.Errorf("change: %d %s", a.Status, a.Body)
		}
		if page := b.Get("/oauth/authorize?" + request(app, lptest.Redirect).Encode()); page.Status != http.StatusBadRequest || page.Redirect != "" {
			t.Errorf("the old address: %d %s", page.Status, page.Redirect)
		}
		// DC17: with the app everything of it is over.
		if a := manage("DELETE", app.ClientID, token, ""); a.Status != http.StatusNoContent {
			t.Errorf("end: %d %s", a.Status, a.Body)
		}
		if a := callAsAgent(s, tokens.Text("access_token")); a.Status != http.StatusUnauthorized {
			t.Errorf("a token after the end: %d", a.Status)
		}
		if a := s.Refresh(app, tokens.Text("refresh_token")); a.Status != http.StatusUnauthorized {
			t.Errorf("a refresh after the end: %d", a.Status)
		}
		if a := manage("GET", app.ClientID, token, ""); a.Status != http.StatusUnauthorized {
			t.Errorf("read after the end: %d", a.Status)
		}
	})
}

func TestRFC6585_4_RegistrationsAreCounted(t *testing.T) {
	limits := config.Unlimited()
	limits.Register, limits.RegisterOfAll = 2, 3
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		from := func(address string) lptest.Answer {
			r := s.Request("POST", "/oauth/register", `{"redirect_uris":["https://app.example/callback"]}`)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Forwarded-For", address)
			return s.Do(r)
		}
		for i, want := range []struct {
			address string
			status  int
		}{{"192.0.2.1", 201}, {"192.0.2.1", 201}, {"192.0.2.1", 429}, {"192.0.2.2", 201}, {"192.0.2.3", 429}} {
			a := from(want.address)
			if a.Status != want.status || a.Status == 429 && a.Header.Get("Retry-After") == "" {
				t.Errorf("%d from %s: %d %s", i, want.address, a.Status, a.Body)
			}
		}
	}, lptest.WithAgents(fetch.Options{}), lptest.WithLimits(limits), lptest.BehindProxy())
}

func callAsAgent(s *lptest.Server, token string) lptest.Answer {
	r := s.Request("GET", lptest.AgentCalls, "")
	r.Header.Set("Authorization", "Bearer "+token)
	return s.Do(r)
}

// Ruling of the catalogue beside DC04: what comes by itself reaches only APIs for agents, whatever it names.
// DC09: whoever names addresses makes us ask them: so many that are not known, and the others' are asked all the same. RFC 6585 §4.
func TestDC09_OneAddressAsksForAFewUnknownDocuments(t *testing.T) {
	limits := config.Unlimited()
	limits.UnknownDocuments = 3
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) {
		d := newDocuments(t)
		roots := x509.NewCertPool()
		roots.AddCert(d.Certificate())
		s := lptest.Start(t, e, lptest.WithAgents(fetch.Options{Local: true, Roots: roots}), lptest.WithLimits(limits), lptest.BehindProxy())
		ask := func(from, path string) lptest.Page {
			r := s.Request("GET", "/oauth/authorize?"+request(documented(d.put(path, document)), "https://app.example/callback").Encode(), "")
			r.Header.Set("X-Forwarded-For", from)
			return s.Browser().Do(r)
		}
		want := func(what string, page lptest.Page, status int) {
			t.Helper()
			if page.Status != status {
				t.Errorf("%s: %d, want %d\n%s", what, page.Status, status, page.Body)
			}
		}
		const here, there = "203.0.113.1", "203.0.113.2"
		known := documented(d.put("/known", document))
		connect(t, s, s.SignedIn(s.Person.Email), known, "https://app.example/callback")
		for n := range 3 {
			want("one that is not known", ask(here, fmt.Sprint("/", n)), 200)
		}
		asked := d.asked
		refused := ask(here, "/3")
		want("one too many", refused, 429)
		if refused.Header.Get("Retry-After") != "10" || refused.Header.Get("RateLimit-Policy") != `"unknown_documents";q=3;w=10` || d.asked != asked {
			t.Errorf("refused with %v, and asked %d times", refused.Header, d.asked-asked)
		}
		want("one that is at hand", ask(here, "/0"), 200)
		want("somebody else's", ask(there, "/3"), 200)
		s.Clock.Advance(25 * time.Hour) // nothing is at hand any more
		for n := range 3 {
			want("after the window", ask(here, fmt.Sprint("/", n)), 200)
		}
		want("one that a person has let in", ask(here, "/known"), 200)
		want("one too many", ask(here, "/3"), 429)
	})
}

func TestDC04_StrangersReachAPIsForAgentsOnly(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		app, _ := registered(t, s, `{"client_name":"Sample Agent","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`)
		tokens := connect(t, s, s.SignedIn(s.Person.Email), app, "http://127.0.0.1:5555/callback")
		if call := callAsAgent(s, tokens.Text("access_token")); call.Status != http.StatusOK {
			t.Errorf("the API for agents: %d %s", call.Status, call.Body)
		}
		if call := s.Call(tokens.Text("access_token")); call.Status != http.StatusUnauthorized || !strings.Contains(call.Body, "token_for_another_api") {
			t.Errorf("another API: %d %s", call.Status, call.Body)
		}
	})
}

// Ruling of the catalogue beside DC04: what the operator takes away from agents is closed to them from the reload on, whatever they
// hold; and what he gives them is open.
func TestDC04_AnAPIThatIsForAgentsNoMore(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		app, _ := registered(t, s, `{"client_name":"Sample Agent","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`)
		b := s.SignedIn(s.Person.Email)
		tokens := connect(t, s, b, app, "http://127.0.0.1:5555/callback")
		ours := s.Token(s.Machine, "grant_type", "client_credentials", "resource", s.URL+"/agents").Text("access_token")
		page := b.Authorize(request(app, "http://127.0.0.1:5555/callback"), lptest.Choice{})
		api := s.Switch(s.Machine, apps.Switches{ClientCredentials: true, Introspection: true})
		asker := lptest.App{App: api, Secret: s.Machine.Secret}
		closed := s.AgentAPI()
		closed.Agents = false
		if err := s.LoadAPIs(s.SampleAPI(), closed); err != nil {
			t.Fatal(err)
		}
		if call := callAsAgent(s, tokens.Text("access_token")); call.Status != http.StatusUnauthorized || !strings.Contains(call.Body, "resource_not_for_agents") {
			t.Errorf("a token: %d %s", call.Status, call.Body)
		}
		if call := callAsAgent(s, ours); call.Status != http.StatusOK {
			t.Errorf("a token of an app that somebody here stands behind: %d %s", call.Status, call.Body)
		}
		if s.Active(asker, tokens.Text("access_token")) || !s.Active(asker, ours) {
			t.Error("introspection says otherwise")
		}
		if a := s.Refresh(app, tokens.Text("refresh_token")); a.Status != http.StatusBadRequest || a.Text("error") != "invalid_target" {
			t.Errorf("a refresh: %d %s", a.Status, a.Body)
		}
		code := s.PostAs(app, "/oauth/token", lptest.Form("grant_type", "authorization_code", "code", page.Param("code"), "redirect_uri", "http://127.0.0.1:5555/callback", "code_verifier", lptest.Verifier))
		if code.Status != http.StatusBadRequest || code.Text("error") != "invalid_target" {
			t.Errorf("a code: %d %s", code.Status, code.Body)
		}
		for _, resource := range []string{"", s.URL + "/agents"} {
			q := request(app, "http://127.0.0.1:5555/callback")
			q.Set("resource", resource)
			if page := b.Get("/oauth/authorize?" + q.Encode()); page.Param("error") == "" {
				t.Errorf("resource %q: %d %s", resource, page.Status, page.Redirect)
			}
		}
		if err := s.LoadAPIs(s.SampleAPI(), s.AgentAPI()); err != nil {
			t.Fatal(err)
		}
		if again := s.Refresh(app, tokens.Text("refresh_token")); again.Status != http.StatusOK || callAsAgent(s, again.Text("access_token")).Status != http.StatusOK {
			t.Errorf("given back: %d %s", again.Status, again.Body)
		}
	})
}

// AT09, and the same ruling: what this server tells by itself of a person is no API for agents.
func TestDC04_AT09_TokensForAnAPIAreForNothingOfOurs(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, _ *documents) {
		app, _ := registered(t, s, `{"client_name":"Sample Agent","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`)
		token := connect(t, s, s.SignedIn(s.Person.Email), app, "http://127.0.0.1:5555/callback").Text("access_token")
		for _, path := range []string{"/authorization.json", "/authorization.xml", "/oauth/token/info"} {
			a := callAt(s, "GET", path, token)
			if a.Status != http.StatusUnauthorized || strings.Contains(a.Body, s.Person.Email) {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
		}
	})
}

// AU09, RFC 9700 §4.11.2: anybody can register an app, and must not get an address of ours that leads people to a page of his
// before they have decided anything.
func TestAU09_RFC9700_4_11_2_NobodyIsSentToAStrangersPageUnasked(t *testing.T) {
	eachWithAgents(t, func(t *testing.T, s *lptest.Server, d *documents) {
		app, _ := registered(t, s, `{"client_name":"Sample Host","redirect_uris":["https://phishing.example/callback","http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`)
		document := documented(d.put("/au09.json", strings.Replace(document, lptest.Redirect, "https://phishing.example/callback", 1)))
		wrong := func(app lptest.App, redirect, name, value string) string {
			q := request(app, redirect)
			q.Set(name, value)
			return "/oauth/authorize?" + q.Encode()
		}
		signedIn := s.SignedIn(s.Person.Email)
		for _, b := range []*lptest.Browser{s.Browser(), signedIn} {
			for name, value := range map[string]string{"scope": "no-such-scope", "prompt": "none", "response_type": "token", "code_challenge": "short"} {
				for _, app := range []lptest.App{app, document} {
					page := b.Get(wrong(app, "https://phishing.example/callback", name, value))
					if page.Redirect != "" || page.Status < 400 || !strings.Contains(page.Body, `<p class="host large">phishing.example</p>`) || !wayBack.MatchString(page.Body) {
						t.Errorf("%s=%s: %d %s\n%s", name, value, page.Status, page.Redirect, page.Body)
					}
					for _, told := range []string{"Nothing was shared", "Unverified app", "For the developer", `href="/docs/errors/`} {
						if !strings.Contains(page.Body, told) {
							t.Errorf("%s=%s: the page does not say %q", name, value, told)
						}
					}
				}
			}
			if page := b.Get(wrong(app, "http://127.0.0.1:5555/callback", "scope", "no-such-scope")); page.Param("error") != "invalid_scope" {
				t.Errorf("a program here is not told: %d %s", page.Status, page.Redirect)
			}
			if page := b.Get(wrong(s.Web, lptest.Redirect, "scope", "no-such-scope")); page.Param("error") != "invalid_scope" {
				t.Errorf("an app that somebody stands behind is not told: %d %s", page.Status, page.Redirect)
			}
		}
		page := signedIn.Authorize(request(app, "https://phishing.example/callback"), lptest.Choice{Deny: true})
		if page.Param("error") != "access_denied" {
			t.Errorf("the person said no: %d %s", page.Status, page.Redirect)
		}
	})
}

// wayBack is the link to the app on the page of a refusal, in the query or in the fragment, wherever the app wanted its answer.
var wayBack = regexp.MustCompile(`href="https://phishing\.example/callback[?#]error=`)
