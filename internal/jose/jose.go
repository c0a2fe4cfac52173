package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"

	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"

	"launchpad/internal/secret"
)

// ES256 is the default signature algorithm. RFC 7518 §3.4.
const ES256 = string(jose.ES256)

// TypeAccessToken is the typ of JWT access tokens, which no other JWT of ours carries. RFC 9068 §2.1.
const TypeAccessToken = "at+jwt"

// Signer signs with one private key.
type Signer struct {
	id  string
	key *ecdsa.PrivateKey

	accessTokens jose.Signer
}

// NewSigner makes an ES256 key.
func NewSigner(id string) (*Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), secret.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return signer(id, key)
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
	return signer(id, key)
}

func signer(id string, key *ecdsa.PrivateKey) (*Signer, error) {
	options := (&jose.SignerOptions{}).WithType(TypeAccessToken)
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, options)
	if err != nil {
		return nil, fmt.Errorf("make signer: %w", err)
	}
	return &Signer{id: id, key: key, accessTokens: s}, nil
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
func (s *Signer) SignAccessToken(claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	signed, err := s.accessTokens.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return signed.CompactSerialize()
}

// maxToken bounds what is parsed at all.
const maxToken = 8 << 10

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
	return json.Unmarshal(payload, claims)
}

// PublicKey gives the verification key.
func (s *Signer) PublicKey() crypto.PublicKey { return s.key.Public() }
