package conformance

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"launchpad/internal/lptest"
	"launchpad/internal/secret"
)

// The pages of docs/forward-auth hold the configurations that are tested here, word by word but for addresses and places.

// realProxy is a proxy that Debian has.
type realProxy struct {
	name     string
	language string // of the block on its page
	run      func(dir string) []string
}

var realProxies = []realProxy{
	{"nginx", "nginx", func(dir string) []string {
		return []string{"nginx", "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx"), "-g", "daemon off; pid " + dir + "/pid;"}
	}},
	{"haproxy", "haproxy", func(dir string) []string { return []string{"haproxy", "-f", filepath.Join(dir, "haproxy"), "-db"} }},
	{"caddy", "caddyfile", func(dir string) []string {
		return []string{"caddy", "run", "--adapter", "caddyfile", "--config", filepath.Join(dir, "caddyfile")}
	}},
}

var block = regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```")

// standing is a running proxy, with Launchpad and an application behind it.
type standing struct {
	*lptest.Server
	address string // of the proxy
	seen    *http.Request
	client  *http.Client
}

// eachRealProxy runs a test behind each proxy that is installed; what has to be is said in LAUNCHPAD_TEST_REQUIRE.
func eachRealProxy(t *testing.T, test func(t *testing.T, s *standing)) {
	for _, p := range realProxies {
		if _, err := exec.LookPath(p.run("")[0]); err != nil {
			if strings.Contains(os.Getenv("LAUNCHPAD_TEST_REQUIRE"), p.name) {
				t.Fatal(err)
			}
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			api := guardedAPI
			api.Hosts = []string{guardedHost}
			s := &standing{Server: lptest.Start(t, lptest.Engines(t)[0], lptest.Guarding(api)), address: lptest.FreeAddress(t)}
			app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.seen = r.Clone(t.Context())
				_ = json.NewEncoder(w).Encode(map[string]any{"app": true})
			}))
			t.Cleanup(app.Close)
			s.client = &http.Client{
				Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: guardedHost}, Dial: func(string, string) (net.Conn, error) { return net.Dial("tcp", s.address) }},
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			}
			s.start(t, p, strings.TrimPrefix(app.URL, "http://"))
			test(t, s)
		})
	}
}

// start writes the blocks of the page into files, with the addresses of this test, and runs the proxy on them.
func (s *standing) start(t *testing.T, p realProxy, app string) {
	t.Helper()
	dir := t.TempDir()
	certificate(t, dir)
	page, err := os.ReadFile("../docs/forward-auth/" + p.name + ".md")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(s.address, ":")
	places := strings.NewReplacer(
		"127.0.0.1:8080", strings.TrimPrefix(s.URL, "http://"), "127.0.0.1:9000", app,
		"listen 443 ssl", "listen "+s.address+" ssl", "bind :443 ssl", "bind "+s.address+" ssl",
		"\napp.example.com {", "\nhttps://"+guardedHost+":"+port+" {\n\ttls "+dir+"/app.example.com.crt "+dir+"/app.example.com.key",
		"/etc/ssl", dir, "/etc/haproxy/launchpad.lua", filepath.Join(dir, "lua"),
	)
	for _, found := range block.FindAllStringSubmatch(string(page), -1) {
		text := places.Replace("\n" + found[2])
		if found[1] == "caddyfile" {
			text = "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n" + text
		}
		if err := os.WriteFile(filepath.Join(dir, found[1]), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	words := p.run(dir)
	command := exec.Command(words[0], words[1:]...)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		done := time.AfterFunc(10*time.Second, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		done.Stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, said.String())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", s.address)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", p.name, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// certificate makes one for the guarded host: .crt and .key, and both in .pem.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{guardedHost}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	made, err := x509.CreateCertificate(bytes.NewReader(secret.Bytes(1<<10)), form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	bare, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bare})
	for name, text := range map[string][]byte{"crt": crt, "key": private, "pem": append(crt, private...)} {
		if err := os.WriteFile(filepath.Join(dir, "app.example.com."+name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// call sends a request through the proxy; seen is then what the application got of it, or nil.
func (s *standing) call(t *testing.T, method, target string, header ...string) lptest.Answer {
	t.Helper()
	s.seen = nil
	r, err := http.NewRequest(method, "https://"+guardedHost+target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header[header[i]] = append(r.Header[header[i]], header[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := lptest.Answer{Status: res.StatusCode, Header: res.Header, Body: string(body)}
	_ = json.Unmarshal(body, &a.JSON)
	if passed := a.JSON["app"] == true; passed != (a.Status == 200) || passed != (s.seen != nil) {
		t.Errorf("%s %s: %d, and the application was asked: %v", method, target, a.Status, s.seen != nil)
	}
	return a
}

// raw sends bytes and gives the status, 0 if there is none.
func (s *standing) raw(t *testing.T, request string) int {
	t.Helper()
	s.seen = nil
	c, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true, ServerName: guardedHost})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		return 0
	}
	answer, _ := io.ReadAll(c)
	status := 0
	_, _ = fmt.Sscanf(string(answer), "HTTP/1.1 %d", &status)
	return status
}

// GW01, AT01, AT06, AT07 behind the proxies themselves.
func TestGW01_BehindRealProxies(t *testing.T) {
	eachRealProxy(t, func(t *testing.T, s *standing) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token")
		bearer := "Bearer " + token
		got := s.call(t, "GET", "/data?a=b", "Authorization", bearer)
		if got.Status != 200 || s.seen.Header.Get("Launchpad-Account") != s.First.ID.String() || s.seen.Header.Get("Launchpad-App") != s.Machine.ID.String() || s.seen.RequestURI != "/data?a=b" {
			t.Fatalf("%d %s, the application saw %v", got.Status, got.Body, s.seen)
		}
		if s.seen.Header.Get("Authorization") != "" {
			t.Error("GW19: the token went on to the application")
		}
		for _, c := range []struct {
			method, target, authorization string
			status                        int
			challenge                     string
		}{
			{"GET", "/data", "", 401, "Bearer realm="}, {"GET", "/data", "Bearer lp_at_x", 401, `error="invalid_token"`}, {"POST", "/data", bearer, 403, `scope="dashboards:write"`},
			{"GET", "/else", bearer, 404, ""}, {"DELETE", "/data", bearer, 405, ""}, {"GET", "/data%2f..", bearer, 400, ""},
		} {
			got := s.call(t, c.method, c.target, "Authorization", c.authorization)
			challenge := got.Header["Www-Authenticate"]
			if got.Status != c.status || c.challenge != "" && (len(challenge) != 1 || !strings.Contains(challenge[0], c.challenge)) || got.Text("trace") == "" {
				t.Errorf("%s %s with %.12q: %d %q %s, want %d and one challenge with %q", c.method, c.target, c.authorization, got.Status, challenge, got.Body, c.status, c.challenge)
			}
		}
		// Identity is said by us alone, in whatever spelling a client tries.
		for _, name := range identityNames {
			for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name), strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", "."), strings.Replace(name, "-", "_", 1)} {
				if strings.EqualFold(spelling, "Launchpad-Account") {
					continue // that one chooses
				}
				s.call(t, "GET", "/data", "Authorization", bearer, spelling, "forged", spelling, "forged")
				if s.seen == nil {
					continue // refused
				}
				for seen, values := range s.seen.Header {
					if strings.Contains(strings.Join(values, " "), "forged") {
						t.Errorf("%s reached the application as %s", spelling, seen)
					}
				}
			}
		}
		// So it is in the words of other proxies.
		for _, name := range []string{"Remote-User", "Remote-Groups", "X-User", "X-Auth-User", "X-Auth-Email", "X-Auth-Roles", "X-WebAuth-User", "X-WebAuth-Role", "X-Authenticated-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email"} {
			for _, spelling := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, "-", "."), strings.Replace(name, "-", "_", 1)} {
				s.call(t, "GET", "/data", "Authorization", bearer, spelling, "forged")
				if s.seen == nil {
					continue // refused
				}
				for seen, values := range s.seen.Header {
					if strings.Contains(strings.Join(values, " "), "forged") {
						t.Errorf("%s reached the application as %s", spelling, seen)
					}
				}
			}
		}
		if got := s.call(t, "GET", "/data", "Authorization", bearer, "Launchpad-Account", s.Second.Slug); got.Status != 403 { // AT10
			t.Errorf("an account that the token does not reach: %d", got.Status)
		}
		wantStatus(t, s.PostAs(s.Machine, "/oauth/revoke", url.Values{"token": {token}}), 200)
		if got := s.call(t, "GET", "/data", "Authorization", bearer); got.Status != 401 {
			t.Errorf("the call after the revocation: %d, want 401", got.Status)
		}
		token = s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		s.Clock.Advance(2 * time.Hour)
		wantStatus(t, s.call(t, "GET", "/data", "Authorization", "Bearer "+token), 401)
	})
}

// GW04, GW05, GW08: what a client sends to be taken for another request, and paths that proxy and application read differently.
func TestGW04_HostileRequestsBehindRealProxies(t *testing.T) {
	eachRealProxy(t, func(t *testing.T, s *standing) {
		token := s.Token(s.Machine, "grant_type", "client_credentials", "scope", "dashboards:read").Text("access_token")
		for _, name := range []string{"X-Original-URL", "X-Original-Uri", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Method", "X-Original-Method", "X-HTTP-Method-Override", "X-Forwarded-Proto", "X_Forwarded_Uri", "X_Original_URL"} {
			value := "/data"
			switch {
			case strings.Contains(name, "Method"):
				value = "GET"
			case strings.Contains(name, "URL"):
				value = "https://" + guardedHost + "/data"
			}
			if got := s.call(t, "POST", "/data", "Authorization", "Bearer "+token, name, value); got.Status == 200 {
				t.Errorf("%s: a private call passed", name)
			}
		}
		for _, path := range []string{"/reports/../private", "/reports/..%2fprivate", "/reports/%2e%2e/private", "//private", "/reports//x", "/reports/x;y", "/reports/%5c..%5cprivate", "/%70rivate", "/reports/%00", "/reports/%252e%252e/private", "/reports/./x", "/reports/\\x", "/reports#/private", "/private", "/private?/reports/x"} {
			status := s.raw(t, "GET "+path+" HTTP/1.1\r\nHost: "+guardedHost+"\r\nConnection: close\r\nAuthorization: Bearer "+token+"\r\n\r\n")
			if s.seen != nil || status >= 200 && status < 300 {
				t.Errorf("%s: %d, and the application got %v", path, status, s.seen)
			}
		}
		for _, request := range []string{
			"GET https://" + guardedHost + "/private HTTP/1.1\r\nHost: public.example.com\r\n", "GET /data HTTP/1.1\r\nHost: " + guardedHost + "\r\nHost: other.example.com\r\n",
			"GET /private HTTP/1.1\r\nHost: " + guardedHost + "\r\nConnection: X-Forwarded-Uri, X-Original-URL, Authorization, close\r\nX-Forwarded-Uri: /data\r\n",
		} {
			if status := s.raw(t, request+"Connection: close\r\nAuthorization: Bearer "+token+"\r\n\r\n"); s.seen != nil || status == 200 {
				t.Errorf("%q: %d, and the application got it", request, status)
			}
		}
	})
}

// GW09, GW10: with Launchpad away nothing passes.
func TestGW09_NothingPassesWhileLaunchpadIsAway(t *testing.T) {
	eachRealProxy(t, func(t *testing.T, s *standing) {
		token := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		wantStatus(t, s.call(t, "GET", "/data", "Authorization", "Bearer "+token), 200)
		s.Vanish()
		for _, header := range [][]string{{"Authorization", "Bearer " + token}, nil} {
			if got := s.call(t, "GET", "/data", header...); got.Status < 500 {
				t.Errorf("%d with Launchpad away", got.Status)
			}
		}
	})
}

// A browser signs in behind a real proxy and comes back, and is out again when it has signed out.
func TestGW10_BrowsersBehindRealProxies(t *testing.T) {
	eachRealProxy(t, func(t *testing.T, s *standing) {
		v := signedInVisitor(t, s.Server)
		ask := func(method, target string, header ...string) lptest.Answer {
			var cookies []string
			for name, value := range v.cookies {
				cookies = append(cookies, name+"="+value)
			}
			got := s.call(t, method, target, append([]string{"Accept", "text/html", "Cookie", strings.Join(cookies, "; ")}, header...)...)
			for _, line := range got.Header["Set-Cookie"] {
				c, err := http.ParseSetCookie(line)
				if err != nil {
					t.Fatal(err)
				}
				v.cookies[c.Name] = c.Value
			}
			return got
		}
		first := ask("GET", "/reports/a?b=c")
		if first.Status != 302 || len(first.Header["Set-Cookie"]) != 1 {
			t.Fatalf("%d %v %s", first.Status, first.Header, first.Body)
		}
		back := ask("GET", v.handOver(first.Header.Get("Location")))
		if back.Status != 302 || back.Header.Get("Location") != "https://"+guardedHost+"/reports/a?b=c" {
			t.Fatalf("%d %v %s", back.Status, back.Header, back.Body)
		}
		delete(v.cookies, "__Host-lp_visit")
		wantStatus(t, ask("GET", "/reports/a?b=c"), 200)
		if s.seen.Header.Get("Launchpad-Identity") != s.Person.ID.String() || s.seen.Header.Get("Launchpad-App") != "" {
			t.Errorf("the application saw %v", s.seen.Header)
		}
		wantStatus(t, ask("POST", "/reports/a", "Origin", "https://"+guardedHost), 200)
		wantStatus(t, ask("POST", "/reports/a", "Origin", "https://evil.example"), 403)
		wantStatus(t, ask("POST", "/reports/a"), 403)
		refused := ask("GET", "/of/none/reports")
		if refused.Status != 403 || !strings.Contains(refused.Body, s.Person.Email) || !strings.HasSuffix(refused.Body, "</html>\n") || !strings.Contains(refused.Header.Get("Content-Security-Policy"), "sha256-") {
			t.Errorf("%d %v %s", refused.Status, refused.Header, refused.Body)
		}
		v.home.Post("/signout", v.home.Get("/account").Hidden())
		wantStatus(t, ask("GET", "/reports/a"), 302)
	})
}
