package jose_test

import (
	"crypto"
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"launchpad/internal/jose"
	"launchpad/internal/lptest"
)

// What a token that is none may cost, whatever it says. It is the least of a few tries, since others use the machine as well.
const (
	mostTime  = 10 * time.Millisecond
	mostBytes = 1 << 20
)

// AT11, AT12, AT13, AT14, AT15, AT16, CA19: nothing passes but our own algorithm, type and key, and what does not pass costs little.
func TestForgedTokensAreRefusedAtOnce(t *testing.T) {
	s, find := signer(t)
	public, err := s.Public()
	if err != nil {
		t.Fatal(err)
	}
	good, err := s.SignAccessToken(map[string]string{"sub": "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := jose.VerifyAccessToken(good, find, &claims{}); err != nil {
		t.Fatal(err)
	}
	for name, token := range lptest.ForgedJWTs(t, good, public) {
		took, bytes := cost(func() {
			if jose.VerifyAccessToken(token, find, &claims{}) == nil {
				t.Errorf("%s: accepted", name)
			}
		})
		if took > mostTime || bytes > mostBytes {
			t.Errorf("%s: %s and %d bytes, want at most %s and %d", name, took, bytes, mostTime, mostBytes)
		}
	}
}

// AT15: two readers of a claim that comes twice may each take another one, so such a token is none, also if we signed it.
func TestClaimsThatComeTwice(t *testing.T) {
	s, find := signer(t)
	for _, text := range []string{`{"sub":"a","sub":"b"}`, `{"sub":"a","other":1,"sub":"a"}`, `{"sub":"a","inner":{"x":1,"x":2}}`} {
		token, err := s.SignAccessToken(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		var got claims
		if err := jose.VerifyAccessToken(token, find, &got); err == nil {
			t.Errorf("%s is taken for %+v", text, got)
		}
	}
	// Names are told apart letter by letter. RFC 7519 §4.
	token, err := s.SignAccessToken(json.RawMessage(`{"sub":"a","SUB":"b","Sub":"c"}`))
	if err != nil {
		t.Fatal(err)
	}
	var got claims
	if err := jose.VerifyAccessToken(token, find, &got); err != nil || got.Subject != "a" {
		t.Errorf("%+v %v, want the claim sub", got, err)
	}
}

type claims struct {
	Subject string `json:"sub"`
	Inner   struct {
		X int `json:"x"`
	} `json:"inner"`
}

func signer(t *testing.T) (*jose.Signer, func(string) (crypto.PublicKey, bool)) {
	t.Helper()
	s, err := jose.NewSigner("key1")
	if err != nil {
		t.Fatal(err)
	}
	return s, func(kid string) (crypto.PublicKey, bool) { return s.PublicKey(), kid == "key1" }
}

// cost is the least that a call takes.
func cost(call func()) (took time.Duration, bytes uint64) {
	took, bytes = time.Hour, 1<<60
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		watch := time.Now()
		call()
		took = min(took, time.Since(watch))
		runtime.ReadMemStats(&after)
		bytes = min(bytes, after.TotalAlloc-before.TotalAlloc)
	}
	return took, bytes
}
