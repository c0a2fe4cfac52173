package keys

import (
	"crypto"
	"encoding/json"
	"testing"
	"time"

	"launchpad/internal/jose"
	"launchpad/internal/secret"
)

// KY08: a time is read exactly, or not at all.
func TestTimesOfAJWTAreExactOrRefused(t *testing.T) {
	k := mustOpen(t, dsn(t), "https://a.example", make([]byte, secret.KeySize))
	const app = `"lp_app":"01a20a54-b1ca-7cc2-8f13-fecfb5bea083","jti":"01a20a54-b1ca-7cc2-8f13-fecfb5bea083"`
	for text, want := range map[string]time.Time{
		`{"iat":2145916800,"exp":2147483648,` + app + `}`:          time.Date(2038, time.January, 19, 3, 14, 8, 0, time.UTC),
		`{"iat":4102444800,"exp":4102444861,` + app + `}`:          time.Date(2100, time.January, 1, 0, 1, 1, 0, time.UTC),
		`{"iat":1483228799,"exp":1483228800,` + app + `}`:          time.Date(2017, time.January, 1, 0, 0, 0, 0, time.UTC), // after a leap second
		`{"iat":1,"exp":-1,` + app + `}`:                           {},
		`{"iat":-1,"exp":1,` + app + `}`:                           {},
		`{"iat":1,"exp":1e400,` + app + `}`:                        {},
		`{"iat":1,"exp":1.5,` + app + `}`:                          {},
		`{"iat":1,"exp":"2147483648",` + app + `}`:                 {},
		`{"iat":1,"exp":9223372036854775807,` + app + `}`:          {},
		`{"iat":1,"exp":9223372036854775808,` + app + `}`:          {},
		`{"iat":9223372036854775807,"exp":2147483648,` + app + `}`: {},
		`{"iat":1,"exp":null,` + app + `}`:                         {},
		`{"iat":1,` + app + `}`:                                    {},
		`{"exp":2147483648,` + app + `}`:                           {},
	} {
		signed, err := k.Signer().SignAccessToken(json.RawMessage(text))
		must(t, err)
		var claims AccessClaims
		err = jose.VerifyAccessToken(signed, func(kid string) (crypto.PublicKey, bool) {
			key, err := k.Verifier(kid)
			return key, err == nil
		}, &claims)
		if err == nil {
			token, refused := claims.AccessToken()
			if err = refused; err == nil && !token.ExpiresAt.Equal(want) {
				t.Errorf("%s: expires %s, want %s", text, token.ExpiresAt, want)
			}
		}
		if (err != nil) != want.IsZero() {
			t.Errorf("%s: %v", text, err)
		}
	}
}
