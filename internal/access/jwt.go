package access

import (
	"context"

	"launchpad/internal/jose"
	"launchpad/internal/keys"
)

func (v *Verifier) jwt(ctx context.Context, token string) (Token, error) {
	var claims keys.AccessClaims
	if err := jose.VerifyAccessToken(token, v.keys.Verifier, &claims); err != nil {
		return Token{}, unknown().Because(err)
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
