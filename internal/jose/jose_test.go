package jose

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
)

type claims struct {
	Subject string `json:"sub"`
}

// What we write, the library verifies: many signatures, so that short R and S occur.
func TestSignedTokensVerify(t *testing.T) {
	s, err := NewSigner("key1")
	if err != nil {
		t.Fatal(err)
	}
	find := func(kid string) (crypto.PublicKey, bool) { return s.PublicKey(), kid == "key1" }
	for i := range 2000 {
		want := claims{strings.Repeat("x", i%50)}
		token, err := s.SignAccessToken(want)
		if err != nil {
			t.Fatal(err)
		}
		var got claims
		if err := VerifyAccessToken(token, find, &got); err != nil || got != want {
			t.Fatalf("%s: %+v, %v", token, got, err)
		}
	}
}

func TestPrivateKeyComesBack(t *testing.T) {
	s, err := NewSigner("key1")
	if err != nil {
		t.Fatal(err)
	}
	der, err := s.Private()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseSigner("key1", der)
	if err != nil || !again.key.Equal(s.key) {
		t.Errorf("%v", err)
	}
}

// AT11, AT12, AT14, CA19: nothing but our own algorithm, type and key.
func FuzzVerifyAccessToken(f *testing.F) {
	s, err := NewSigner("key1")
	if err != nil {
		f.Fatal(err)
	}
	good, err := s.SignAccessToken(claims{"x"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	body := good[strings.IndexByte(good, '.'):strings.LastIndexByte(good, '.')]
	for _, header := range []string{`{"alg":"none"}`, `{"alg":"ES256","crit":["x"]}`} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(header)) + good[strings.IndexByte(good, '.'):])
	}
	der, err := x509.MarshalPKIXPublicKey(s.PublicKey())
	if err != nil {
		f.Fatal(err)
	}
	byKey := hmac.New(sha256.New, der)
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"at+jwt","kid":"key1"}`)) + body
	byKey.Write([]byte(signed))
	f.Add(signed + "." + base64.RawURLEncoding.EncodeToString(byKey.Sum(nil)))
	f.Add(strings.Repeat(".", 100))
	f.Fuzz(func(t *testing.T, token string) {
		var got claims
		err := VerifyAccessToken(token, func(string) (crypto.PublicKey, bool) { return s.PublicKey(), true }, &got)
		// Only the spelling of the last character may differ: base64 has unused bits there.
		if err == nil && (got.Subject != "x" || token[:len(token)-1] != good[:len(good)-1]) {
			t.Errorf("accepted %s", token)
		}
	})
}
