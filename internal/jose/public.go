package jose

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
)

// ParseKeys reads a key set for the verification of access tokens, by kid. RFC 7517 §5: keys that cannot be used are left
// out, so that a set may grow new ones.
func ParseKeys(set []byte) (map[string]crypto.PublicKey, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(set, &raw); err != nil {
		return nil, fmt.Errorf("parse key set: %w", err)
	}
	keys := map[string]crypto.PublicKey{}
	for _, text := range raw.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil && key.IsPublic() && key.Algorithm == ES256 && (key.Use == "" || key.Use == "sig") && key.KeyID != "" {
			keys[key.KeyID] = key.Key
		}
	}
	return keys, nil
}

// ProofAlgorithms are those of DPoP proofs. RFC 9449 §4.2: asymmetric ones.
var ProofAlgorithms = []string{ES256, string(jose.EdDSA)}

// typeProof is the typ of DPoP proofs. RFC 9449 §4.2.
const typeProof = "dpop+jwt"

// maxProof bounds what is parsed of a proof, in bytes.
const maxProof = 8 << 10

// Proof is a DPoP proof whose signature fits the key that it carries. RFC 9449 §4.2.
type Proof struct {
	ID         string `json:"jti"`
	Method     string `json:"htm"`
	Address    string `json:"htu"`
	IssuedAt   int64  `json:"iat"`
	TokenHash  string `json:"ath"`
	Thumbprint string `json:"-"` // RFC 7638, as cnf.jkt has it
}

// VerifyProof checks type, algorithm and signature of a proof and reads it. Whether it belongs to the request is for the
// caller to say.
func VerifyProof(text string) (Proof, error) {
	var p Proof
	if len(text) > maxProof {
		return p, errors.New("verify proof: too long")
	}
	parsed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA})
	if err != nil {
		return p, fmt.Errorf("verify proof: %w", err)
	}
	header := parsed.Signatures[0].Protected
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != typeProof {
		return p, errors.New("verify proof: wrong typ")
	}
	// RFC 9449 §4.3: the key is in the header, and is not a private one.
	key := header.JSONWebKey
	if key == nil || !key.Valid() || !key.IsPublic() {
		return p, errors.New("verify proof: no public key in it")
	}
	payload, err := parsed.Verify(key)
	if err != nil {
		return p, fmt.Errorf("verify proof: %w", err)
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return p, fmt.Errorf("verify proof: %w", err)
	}
	print, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return p, fmt.Errorf("verify proof: %w", err)
	}
	p.Thumbprint = base64.RawURLEncoding.EncodeToString(print)
	return p, nil
}
