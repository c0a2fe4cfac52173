package lptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"launchpad/internal/secret"
)

// ForgedJWTs are what an attacker makes of a good access token and of the public key that it is signed with, as a JWK (AT11 to AT16).
// None of them may pass, wherever tokens are verified.
func ForgedJWTs(t testing.TB, good string, jwk []byte) map[string]string {
	t.Helper()
	f := forger{t: t, jwk: jwk, key: publicKey(t, jwk)}
	parts := strings.Split(good, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", good)
	}
	f.head, f.claims, f.signature = parts[0], parts[1], parts[2]
	if err := json.Unmarshal(f.bytes(f.head), &f.header); err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for _, more := range []map[string]string{f.algorithms(), f.signatures(), f.headers(), f.kids(), f.encrypted(), f.large()} {
		for name, token := range more {
			list[name] = token
		}
	}
	return list
}

// forger has the parts of a good token.
type forger struct {
	t                       testing.TB
	jwk                     []byte
	key                     *ecdsa.PublicKey
	head, claims, signature string
	header                  map[string]any
}

func publicKey(t testing.TB, jwk []byte) *ecdsa.PublicKey {
	t.Helper()
	var members struct{ X, Y string }
	if err := json.Unmarshal(jwk, &members); err != nil {
		t.Fatal(err)
	}
	point := []byte{4} // uncompressed
	for _, text := range []string{members.X, members.Y} {
		number, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		point = append(point, number...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func encoded[T string | []byte](text T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func (f forger) bytes(text string) []byte {
	f.t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// with is the good header with some members changed; those that are nil are left out.
func (f forger) with(change map[string]any) string {
	members := map[string]any{}
	for name, value := range f.header {
		members[name] = value
	}
	for name, value := range change {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		f.t.Fatal(err)
	}
	return encoded(text)
}

// under puts a header in front of the good claims and the good signature.
func (f forger) under(header string) string { return header + "." + f.claims + "." + f.signature }

// algorithms: RFC 8725 §3.1: only the one that we chose, whatever the header says.
func (f forger) algorithms() map[string]string {
	list := map[string]string{}
	for _, none := range []string{"none", "None", "NONE", "nOnE", ""} {
		header := f.with(map[string]any{"alg": none})
		list["alg "+none] = f.under(header)
		list["alg "+none+", no signature"] = header + "." + f.claims + "."
	}
	der, err := x509.MarshalPKIXPublicKey(f.key)
	if err != nil {
		f.t.Fatal(err)
	}
	point, err := f.key.Bytes()
	if err != nil {
		f.t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for name, password := range map[string][]byte{
		"PEM": text, "PEM without its last line end": []byte(strings.TrimSpace(string(text))), "DER": der, "JWK": f.jwk, "point": point, "nothing": {},
	} {
		header := f.with(map[string]any{"alg": "HS256"})
		mac := hmac.New(sha256.New, password)
		mac.Write([]byte(header + "." + f.claims))
		list["HS256 with the public key as "+name] = header + "." + f.claims + "." + encoded(mac.Sum(nil))
	}
	for _, other := range []string{"ES384", "ES512", "RS256", "PS256", "EdDSA", "es256", "HS256"} {
		list["alg "+other+" over an ES256 signature"] = f.under(f.with(map[string]any{"alg": other}))
	}
	list["no alg"] = f.under(f.with(map[string]any{"alg": nil}))
	list["alg is a list"] = f.under(f.with(map[string]any{"alg": []string{"ES256", "none"}}))
	return list
}

// signatures: RFC 7518 §3.4: R and S, 32 bytes each, over P-256.
func (f forger) signatures() map[string]string {
	raw := f.bytes(f.signature)
	r, s, n := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]), elliptic.P256().Params().N
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		f.t.Fatal(err)
	}
	fixed := func(r, s *big.Int) []byte {
		out := make([]byte, 64)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return out
	}
	zero, over := new(big.Int), new(big.Int).Add(n, big.NewInt(1))
	list := map[string]string{}
	for name, signature := range map[string][]byte{
		"as DER": der, "empty": {}, "half": raw[:32], "a byte short": raw[:63], "a byte long": append(append([]byte{}, raw...), 0), "twice": append(append([]byte{}, raw...), raw...),
		"r and s are 0": fixed(zero, zero), "r is 0": fixed(zero, s), "s is 0": fixed(r, zero), "r is n": fixed(n, s), "s is n": fixed(r, n), "r and s are beyond n": fixed(over, over),
		"r and s swapped": fixed(s, r), "on P-384": f.strange(elliptic.P384(), f.head), "of a stranger": f.strange(elliptic.P256(), f.head),
	} {
		list["signature "+name] = f.head + "." + f.claims + "." + encoded(signature)
	}
	es384 := f.with(map[string]any{"alg": "ES384"})
	list["signature of ES384"] = es384 + "." + f.claims + "." + encoded(f.strange(elliptic.P384(), es384))
	list["no signature"] = f.head + "." + f.claims
	list["other claims"] = f.head + "." + encoded(`{"sub":"somebody"}`) + "." + f.signature
	list["no claims"] = f.head + ".." + f.signature
	return list
}

// strange signs with a key of the attacker's.
func (f forger) strange(curve elliptic.Curve, header string) []byte {
	key, err := ecdsa.GenerateKey(curve, secret.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.signedBy(key, header)
}

func (f forger) signedBy(key *ecdsa.PrivateKey, header string) []byte {
	signed := []byte(header + "." + f.claims)
	sum, hash := sha256.Sum256(signed), crypto.SHA256
	digest := sum[:]
	if key.Curve != elliptic.P256() {
		long := sha512.Sum384(signed)
		digest, hash = long[:], crypto.SHA384
	}
	der, err := key.Sign(nil, digest, hash)
	if err != nil {
		f.t.Fatal(err)
	}
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &numbers); err != nil {
		f.t.Fatal(err)
	}
	size := (key.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	numbers.R.FillBytes(out[:size])
	numbers.S.FillBytes(out[size:])
	return out
}

// headers: RFC 7515 §4.1.11: what is critical and unknown is refused; and RFC 8725 §3.10: no key is taken from where the token says.
func (f forger) headers() map[string]string {
	list := map[string]string{}
	for name, change := range map[string]map[string]any{
		"crit with an unknown name":  {"crit": []string{"x"}, "x": 1},
		"crit that is empty":         {"crit": []string{}},
		"crit that is a text":        {"crit": "x"},
		"crit that lists alg":        {"crit": []string{"alg"}},
		"b64 false":                  {"crit": []string{"b64"}, "b64": false},
		"b64 false, not critical":    {"b64": false},
		"zip":                        {"zip": "DEF"},
		"p2c":                        {"alg": "PBES2-HS256+A128KW", "p2c": 1<<31 - 1, "p2s": encoded("salt")},
		"typ JWT":                    {"typ": "JWT"},
		"typ of a logout token":      {"typ": "logout+jwt"},
		"typ of a client assertion":  {"typ": "client-authentication+jwt"},
		"typ of our statements":      {"typ": "launchpad-assertion+jwt"},
		"typ of an answer about one": {"typ": "token-introspection+jwt"},
		"typ of a security event":    {"typ": "secevent+jwt"},
		"no typ":                     {"typ": nil},
	} {
		list[name] = f.under(f.with(change))
	}
	for name, header := range map[string]string{
		"alg twice, none first": `{"alg":"none","alg":"ES256","typ":"at+jwt"}`, "alg twice, none last": `{"alg":"ES256","alg":"none","typ":"at+jwt"}`, "alg twice, in capitals": `{"alg":"ES256","ALG":"none","typ":"at+jwt"}`,
		"a list for a header": `["ES256"]`, "no JSON for a header": `ES256`, "two headers": `{"alg":"ES256"}{"alg":"none"}`, "nothing for a header": ``,
	} {
		list[name] = f.under(encoded(header))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), secret.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		f.t.Fatal(err)
	}
	own := map[string]any{"kty": "EC", "crv": "P-256", "x": encoded(point[1:33]), "y": encoded(point[33:])}
	for name, change := range map[string]map[string]any{
		"its own key": {"jwk": own}, "its own key alone": {"jwk": own, "kid": nil}, "its own key set": {"jku": "https://attacker.example/jwks"}, "its own certificate": {"x5u": "https://attacker.example/c", "x5c": []string{"MA=="}},
	} {
		header := f.with(change)
		list[name] = header + "." + f.claims + "." + encoded(f.signedBy(key, header))
	}
	return list
}

// kids: a kid is the name of a key of ours, never a path, a query or an address.
func (f forger) kids() map[string]string {
	list := map[string]string{}
	for name, kid := range map[string]any{
		"empty": "", "none": nil, "a path": "../../../../dev/null", "a query": "x' UNION SELECT 'key", "an address": "https://attacker.example/key", "a number": 1, "a list": []string{"a"}, "long": strings.Repeat("k", 10_000), "with a NUL": "key1\x00",
	} {
		header := f.with(map[string]any{"kid": kid})
		list["kid "+name] = header + "." + f.claims + "." + encoded(f.strange(elliptic.P256(), header))
	}
	return list
}

// encrypted: a JWE where a JWS belongs.
func (f forger) encrypted() map[string]string {
	list := map[string]string{}
	for name, header := range map[string]string{
		"RSA-OAEP": `{"alg":"RSA-OAEP","enc":"A256GCM"}`, "dir": `{"alg":"dir","enc":"A128GCM","cty":"JWT"}`, "compressed": `{"alg":"dir","enc":"A128GCM","zip":"DEF"}`,
		"PBES2": `{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"c2FsdA"}`,
	} {
		list["JWE "+name+", five parts"] = encoded(header) + ".a.b.c.d"
		list["JWE "+name+", three parts"] = encoded(header) + ".a.b"
	}
	return list
}

// large is what costs most to take apart.
func (f forger) large() map[string]string {
	nested := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) }
	return map[string]string{
		"100,000 dots":              strings.Repeat(".", 100_000),
		"a header of 1 MB":          f.under(encoded(`{"alg":"ES256","x":"` + strings.Repeat("a", 1<<20) + `"}`)),
		"claims of 1 MB":            f.head + "." + encoded(`{"x":"`+strings.Repeat("a", 1<<20)+`"}`) + "." + f.signature,
		"a header that is 50 deep":  f.under(encoded(`{"alg":"ES256","typ":"at+jwt","x":` + nested(50) + `}`)),
		"claims that are 50 deep":   f.head + "." + encoded(nested(50)) + "." + f.signature,
		"claims that are 2000 deep": f.head + "." + encoded(nested(2000)) + "." + f.signature,
		"lists that are 9000 deep":  f.head + "." + encoded(strings.Repeat("[", 9000)) + "." + f.signature,
		"claims that come twice":    f.head + "." + encoded(`{"sub":"a","sub":"b"}`) + "." + f.signature,
	}
}
