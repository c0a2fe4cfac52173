package oauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func FuzzReadBody(f *testing.F) {
	for _, seed := range []string{"", "a=b", "a=b&a=c", "a=%zz", "a=%00", "&&&=", "a=" + strings.Repeat("x", 100), "scope=a+b&client_id=%ff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, err := ReadBody(r)
		if err != nil {
			if e := AsError(err); e.Status < 400 || e.Status >= 500 {
				t.Fatalf("status %d for a bad body", e.Status)
			}
			return
		}
		want, err := url.ParseQuery(body)
		if err != nil {
			return // the standard library also refuses semicolons
		}
		for name, values := range want {
			if got := form.Get(name); got != values[0] {
				t.Errorf("%q: got %q, want %q", name, got, values[0])
			}
			if form.Repeated(name) != (len(values) > 1) {
				t.Errorf("%q: repeated=%v with %d values", name, form.Repeated(name), len(values))
			}
		}
	})
}

func FuzzCheckRedirectURI(f *testing.F) {
	for _, seed := range []string{"https://a.example/cb", "http://127.0.0.1:1/cb", "com.example.app:/cb", "javascript:alert(1)", "https://a@b/", `https://a\@b`, "//x", "https://a.example/%2e%2e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := CheckRedirectURI(raw); err != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("accepted %q, which does not parse", raw)
		}
		if u.User != nil || u.Fragment != "" || strings.ContainsAny(raw, " \\\r\n\t#*<>\"") {
			t.Errorf("accepted %q", raw)
		}
		switch strings.ToLower(u.Scheme) {
		case "javascript", "data", "vbscript", "file", "blob", "about", "":
			t.Errorf("accepted the scheme of %q", raw)
		}
		if !MatchRedirectURI(raw, []string{raw}, false) {
			t.Errorf("%q does not match itself", raw)
		}
	})
}

func FuzzMatchRedirectURI(f *testing.F) {
	f.Add("http://127.0.0.1:1234/cb", "http://127.0.0.1/cb")
	f.Add("http://127.0.0.1:1@evil/cb", "http://127.0.0.1/cb")
	f.Add("http://[::1]:9/", "http://[::1]")
	f.Fuzz(func(t *testing.T, requested, registered string) {
		if _, err := CheckRedirectURI(registered); err != nil || !MatchRedirectURI(requested, []string{registered}, true) {
			return
		}
		a, err := url.Parse(requested)
		b, _ := url.Parse(registered)
		if err != nil || a.Scheme != b.Scheme || a.Hostname() != b.Hostname() || a.User != nil && b.User == nil || a.RawQuery != b.RawQuery {
			t.Errorf("%q matches %q", requested, registered)
		}
	})
}

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{"", "a b", "b a a", "a  b", "a\"b", "é", " a "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scope, err := ParseScope(s)
		if err != nil {
			return
		}
		again, err := ParseScope(scope.String())
		if err != nil || again.String() != scope.String() || !scope.Covers(again) {
			t.Errorf("%q: %v does not survive being written and read", s, scope)
		}
	})
}

func FuzzBearerHeader(f *testing.F) {
	for _, seed := range []string{"", "Bearer x", "bearer x", "Bearer", "Bearer a b", "Basic x", "Bearer \"x\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		token, ok, err := BearerHeader(http.Header{"Authorization": {line}})
		if ok && (err != nil || token == "" || strings.ContainsAny(token, " \t\"")) {
			t.Errorf("%q gave %q, %v", line, token, err)
		}
	})
}

func FuzzCheckChallengeAndVerifier(f *testing.F) {
	f.Add("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	f.Fuzz(func(t *testing.T, s string) {
		if CheckVerifier(s) != nil {
			return
		}
		if err := CheckChallenge(S256(s), MethodS256); err != nil || !VerifierMatches(s, S256(s)) || VerifierMatches(s+"x", S256(s)) {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func FuzzResources(f *testing.F) {
	for _, seed := range []string{"resource=https%3A%2F%2Fa.example", "resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fa.example", "resource=x%23y", "resource=urn%3Aa%3Ab&resource=", "resource=//a", "resource=http%3A%2F%2F%5B%3A%3A1%5D%2F%0a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		var form Form
		if form.parse(query) != nil {
			return
		}
		list, err := form.Resources()
		if err != nil {
			if e := AsError(err); e.Code != "invalid_target" || e.Status != 400 {
				t.Fatalf("%q: %v", query, e)
			}
			return
		}
		for i, resource := range list {
			u, err := url.Parse(resource)
			if err != nil || !u.IsAbs() || u.Fragment != "" || strings.ContainsAny(resource, " \r\n\"#") {
				t.Errorf("took %q", resource)
			}
			if again, err := CheckResource(resource); err != nil || again != resource {
				t.Errorf("%q became %q, %v", resource, again, err)
			}
			for _, other := range list[:i] {
				if other == resource {
					t.Errorf("%q twice", resource)
				}
			}
		}
	})
}
