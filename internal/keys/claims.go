package keys

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// AccessClaims is an access token as a JWT. RFC 9068 §2.2; the members under "lp" carry what a sealed token
// carries, so that both formats are verified alike.
type AccessClaims struct {
	Issuer   string      `json:"iss"`
	Subject  string      `json:"sub"`
	Audience string      `json:"aud"`
	ClientID string      `json:"client_id"`
	Expires  int64       `json:"exp"`
	IssuedAt int64       `json:"iat"`
	ID       core.ID     `json:"jti"`
	Scope    string      `json:"scope,omitempty"`
	Epoch    string      `json:"lp_epoch"`
	App      core.ID     `json:"lp_app"`
	Family   *ClaimsRoot `json:"lp_authorization,omitempty"`
	Reach    core.Reach  `json:"lp_reach"`
}

// ClaimsRoot is what a person's token stands on.
type ClaimsRoot struct {
	ID         core.ID `json:"id"`
	Grant      core.ID `json:"grant"`
	Generation int64   `json:"generation"`
}

// SignAccess writes an access token as a JWT. clientID also names the subject of a token that no person stands
// behind; identities' subjects are UUIDs and client ids are not, so neither passes as the other.
//
// RFC 9068 §3: aud is the API that the token is for; of a token that is bound to none it is the issuer, which is no API.
func (k *Keys) SignAccess(t core.AccessToken, clientID string) (string, error) {
	claims := AccessClaims{
		Issuer: k.Issuer(), Subject: clientID, Audience: cmp.Or(t.Audience, k.Issuer()), ClientID: clientID,
		Expires: t.ExpiresAt.Unix(), IssuedAt: t.IssuedAt.Unix(), ID: t.ID, Scope: t.Scope.String(),
		Epoch: k.o.Store.Epoch(), App: t.AppID, Reach: t.Reach,
	}
	if !t.IdentityID.Zero() {
		claims.Subject = t.IdentityID.String()
		claims.Family = &ClaimsRoot{t.AuthorizationID, t.GrantID, t.Generation}
	}
	return k.Signer().SignAccessToken(claims)
}

// AccessToken gives the claims in the shape of a sealed token.
func (c AccessClaims) AccessToken() (core.AccessToken, error) {
	// RFC 7519 §2: a NumericDate. Both are ours and always there; what is out of all bounds was not written by us.
	if c.IssuedAt <= 0 || c.IssuedAt > lastSecond || c.Expires <= 0 || c.Expires > lastSecond {
		return core.AccessToken{}, fmt.Errorf("read iat and exp: %d and %d cannot be", c.IssuedAt, c.Expires)
	}
	t := core.AccessToken{
		ID: c.ID, AppID: c.App, Reach: c.Reach,
		IssuedAt: time.Unix(c.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(c.Expires, 0).UTC(),
	}
	if c.Audience != c.Issuer {
		t.Audience = c.Audience
	}
	if c.Scope != "" {
		t.Scope = oauth.Scope(strings.Split(c.Scope, " "))
	}
	if c.Family == nil {
		return t, nil
	}
	identity, err := core.ParseID(c.Subject)
	if err != nil {
		return t, fmt.Errorf("read sub: %w", err)
	}
	t.IdentityID, t.AuthorizationID, t.GrantID, t.Generation = identity, c.Family.ID, c.Family.Grant, c.Family.Generation
	return t, nil
}
