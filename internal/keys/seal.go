package keys

import (
	"errors"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/oauth"
)

// A sealed string is prefix, base62 and checksum around: version, key id, nonce, ciphertext. The version counts
// the layout of the payload.

const sealVersion = 1

// ErrSealed: the string is not one of ours, or no longer. Which of the two is not told. Every other error of opening is a
// passing fault of the store, which was asked for a key that nobody here knew.
var ErrSealed = errors.New("not a valid sealed string")

const sealHeader = 1 + len(keyID{})

func (k *Keys) seal(ring Ring, prefix secret.Prefix, payload []byte) (sealed string, nonce []byte) {
	set := k.set.Load()
	succession := set.sealing[ring]
	key := succession.at(k.o.Clock)
	raw := make([]byte, 0, sealHeader+secret.NonceSize+len(payload)+16)
	raw = append(raw, sealVersion)
	raw = append(raw, key.id[:]...)
	raw = key.box.Seal(raw, payload, set.bound[ring])
	return secret.Encode(prefix, raw), raw[sealHeader : sealHeader+secret.NonceSize]
}

func (k *Keys) open(ring Ring, prefix secret.Prefix, s string) (payload, nonce []byte, err error) {
	raw, ok := secret.Decode(prefix, s)
	if !ok || len(raw) < sealHeader+secret.NonceSize || raw[0] != sealVersion {
		return nil, nil, ErrSealed
	}
	set := k.set.Load()
	key, ok := set.opening[ring][keyID(raw[1:sealHeader])]
	if !ok {
		if set, err = k.fresher(set); err != nil {
			return nil, nil, err
		}
		if key, ok = set.opening[ring][keyID(raw[1:sealHeader])]; !ok {
			return nil, nil, ErrSealed
		}
	}
	payload, err = key.box.Open(raw[sealHeader:], set.bound[ring])
	if err != nil {
		return nil, nil, ErrSealed
	}
	return payload, raw[sealHeader : sealHeader+secret.NonceSize], nil
}

// SealAccess writes an access token and sets its ID, which is part of the seal's nonce.
func (k *Keys) SealAccess(t *core.AccessToken) string {
	sealed, nonce := k.seal(RingAccess, secret.AccessToken, appendAccess(nil, *t))
	t.ID = core.ID(nonce[:16])
	return sealed
}

// OpenAccess reads an access token. It says nothing about expiry or revocation.
func (k *Keys) OpenAccess(s string) (core.AccessToken, error) {
	payload, nonce, err := k.open(RingAccess, secret.AccessToken, s)
	if err != nil {
		return core.AccessToken{}, err
	}
	t, err := parseAccess(payload)
	t.ID = core.ID(nonce[:16])
	return t, err
}

// Family is what a code says: which authorization, which generation, and the random bits fixed at the authorization's
// birth. Only their digest is stored, so a stolen sealing key alone forges nothing.
type Family struct {
	AuthorizationID core.ID
	Generation      int64
	Bits            [16]byte
}

// Digest is what the authorization's row keeps of the bits.
func (f Family) Digest() string { return secret.Digest(string(f.Bits[:])) }

// SealCode writes an authorization code: generation 0.
func (k *Keys) SealCode(f Family) string {
	sealed, _ := k.seal(RingCode, secret.Code, appendFamily(nil, f))
	return sealed
}

// OpenCode reads an authorization code.
func (k *Keys) OpenCode(s string) (Family, error) {
	payload, _, err := k.open(RingCode, secret.Code, s)
	if err != nil {
		return Family{}, err
	}
	return parseFamily(payload)
}

// RefreshToken is what a refresh token says: its family, and what the grant allowed at the birth of its generation.
// The latter saves the rotation a look at the rows: whether it is still so is a condition of the one UPDATE.
type RefreshToken struct {
	Family
	GrantID      core.ID
	GrantVersion int64
	IdentityID   core.ID
	AppID        core.ID
	BornAt       time.Time   // of the generation; whole seconds
	ExpiresAt    time.Time   // of the authorization; whole seconds
	Scope        oauth.Scope // of authorization and grant, not narrowed by a request
	Reach        core.Reach
	Resources    []string // of the authorization: the APIs that its access tokens may be for
}

// SealRefresh writes a refresh token.
func (k *Keys) SealRefresh(t RefreshToken) string {
	sealed, _ := k.seal(RingRefresh, secret.RefreshToken, appendRefresh(nil, t))
	return sealed
}

// OpenRefresh reads a refresh token. It says nothing about its life.
func (k *Keys) OpenRefresh(s string) (RefreshToken, error) {
	payload, _, err := k.open(RingRefresh, secret.RefreshToken, s)
	if err != nil {
		return RefreshToken{}, err
	}
	return parseRefresh(payload)
}

// SealInteraction writes a pending authorization request.
func (k *Keys) SealInteraction(payload []byte) string {
	sealed, _ := k.seal(RingInteraction, secret.Interaction, payload)
	return sealed
}

// OpenInteraction reads one back.
func (k *Keys) OpenInteraction(s string) ([]byte, error) {
	payload, _, err := k.open(RingInteraction, secret.Interaction, s)
	return payload, err
}
