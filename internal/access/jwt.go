package access

import (
	"context"
	"crypto"
	"errors"

	"launchpad/internal/jose"
	"launchpad/internal/keys"
)

func (v *Verifier) jwt(ctx context.Context, token string) (Token, error) {
	var claims keys.AccessClaims
	var away error
	key := func(kid string) (key crypto.PublicKey, ok bool) {
		key, away = v.keys.Verifier(kid)
		return key, away == nil
	}
	if err := jose.VerifyAccessToken(token, key, &claims); err != nil {
		return Token{}, refused(errors.Join(err, away))
	}
	if claims.Issuer != v.keys.Issuer() || claims.Epoch != v.store.Epoch() {
		return Token{}, unknown()
	}
	t, err := claims.AccessToken()
	if err != nil {
		return Token{}, unknown().Because(err)
	}
	return v.live(ctx, t)
}
