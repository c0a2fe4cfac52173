package resource

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"launchpad/internal/lptest"
)

// issuer is an authorization server that says what a test wants.
type issuer struct {
	*httptest.Server
	t   *testing.T
	now atomic.Int64
	key *ecdsa.PrivateKey

	mu      sync.Mutex
	answers map[string]string
	asked   map[string]int
	keys    int  // how often the key set was fetched
	down    bool // introspection answers 503
	slow    chan struct{}
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, answers: map[string]string{}, asked: map[string]int{}}
	i.now.Store(2_000_000_000_000)
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	down, slow := i.down, i.slow
	i.mu.Unlock()
	switch r.URL.Path {
	case "/oauth/introspect":
		token := r.PostFormValue("token")
		i.mu.Lock()
		i.asked[token]++
		answer := i.answers[token]
		i.mu.Unlock()
		if slow != nil {
			<-slow
		}
		if down {
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, or(answer, `{"active":false}`))
	case "/oauth/jwks":
		i.mu.Lock()
		i.keys++
		i.mu.Unlock()
		set, _ := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
		_, _ = w.Write(set)
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) times(token string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[token]
}

func (i *issuer) says(token, answer string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answers[token] = answer
}

func (i *issuer) wait(d time.Duration) { i.now.Add(d.Milliseconds()) }

const (
	here  = "https://api.example.com/v3"
	other = "https://other.example.com"
)

// api is a verifier that believes to be current, as after a heartbeat.
func (i *issuer) api(change ...func(*Options)) *Verifier {
	i.t.Helper()
	o := Options{Issuer: i.URL, ClientID: "api", ClientSecret: "secret", Resource: here, Scopes: []string{"a", "b", "c"},
		Now: func() time.Time { return time.UnixMilli(i.now.Load()) }}
	for _, c := range change {
		c(&o)
	}
	v, err := New(o)
	if err != nil {
		i.t.Fatal(err)
	}
	v.heard(v.elapsed())
	return v
}

func (i *issuer) active(extra string) string {
	return fmt.Sprintf(`{"active":true,"jti":"t","sub":"p","client_id":"c","iss":%q,"scope":"a","exp":%d,"iat":%d%s}`, i.URL, i.now.Load()/1000+600, i.now.Load()/1000, extra)
}

// jwt signs claims; those that are nil are left out.
func (i *issuer) jwt(typ string, key any, alg jose.SignatureAlgorithm, change map[string]any) string {
	i.t.Helper()
	now := i.now.Load() / 1000
	claims := map[string]any{"iss": i.URL, "sub": "p", "aud": here, "client_id": "c", "exp": now + 600, "iat": now, "jti": "t", "scope": "a"}
	for name, value := range change {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", "k1"))
	if err != nil {
		i.t.Fatal(err)
	}
	payload, _ := json.Marshal(claims)
	signed, err := signer.Sign(payload)
	if err != nil {
		i.t.Fatal(err)
	}
	text, _ := signed.CompactSerialize()
	return text
}

// call sends a request through the middleware.
func call_(v *Verifier, need Need, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	v.Require(need)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", TokenOf(r.Context()).Subject, AccountOf(r.Context()).ID)
	})).ServeHTTP(w, r)
	return w
}

func get(authorization string) *http.Request {
	r := httptest.NewRequest("GET", "http://api.internal/v3/things", http.NoBody)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

func wantStatus(t *testing.T, what string, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("%s: %d %s, want %d", what, w.Code, w.Body, status)
	}
}

// AT01, AT04, AT07: RFC 6750 §3, and where the metadata is (RFC 9728 §5.1).
func TestRFC6750_3_Challenges(t *testing.T) {
	i := newIssuer(t)
	i.says("good", i.active(""))
	v := i.api()
	metadata := `resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/v3"`
	twice := get("Bearer good")
	twice.URL.RawQuery = "access%5ftoken=good"
	two := get("Bearer good")
	two.Header.Add("Authorization", "Bearer good")
	query := get("")
	query.URL.RawQuery = "access_token=good"
	for what, c := range map[string]struct {
		r         *http.Request
		need      Need
		status    int
		challenge string
	}{
		"nothing":          {get(""), Need{Scopes: []string{"a", "b"}}, 401, `Bearer ` + metadata + `, scope="a b"`},
		"Basic":            {get("Basic YTpi"), Need{}, 401, `Bearer ` + metadata},
		"no word":          {get("good"), Need{}, 401, `Bearer ` + metadata},
		"malformed":        {get("Bearer  good"), Need{}, 401, `Bearer ` + metadata + `, error="invalid_token", error_description="The Authorization header must be the word Bearer, one space and the token"`},
		"unknown":          {get("Bearer unknown"), Need{Scopes: []string{"b"}}, 401, `Bearer ` + metadata + `, error="invalid_token", error_description="The access token is unknown, expired, revoked, or not for this API", scope="b"`},
		"in the query":     {query, Need{}, 401, `Bearer ` + metadata + `, error="invalid_token", error_description="The token came in the address, where this API takes none; send it in the Authorization header"`},
		"header and query": {twice, Need{}, 400, ""},
		"two headers":      {two, Need{}, 400, ""},
		"two scopes short": {get("Bearer good"), Need{Scopes: []string{"b", "c"}}, 403, `Bearer ` + metadata + `, error="insufficient_scope", error_description="The operation needs scopes that the token does not have", scope="a b c"`},
		"good":             {get("bearer good"), Need{Scopes: []string{"a"}}, 200, ""},
	} {
		w := call_(v, c.need, c.r)
		wantStatus(t, what, w, c.status)
		if got := strings.Join(w.Header()["Www-Authenticate"], "\n"); got != c.challenge {
			t.Errorf("%s: challenge\n%s\nwant\n%s", what, got, c.challenge)
		}
	}
	both := i.api(func(o *Options) { o.DPoP = true })
	if got := call_(both, Need{}, get("")).Header()["Www-Authenticate"]; len(got) != 2 || got[1] != `DPoP algs="ES256 EdDSA"` {
		t.Errorf("challenges %q", got)
	}
}

// RFC 9470 §3.
func TestRFC9470_3_StepUp(t *testing.T) {
	i := newIssuer(t)
	i.says("plain", i.active(""))
	i.says("old", i.active(fmt.Sprintf(`,"acr":"mfa","auth_time":%d`, i.now.Load()/1000-301)))
	i.says("new", i.active(fmt.Sprintf(`,"acr":"mfa","auth_time":%d`, i.now.Load()/1000-299)))
	v, need := i.api(), Need{ACR: []string{"phr", "mfa"}, MaxAge: 5 * time.Minute}
	for token, status := range map[string]int{"plain": 401, "old": 401, "new": 200} {
		w := call_(v, need, get("Bearer "+token))
		wantStatus(t, token, w, status)
		if got := w.Header().Get("WWW-Authenticate"); status == 401 && !strings.Contains(got, `error="insufficient_user_authentication"`) || status == 401 && !strings.HasSuffix(got, `acr_values="phr mfa", max_age="300"`) {
			t.Errorf("%s: %s", token, got)
		}
	}
}

// AT06, AT08, AT09, AT11, AT12, AT13, AT14, AT15, AT16: RFC 9068 §4, RFC 8725 §3.
func TestRFC9068_4_WhatIsNoAccessToken(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	now := i.now.Load() / 1000
	good := i.jwt("at+jwt", i.key, jose.ES256, nil)
	public, err := jose.JSONWebKey{Key: i.key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, "good", call_(v, Need{}, get("Bearer "+good)), 200)
	none := lptest.ForgedJWTs(t, good, public)
	for what, token := range map[string]string{
		"an ID token":              i.jwt("JWT", i.key, jose.ES256, nil),
		"a logout token":           i.jwt("logout+jwt", i.key, jose.ES256, nil),
		"an introspection answer":  i.jwt("token-introspection+jwt", i.key, jose.ES256, nil),
		"another issuer":           i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"iss": other}),
		"another audience":         i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"aud": []string{other}}),
		"no audience":              i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"aud": nil}),
		"expired":                  i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"exp": now}),
		"without end":              i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"exp": nil}),
		"from the future":          i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"iat": now + 120}),
		"not yet":                  i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"nbf": now + 120}),
		"an end beyond all bounds": i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"exp": int64(1) << 60}),
		"no jti":                   i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"jti": nil}),
	} {
		none[what] = token
	}
	for what, token := range none {
		if isJWT(token) {
			i.says(token, i.active("")) // the server would take it: it is not asked; about what else has dots it is, and knows it not
		}
		if w := call_(v, Need{}, get("Bearer "+token)); w.Code != 401 || !strings.Contains(w.Header().Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %d %s", what, w.Code, w.Header())
		}
	}
	i.says("sealed", i.active(`,"aud":["`+other+`"]`))
	wantStatus(t, "a sealed token for another API", call_(v, Need{}, get("Bearer sealed")), 401)
	i.says("sealed here", i.active(`,"aud":"`+here+`"`))
	wantStatus(t, "a sealed token for this API", call_(v, Need{}, get("Bearer sealed here")), 401)
	i.says("sealed-here", i.active(`,"aud":"`+here+`"`))
	wantStatus(t, "a sealed token for this API", call_(v, Need{}, get("Bearer sealed-here")), 200)

	// AT09: nor after the server was asked about it.
	wrong := i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"aud": other, "lp_app": "app"})
	i.says(wrong, i.active(""))
	v.see(notice{Type: "changed", Of: "app", ID: "app"}, v.elapsed())
	i.wait(time.Minute)
	v.heard(v.elapsed())
	for range 2 {
		wantStatus(t, "another audience, asked about", call_(v, Need{}, get("Bearer "+wrong)), 401)
	}
}

// RFC 9068 §4: an unknown kid costs one fetch of the keys, however many come.
func TestUnknownKeysAreFetchedOnce(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	wantStatus(t, "good", call_(v, Need{}, get("Bearer "+i.jwt("at+jwt", i.key, jose.ES256, nil))), 200)
	i.wait(keysPause + time.Millisecond)
	v.heard(v.elapsed())
	for n := range 50 {
		parts := strings.Split(i.jwt("at+jwt", i.key, jose.ES256, nil), ".")
		parts[0] = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"ES256","typ":"at+jwt","kid":"u%d"}`, n))
		wantStatus(t, "unknown kid", call_(v, Need{}, get("Bearer "+strings.Join(parts, "."))), 401)
	}
	if i.keys != 2 {
		t.Errorf("the keys were fetched %d times, want 2", i.keys)
	}
}

// AT19, AT20, AT21, AT22: what is kept, for how long, and for whom.
func TestAnswersAreKeptWithinBounds(t *testing.T) {
	i := newIssuer(t)
	v := i.api(func(o *Options) { o.CacheBytes = 40_000 })
	want := func(what, token string, need Need, status, asked int) {
		t.Helper()
		v.heard(v.elapsed())
		wantStatus(t, what, call_(v, need, get("Bearer "+token)), status)
		if got := i.times(token); got != asked {
			t.Errorf("%s: asked %d times, want %d", what, got, asked)
		}
	}
	i.says("good", i.active(""))
	want("first", "good", Need{}, 200, 1)
	want("again", "good", Need{}, 200, 1)
	want("AT19: another scope", "good", Need{Scopes: []string{"b"}}, 403, 1)
	i.wait(time.Minute)
	want("after MaxAge", "good", Need{}, 200, 2)
	i.says("short", fmt.Sprintf(`{"active":true,"jti":"s","sub":"p","client_id":"c","exp":%d}`, i.now.Load()/1000+10))
	want("short", "short", Need{}, 200, 1)
	i.wait(10 * time.Second)
	i.says("short", `{"active":false}`)
	want("AT21: after its end", "short", Need{}, 401, 2)
	want("it is remembered that it is none", "short", Need{}, 401, 2)
	want("good", "good", Need{}, 200, 2)
	for n := range 1000 {
		call_(v, Need{}, get(fmt.Sprintf("Bearer random%d", n)))
	}
	want("AT22: after a flood of strings that are none", "good", Need{}, 200, 2)
	if v.bad.bytes > 10_000 || len(v.bad.entries) != v.bad.order.Len() {
		t.Errorf("%d bytes of bad strings", v.bad.bytes)
	}
	for n := range 200 {
		i.says(fmt.Sprintf("other%d", n), i.active(""))
		call_(v, Need{}, get(fmt.Sprintf("Bearer other%d", n)))
	}
	if v.known.bytes > 40_000 || len(v.known.entries) < 10 {
		t.Errorf("%d bytes in %d entries", v.known.bytes, len(v.known.entries))
	}
	// AT20: callers with the same token share one question, others do not.
	i.slow = make(chan struct{})
	i.says("same", i.active(""))
	i.says("another", strings.Replace(i.active(""), `"sub":"p"`, `"sub":"q"`, 1))
	var all sync.WaitGroup
	for n := range 20 {
		token, who := []string{"same", "another"}[n%2], []string{"p ", "q "}[n%2]
		all.Go(func() {
			if w := call_(v, Need{}, get("Bearer "+token)); w.Body.String() != who {
				t.Errorf("%s: %d %q, want %q", token, w.Code, w.Body, who)
			}
		})
	}
	close(i.slow)
	all.Wait()
}

// AT18: what the feed names is refused or asked about again, whatever is remembered.
func TestWhatTheFeedSaysIsObeyed(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	extra := `,"lp_app":"app","lp_authorization":{"id":"family","grant":"grant"},"launchpad_accounts":["acc"],"launchpad_account_slugs":{"acc":"bakery"}`
	jwt := i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"lp_app": "app", "lp_authorization": map[string]string{"id": "family", "grant": "grant"}, "lp_reach": map[string]any{"accounts": []string{"acc"}}})
	for of, id := range map[string]string{"token": "t", "authorization": "family", "grant": "grant", "subject": "p", "app": "app", "account": "acc", "everything": ""} {
		for _, token := range []string{"sealed", jwt} {
			v := i.api()
			i.says(token, i.active(extra))
			asked := func() int { return i.times(token) }
			before := asked()
			wantStatus(t, of, call_(v, Need{}, get("Bearer "+token)), 200)
			v.see(notice{Type: "changed", Of: of, ID: id}, v.elapsed())
			known := asked()
			wantStatus(t, of+" changed", call_(v, Need{}, get("Bearer "+token)), 200)
			if asked() != known+1 {
				t.Errorf("%s changed: the server was asked %d times", of, asked()-before)
			}
			// Another node may not know yet, so an answer of the first moments is not kept.
			wantStatus(t, of+" changed", call_(v, Need{}, get("Bearer "+token)), 200)
			i.wait(settle + time.Millisecond)
			v.heard(v.elapsed())
			known = asked()
			for range 3 {
				wantStatus(t, of+" changed", call_(v, Need{}, get("Bearer "+token)), 200)
			}
			if asked() != known+1 {
				t.Errorf("%s changed a while ago: asked %d times, want once", of, asked()-known)
			}
			if of == "everything" {
				continue
			}
			v.see(notice{Type: "revoked", Of: of, ID: id}, v.elapsed())
			wantStatus(t, of+" revoked", call_(v, Need{}, get("Bearer "+token)), 401)
		}
	}
	_ = v
}

// AT18: without news for the bound nothing is decided from memory.
func TestWithoutNewsTheServerIsAsked(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	jwt := i.jwt("at+jwt", i.key, jose.ES256, nil)
	for _, token := range []string{"sealed", jwt} {
		i.says(token, i.active(""))
		wantStatus(t, "current", call_(v, Need{}, get("Bearer "+token)), 200)
	}
	i.wait(DefaultBound - time.Millisecond)
	asked := i.times("sealed") + i.times(jwt)
	wantStatus(t, "within the bound", call_(v, Need{}, get("Bearer sealed")), 200)
	if i.times("sealed")+i.times(jwt) != asked {
		t.Error("the server was asked within the bound")
	}
	i.wait(time.Millisecond)
	if v.Current() {
		t.Error("it takes itself for current")
	}
	for n, token := range []string{"sealed", jwt} {
		wantStatus(t, "beyond the bound", call_(v, Need{}, get("Bearer "+token)), 200)
		i.says(token, `{"active":false}`)
		wantStatus(t, "revoked meanwhile", call_(v, Need{}, get("Bearer "+token)), 401)
		_ = n
	}
	i.says("another", i.active(""))
	i.mu.Lock()
	i.down = true
	i.mu.Unlock()
	for _, token := range []string{"another", i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"jti": "u"})} {
		w := call_(v, Need{}, get("Bearer "+token))
		wantStatus(t, "and the server is away", w, 503)
		if w.Header().Get("Retry-After") == "" || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("headers %v", w.Header())
		}
	}
}

// AT10: a call is about an account that the token reaches, or about none.
func TestWhichAccountACallMeans(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	one := `,"launchpad_accounts":["1-1"],"launchpad_account_slugs":{"1-1":"bakery"}`
	two := `,"launchpad_accounts":["1-1","2-2"],"launchpad_account_slugs":{"1-1":"bakery","2-2":"cinema"}`
	i.says("one", i.active(one))
	i.says("two", i.active(two))
	i.says("default", i.active(two+`,"launchpad_default_account":"2-2"`))
	i.says("none", i.active(""))
	chosen := i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"lp_reach": map[string]any{"accounts": []string{"1-1"}}})
	all := i.jwt("at+jwt", i.key, jose.ES256, map[string]any{"jti": "all", "lp_reach": map[string]any{"all": true}})
	i.says(chosen, i.active(one))
	i.says(all, i.active(two+`,"launchpad_all_accounts":true`))
	for _, c := range []struct {
		token, named string
		status       int
		account      string
	}{
		{"one", "", 200, "1-1"}, {"one", "bakery", 200, "1-1"}, {"one", "1-1", 200, "1-1"}, {"one", "cinema", 403, ""}, {"one", "2-2", 403, ""},
		{"two", "", 400, ""}, {"two", "cinema", 200, "2-2"}, {"default", "", 200, "2-2"}, {"default", "bakery", 200, "1-1"}, {"none", "", 403, ""}, {"none", "bakery", 403, ""},
		{chosen, "1-1", 200, "1-1"}, {chosen, "bakery", 200, "1-1"}, {chosen, "2-2", 403, ""}, {chosen, "", 200, "1-1"},
		{all, "cinema", 200, "2-2"}, {all, "3-3", 403, ""}, {all, "", 400, ""},
	} {
		r := get("Bearer " + c.token)
		if c.named != "" {
			r.Header.Set(AccountHeader, c.named)
		}
		w := call_(v, Need{Account: true}, r)
		if w.Code != c.status || c.status == 200 && w.Body.String() != "p "+c.account {
			t.Errorf("%.20s for %q: %d %s, want %d %s", c.token, c.named, w.Code, w.Body, c.status, c.account)
		}
	}
}

// RFC 9449 §4.3, §7.1: a bound token needs a proof of this very request.
func TestRFC9449_4_3_Proofs(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	public := jose.JSONWebKey{Key: key.Public()}
	print, _ := public.Thumbprint(crypto.SHA256)
	i.says("bound", i.active(`,"cnf":{"jkt":"`+base64.RawURLEncoding.EncodeToString(print)+`"}`))
	i.says("free", i.active(""))
	i.says("odd", i.active(`,"cnf":{"kid":"x"}`))
	number := 0
	proof := func(change map[string]any, signWith *ecdsa.PrivateKey, typ string) string {
		number++
		ath := sha256.Sum256([]byte("bound"))
		claims := map[string]any{"jti": fmt.Sprint(number), "htm": "GET", "htu": "https://API.example.com:443/v3/things", "iat": i.now.Load() / 1000, "ath": base64.RawURLEncoding.EncodeToString(ath[:])}
		for name, value := range change {
			claims[name] = value
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: signWith}, (&jose.SignerOptions{EmbedJWK: true}).WithType(jose.ContentType(typ)))
		if err != nil {
			t.Fatal(err)
		}
		payload, _ := json.Marshal(claims)
		signed, _ := signer.Sign(payload)
		text, _ := signed.CompactSerialize()
		return text
	}
	good := proof(nil, key, "dpop+jwt")
	stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	now := i.now.Load() / 1000
	for _, c := range []struct {
		what, authorization string
		proofs              []string
		status              int
		code                string
	}{
		{"good", "DPoP bound", []string{good}, 200, ""},
		{"replayed", "DPoP bound", []string{good}, 401, "invalid_dpop_proof"},
		{"no proof", "DPoP bound", nil, 401, "invalid_dpop_proof"},
		{"two proofs", "DPoP bound", []string{proof(nil, key, "dpop+jwt"), proof(nil, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"as a bearer", "Bearer bound", []string{proof(nil, key, "dpop+jwt")}, 401, "invalid_token"},
		{"a free token with a proof", "DPoP free", []string{proof(nil, key, "dpop+jwt")}, 401, "invalid_token"},
		{"bound in another way", "Bearer odd", nil, 401, "invalid_token"},
		{"another key", "DPoP bound", []string{proof(nil, stranger, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"another type", "DPoP bound", []string{proof(nil, key, "JWT")}, 401, "invalid_dpop_proof"},
		{"another method", "DPoP bound", []string{proof(map[string]any{"htm": "POST"}, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"another address", "DPoP bound", []string{proof(map[string]any{"htu": "https://api.example.com/v3/other"}, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"another token", "DPoP bound", []string{proof(map[string]any{"ath": "x"}, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"too old", "DPoP bound", []string{proof(map[string]any{"iat": now - 61}, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"too new", "DPoP bound", []string{proof(map[string]any{"iat": now + 11}, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"no jti", "DPoP bound", []string{proof(map[string]any{"jti": ""}, key, "dpop+jwt")}, 401, "invalid_dpop_proof"},
		{"garbage", "DPoP bound", []string{"x"}, 401, "invalid_dpop_proof"},
		{"good again", "dpop bound", []string{proof(nil, key, "dpop+jwt")}, 200, ""},
	} {
		r := get(c.authorization)
		r.Header["Dpop"] = c.proofs
		w := call_(v, Need{}, r)
		wantStatus(t, c.what, w, c.status)
		if challenge := w.Header().Get("WWW-Authenticate"); c.code != "" && !strings.Contains(challenge, `error="`+c.code+`"`) {
			t.Errorf("%s: %s", c.what, challenge)
		}
	}
}

// RFC 8705 §3: a token that is bound to a certificate comes with it.
func TestRFC8705_3_Certificates(t *testing.T) {
	i := newIssuer(t)
	raw := []byte("a certificate")
	sum := sha256.Sum256(raw)
	i.says("bound", i.active(`,"cnf":{"x5t#S256":"`+base64.RawURLEncoding.EncodeToString(sum[:])+`"}`))
	for what, c := range map[string]struct {
		certificate *x509.Certificate
		status      int
	}{"right": {&x509.Certificate{Raw: raw}, 200}, "none": {nil, 401}, "another": {&x509.Certificate{Raw: []byte("x")}, 401}} {
		v := i.api(func(o *Options) { o.Certificate = func(*http.Request) *x509.Certificate { return c.certificate } })
		wantStatus(t, what, call_(v, Need{}, get("Bearer bound")), c.status)
	}
}

// RFC 9728 §2, §3.1.
func TestRFC9728_3_1_Metadata(t *testing.T) {
	i := newIssuer(t)
	v := i.api()
	w := httptest.NewRecorder()
	v.Metadata().ServeHTTP(w, get(""))
	want := `{"resource":"https://api.example.com/v3","authorization_servers":["` + i.URL + `"],"scopes_supported":["a","b","c"],"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":["ES256","EdDSA"]}`
	if w.Body.String() != want || v.MetadataPath() != "/.well-known/oauth-protected-resource/v3" {
		t.Errorf("%s\n%s", v.MetadataPath(), w.Body)
	}
	for _, address := range []string{"https://api.example.com", "https://api.example.com/"} {
		root := i.api(func(o *Options) { o.Resource = address })
		if root.MetadataPath() != "/.well-known/oauth-protected-resource" {
			t.Errorf("%s: %s", address, root.MetadataPath())
		}
	}
}

// RFC 8707 §2: what an API is called.
func TestOptionsThatCannotBe(t *testing.T) {
	for what, o := range map[string]Options{
		"no issuer": {Resource: here}, "a slash": {Issuer: "https://id.example.com/", Resource: here}, "no resource": {Issuer: other},
		"a fragment": {Issuer: other, Resource: here + "#x"}, "half a client": {Issuer: other, Resource: here, ClientID: "x"}, "two scopes in one": {Issuer: other, Resource: here, Scopes: []string{"a b"}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func FuzzMessages(f *testing.F) {
	for _, seed := range []string{"", "data: x\n\n", "id: 1\nevent: revoked\ndata: {}\n\n", "\ufeffdata:x\r\n\r\n", "data: a\rdata: b\r\r", ": comment\n\n", "id: \x00\n\ndata: x", "retry: 1\n\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		total := 0
		err := messages(strings.NewReader(stream), func() {}, func(m message) error {
			total += len(m.data)
			if strings.ContainsAny(m.name+m.id, "\r\n\x00") && !strings.Contains(m.name, "\x00") || strings.Contains(m.data, "\r") {
				t.Errorf("%q has a line end in it", m)
			}
			return nil
		})
		if total > len(stream) {
			t.Errorf("%d bytes of data from %d: %v", total, len(stream), err)
		}
	})
}

func FuzzProofHeader(f *testing.F) {
	i := &issuer{}
	v, err := New(Options{Issuer: other, ClientID: "a", ClientSecret: "b", Resource: here, Now: func() time.Time { return time.UnixMilli(i.now.Load()) }})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7fX0.e30.AA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, proof string) {
		r := get("")
		r.Header["Dpop"] = []string{proof}
		if v.proved(r, "token", "a thumbprint that no key has") == nil {
			t.Errorf("%q proves something", proof)
		}
	})
}

func FuzzChallenge(f *testing.F) {
	v, err := New(Options{Issuer: other, Resource: here})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", `a"b`, `a\`, "a\r\nSet-Cookie: x", "ä\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		challenge := v.challenges(Need{Scopes: []string{text}}, &refusal{status: 401, code: "invalid_token", description: text})[0]
		if strings.ContainsFunc(challenge, func(c rune) bool { return c < 0x20 || c > 0x7e }) {
			t.Errorf("%q", challenge)
		}
		plain := strings.NewReplacer(`\\`, "", `\"`, "").Replace(challenge)
		if strings.Count(plain, `"`)%2 != 0 {
			t.Errorf("a quote is open: %q", challenge)
		}
	})
}

func FuzzPresented(f *testing.F) {
	for _, seed := range [][2]string{{"Bearer x", ""}, {"DPoP x", "a=b"}, {"", "access_token=x"}, {"Bearer", "access%5ftoken"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, header, query string) {
		r := &http.Request{Header: http.Header{}, URL: &url.URL{RawQuery: query}}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		p, refused := present(r)
		if refused == nil && (p.token == "" || !strings.HasSuffix(header, p.token)) {
			t.Errorf("%q and %q present %q", header, query, p.token)
		}
	})
}

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	for begun := time.Now(); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
