package access

import (
	"launchpad/internal/jose"
	"launchpad/internal/keys"
)

func (v *Verifier) jwt(token string) (Token, error) {
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
	return v.live(t)
}
