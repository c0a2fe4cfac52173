package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/protect"
	"launchpad/oauth"
)

// AssertionHeader carries what the gateway states about a call, signed with the published keys: an upstream that checks it
// believes nobody who merely reached its address.
const AssertionHeader = "Launchpad-Assertion"

const (
	assertionLife = time.Minute
	assertionKept = 30 * time.Second // so that an upstream always gets one that lives for as long again
	cacheBytes    = 16 << 20
	entryBytes    = 300 // beside the string
)

// statement is what is asserted. Its type keeps it from passing as an access token, its audience from passing at another API.
type statement struct {
	Issuer   string  `json:"iss"`
	Audience string  `json:"aud"`
	Subject  string  `json:"sub"`
	ClientID string  `json:"client_id"`
	Account  core.ID `json:"account"`
	Slug     string  `json:"account_slug"`
	Scope    string  `json:"scope"`
	ID       core.ID `json:"jti"` // the token's
	IssuedAt int64   `json:"iat"`
	Expires  int64   `json:"exp"`
}

// assertions keeps statements for a moment. Whoever asks has had the token verified just now, so one that died is not asked
// for again.
type assertions struct {
	cache *otter.Cache[aboutCall, stated]
}

// aboutCall is a key of fixed parts, so that no two calls share one.
type aboutCall struct {
	token   [sha256.Size]byte
	account core.ID
	api     *API
}

type stated struct {
	text  string
	scope string // rights can shrink while the token lives
	kid   string // a key can be revoked
	until time.Time
}

func newAssertions() *assertions {
	return &assertions{otter.Must(&otter.Options[aboutCall, stated]{
		MaximumWeight:    cacheBytes,
		Weigher:          func(_ aboutCall, s stated) uint32 { return uint32(entryBytes + len(s.text) + len(s.scope)) },
		ExpiryCalculator: otter.ExpiryWriting[aboutCall, stated](assertionKept),
	})}
}

// assert gives the statement about a call that was admitted.
func (g *Room) assert(api *API, p protect.Passage) (string, error) {
	key := aboutCall{sha256.Sum256([]byte(p.Sent)), p.Account.ID, api}
	now, signer, scope := g.Clock.Now(), g.Keys.Signer(), p.Token.Scope.String()
	if s, ok := g.assertions.cache.GetIfPresent(key); ok && now.Before(s.until) && s.scope == scope && s.kid == signer.ID() {
		return s.text, nil
	}
	clientID, err := g.clientID(p.Token.AppID)
	if err != nil {
		return "", err
	}
	s := statement{
		Issuer: g.Keys.Issuer(), Audience: g.audience(api), Subject: clientID, ClientID: clientID, Account: p.Account.ID, Slug: p.Account.Slug,
		Scope: scope, ID: p.Token.ID, IssuedAt: now.Unix(), Expires: now.Add(assertionLife).Unix(),
	}
	if !p.Token.IdentityID.Zero() {
		s.Subject = p.Token.IdentityID.String()
	}
	text, err := signer.SignAssertion(s)
	if err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	g.assertions.cache.Set(key, stated{text, scope, signer.ID(), now.Add(assertionKept)})
	return text, nil
}

// audience names the API to itself: its resource identifier, else its address here.
func (g *Room) audience(api *API) string {
	switch {
	case api.Resource != "":
		return api.Resource
	case len(api.Hosts) > 0:
		return "https://" + api.Hosts[0] + api.Prefix
	}
	return g.Keys.Issuer() + api.Prefix
}

func (g *Room) clientID(app core.ID) (string, error) {
	found, err := g.Rules.Apps.ByID(context.Background(), app)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return "", oauth.InvalidToken("access_token_revoked", "the app of this token does not exist any more")
	case err != nil:
		return "", oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	return found.ClientID, nil
}
