package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
	strict "github.com/go-jose/go-jose/v4/json"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"launchpad/internal/secret"
)

// ES256 is the default signature algorithm. RFC 7518 §3.4.
const ES256 = string(jose.ES256)

// TypeAccessToken is the typ of JWT access tokens, which no other JWT of ours carries. RFC 9068 §2.1.
const TypeAccessToken = "at+jwt"

// TypeAssertion is the typ of what we state to upstreams about a call.
const TypeAssertion = "launchpad-assertion+jwt"

// Signer signs with one private key.
type Signer struct {
	id  string
	key *ecdsa.PrivateKey

	accessHeader, assertionHeader string // encoded
}

// NewSigner makes an ES256 key.
func NewSigner(id string) (*Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), secret.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return signer(id, key), nil
}

// ParseSigner reads what Private wrote.
func ParseSigner(id string, der []byte) (*Signer, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse signing key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("parse signing key: not P-256")
	}
	return signer(id, key), nil
}

func signer(id string, key *ecdsa.PrivateKey) *Signer {
	return &Signer{id: id, key: key, accessHeader: header(id, TypeAccessToken), assertionHeader: header(id, TypeAssertion)}
}

func header(id, typ string) string {
	text, _ := json.Marshal(map[string]string{"alg": ES256, "kid": id, "typ": typ}) // strings cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

// ID is the kid.
func (s *Signer) ID() string { return s.id }

// Private gives PKCS #8 for storage under seal.
func (s *Signer) Private() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(s.key) }

// Public gives the JWK with public members only.
func (s *Signer) Public() (json.RawMessage, error) {
	return json.Marshal(jose.JSONWebKey{Key: s.key.Public(), KeyID: s.id, Algorithm: ES256, Use: "sig"})
}

// SignAccessToken signs claims as a compact JWT of type at+jwt.
func (s *Signer) SignAccessToken(claims any) (string, error) { return s.sign(s.accessHeader, claims) }

// SignAssertion signs claims as one of the type that upstreams get, which is never taken for an access token.
func (s *Signer) SignAssertion(claims any) (string, error) { return s.sign(s.assertionHeader, claims) }

// sign writes here and leaves only verifying to the library, which spends half of a signature's time again on taking the
// header apart and putting it together.
func (s *Signer) sign(header string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	// RFC 7515 §5.1: BASE64URL(header) . BASE64URL(payload) . BASE64URL(signature).
	encoding := base64.RawURLEncoding
	token := make([]byte, 0, len(header)+encoding.EncodedLen(len(payload))+encoding.EncodedLen(signatureSize)+2)
	token = append(append(token, header...), '.')
	token = encoding.AppendEncode(token, payload)
	digest := sha256.Sum256(token)
	// No randomness makes it RFC 6979: no nonce that a weak source could repeat.
	der, err := s.key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	signature, err := fixed(der)
	if err != nil {
		return "", err
	}
	return string(encoding.AppendEncode(append(token, '.'), signature[:])), nil
}

// signatureSize of ES256, in bytes. RFC 7518 §3.4: R and S as 32 bytes each.
const signatureSize = 64

// fixed turns the ASN.1 form of a signature into that of RFC 7518 §3.4.
func fixed(der []byte) (out [signatureSize]byte, err error) {
	var r, s []byte
	input := cryptobyte.String(der)
	var sequence cryptobyte.String
	if !input.ReadASN1(&sequence, asn1.SEQUENCE) || !sequence.ReadASN1Integer(&r) || !sequence.ReadASN1Integer(&s) ||
		len(r) > signatureSize/2 || len(s) > signatureSize/2 {
		return out, errors.New("sign: unreadable signature")
	}
	copy(out[signatureSize/2-len(r):], r)
	copy(out[signatureSize-len(s):], s)
	return out, nil
}

// maxToken bounds what is parsed at all, in bytes: what fits into the head of a request, with many accounts in it.
const maxToken = 24 << 10

// VerifyAccessToken checks type, algorithm and signature and decodes the claims. key finds the public key of a
// kid; nothing else in the header is honoured (RFC 8725 §3.10: no jku, x5u or jwk).
func VerifyAccessToken(token string, key func(kid string) (crypto.PublicKey, bool), claims any) error {
	if len(token) > maxToken {
		return errors.New("verify access token: too long")
	}
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return fmt.Errorf("verify access token: %w", err)
	}
	header := parsed.Signatures[0].Protected
	// RFC 8725 §3.11: the type keeps other JWTs of ours from passing as access tokens.
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != TypeAccessToken {
		return errors.New("verify access token: wrong typ")
	}
	public, ok := key(header.KeyID)
	if !ok {
		return errors.New("verify access token: unknown kid")
	}
	payload, err := parsed.Verify(public)
	if err != nil {
		return fmt.Errorf("verify access token: %w", err)
	}
	// RFC 7519 §4: a claim comes once, and its name is told from others letter by letter. The standard library takes the last of
	// several, in whatever case, and who reads the token elsewhere may take the first.
	return strict.Unmarshal(payload, claims)
}

// PublicKey gives the verification key.
func (s *Signer) PublicKey() crypto.PublicKey { return s.key.Public() }
