package oauth

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// RFC 7636 §4.2: its appendix B gives a verifier and its challenge.
func TestRFC7636_B_Example(t *testing.T) {
	if got, want := S256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// RFC 6749 §5.2: descriptions keep to %x20-21 / %x23-5B / %x5D-7E, whatever was put into them. SE10.
func TestRFC6749_5_2_DescriptionsAreClean(t *testing.T) {
	e := InvalidRequest("slug", "got %s", "\"quotes\" \\ back \r\n é \x00").Got("\"é\\\n", "ok")
	for _, c := range e.Sentence() {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			t.Fatalf("%q has %q", e.Sentence(), c)
		}
	}
}

// ASVS §16.2.5: the private half stays private.
func TestCausesAreNotTold(t *testing.T) {
	e := InvalidGrant("slug", "sentence").Because(errors.New("row 17"))
	if strings.Contains(e.Sentence(), "17") || !strings.Contains(e.Error(), "17") {
		t.Errorf("sentence %q, error %q", e.Sentence(), e.Error())
	}
	unknown := AsError(fmt.Errorf("select: %w", errors.New("disk")))
	if unknown.Code != "server_error" || strings.Contains(unknown.Description, "disk") || unknown.Status != 500 {
		t.Errorf("unknown error became %+v", unknown)
	}
	if got := AsError(fmt.Errorf("wrapped: %w", e)); got != e {
		t.Errorf("a wrapped error was not found: %v", got)
	}
}

// RFC 6749 §3.3: a scope is a set.
func TestScopeSets(t *testing.T) {
	a, b := Scopes("read", "write", "read"), Scopes("write", "admin")
	for name, pair := range map[string][2]string{
		"and": {a.And(b).String(), "write"}, "minus": {a.Minus(b).String(), "read"}, "or": {a.Or(b).String(), "admin read write"}, "sorted": {a.String(), "read write"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", name, pair[0], pair[1])
		}
	}
	if !a.Covers(nil) || !a.Covers(Scopes("read")) || a.Covers(b) {
		t.Error("Covers is wrong")
	}
}

func TestRFC6749_3_1_2_QueryOfTheRedirectURIIsKept(t *testing.T) {
	answer := Parameters{}.With("code", "a b").With("state", "").With("iss", "https://x")
	for uri, want := range map[string]string{
		"https://a/cb":     "https://a/cb?code=a+b&iss=https%3A%2F%2Fx",
		"https://a/cb?x=1": "https://a/cb?x=1&code=a+b&iss=https%3A%2F%2Fx",
		"com.app:/cb":      "com.app:/cb?code=a+b&iss=https%3A%2F%2Fx",
	} {
		if got := answer.Query(uri); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
