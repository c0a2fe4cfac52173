package access

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/jose"
	"launchpad/internal/keys"
)

// A signature is checked once. What a good one said is kept by the digest of the whole token; whether it is over or
// revoked, and whether its key still counts, is asked each time. Bad ones are not kept, so no flood of them pushes good ones out.

const (
	verdictsBytes = 16 << 20
	verdictBytes  = 400 // of one, roughly, beside what it lists
)

type verdict struct {
	token core.AccessToken
	kid   string
	key   crypto.PublicKey
	epoch string
}

type verdicts = otter.Cache[[sha256.Size]byte, verdict]

func newVerdicts() *verdicts {
	return otter.Must(&otter.Options[[sha256.Size]byte, verdict]{
		MaximumWeight: verdictsBytes,
		Executor:      core.Here,
		Weigher: func(_ [sha256.Size]byte, v verdict) uint32 {
			return uint32(verdictBytes + 32*len(v.token.Scope) + 16*len(v.token.Reach.Accounts))
		},
	})
}

func (v *Verifier) jwt(ctx context.Context, token string) (Token, error) {
	digest := sha256.Sum256([]byte(token))
	kept, ok := v.verdicts.GetIfPresent(digest)
	if ok && kept.epoch == v.store.Epoch() {
		if key, err := v.keys.Verifier(kept.kid); err == nil && same(key, kept.key) {
			return v.keep(ctx, digest, kept)
		}
	}
	var claims keys.AccessClaims
	var away error
	now := verdict{epoch: v.store.Epoch()}
	find := func(kid string) (key crypto.PublicKey, ok bool) {
		now.kid = kid
		now.key, away = v.keys.Verifier(kid)
		return now.key, away == nil
	}
	if err := jose.VerifyAccessToken(token, find, &claims); err != nil {
		return Token{}, refused(errors.Join(err, away))
	}
	if claims.Issuer != v.keys.Issuer() || claims.Epoch != now.epoch {
		return Token{}, unknown()
	}
	var err error
	if now.token, err = claims.AccessToken(); err != nil {
		return Token{}, unknown().Because(err)
	}
	v.verdicts.Set(digest, now)
	return v.keep(ctx, digest, now)
}

// keep looks whether the token lives now, and forgets it if not.
func (v *Verifier) keep(ctx context.Context, digest [sha256.Size]byte, known verdict) (Token, error) {
	t, err := v.live(ctx, known.token)
	if err != nil {
		v.verdicts.Invalidate(digest)
	}
	return t, err
}

// same key, not merely one of the same name.
func same(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}
