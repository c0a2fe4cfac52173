package conformance

import (
	"encoding/json"
	"strings"
	"testing"

	"launchpad/internal/lptest"
)

func TestRFC8414_3_MetadataInEverySpelling(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		first := ""
		for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
			r := s.Request("GET", path, "")
			r.Header.Set("Origin", "https://spa.example")
			r.Host = "evil.example" // MF14: nothing is built from the Host header
			a := s.Do(r)
			wantStatus(t, a, 200)
			if a.Text("issuer") != s.URL || a.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: issuer %q, CORS %q", path, a.Text("issuer"), a.Header.Get("Access-Control-Allow-Origin"))
			}
			if strings.Contains(a.Body, "null") || strings.Contains(a.Body, "evil.example") {
				t.Errorf("%s: null member or reflected host: %s", path, a.Body)
			}
			if first == "" {
				first = a.Body
			}
			if a.Body != first {
				t.Errorf("%s differs from the first spelling", path)
			}
			for _, member := range []string{"authorization_endpoint", "token_endpoint", "revocation_endpoint", "introspection_endpoint", "jwks_uri"} {
				if !strings.HasPrefix(a.Text(member), s.URL+"/oauth/") {
					t.Errorf("%s %q", member, a.Text(member))
				}
			}
			if a.JSON["authorization_response_iss_parameter_supported"] != true {
				t.Error("RFC 9207 §3: iss is not announced")
			}
		}
	})
}

// AT34.
func TestRFC7517_9_2_PublicMembersOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		var set struct{ Keys []map[string]any }
		if err := json.Unmarshal([]byte(s.Do(s.Request("GET", "/oauth/jwks", "")).Body), &set); err != nil {
			t.Fatal(err)
		}
		if len(set.Keys) == 0 {
			t.Fatal("no key")
		}
		for _, key := range set.Keys {
			for member := range key {
				if !strings.Contains(" kty crv x y kid alg use ", " "+member+" ") {
					t.Errorf("member %q does not belong into a public key", member)
				}
			}
			if key["alg"] != "ES256" || key["use"] != "sig" {
				t.Errorf("key %v", key)
			}
		}
	})
}

// GW21: browsers of other sites may read what holds no cookie's secrets, and nothing else.
func TestCORS(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		for path, want := range map[string]string{"/oauth/token": "*", "/oauth/jwks": "*", "/oauth/revoke": "*", "/oauth/authorize": "", "/oauth/introspect": "", "/oauth/applications": "", "/signin": ""} {
			for _, method := range []string{"OPTIONS", "GET", "POST"} {
				r := s.Request(method, path, "")
				r.Header.Set("Origin", "https://evil.example")
				r.Header.Set("Access-Control-Request-Method", "POST")
				a := s.Do(r)
				if got := a.Header.Get("Access-Control-Allow-Origin"); got != want && !(want == "*" && a.Status == 405) {
					t.Errorf("%s %s: Access-Control-Allow-Origin %q, want %q", method, path, got, want)
				}
				if a.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s %s allows credentials", method, path)
				}
			}
		}
	})
}
