package protect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/keys"
)

const (
	assertionLife = time.Minute
	assertionKept = 30 * time.Second // so that an upstream always gets one that lives for as long again
	cacheBytes    = 16 << 20
	entryBytes    = 300 // beside the string
)

// statement is what is asserted about a call, signed with the published keys: an upstream that checks it believes nobody who
// merely reached its address. Its type keeps it from passing as an access token, its audience from passing at another API.
type statement struct {
	Issuer   string  `json:"iss"`
	Audience string  `json:"aud"`
	Subject  string  `json:"sub"`
	ClientID string  `json:"client_id,omitempty"` // none: a person in a browser
	Account  core.ID `json:"account"`
	Slug     string  `json:"account_slug"`
	Scope    string  `json:"scope"`
	ID       core.ID `json:"jti,omitzero"` // the token's
	IssuedAt int64   `json:"iat"`
	Expires  int64   `json:"exp"`
}

// Assertions makes statements, and keeps each for a moment. Whoever asks has had the token verified just now, so one that died
// is not asked for again.
type Assertions struct {
	rules *Rules
	keys  *keys.Keys
	clock core.Clock
	cache *otter.Cache[aboutCall, stated]
}

// aboutCall is a key of fixed parts, so that no two calls share one.
type aboutCall struct {
	token             [sha256.Size]byte
	identity, account core.ID // of a person in a browser there is no token
	api               *API
}

type stated struct {
	text  string
	scope string // rights can shrink while the token lives
	kid   string // a key can be revoked
	until time.Time
}

// NewAssertions makes it.
func NewAssertions(rules *Rules, k *keys.Keys, clock core.Clock) *Assertions {
	return &Assertions{rules, k, clock, otter.Must(&otter.Options[aboutCall, stated]{
		MaximumWeight:    cacheBytes,
		Executor:         core.Here,
		Weigher:          func(_ aboutCall, s stated) uint32 { return uint32(entryBytes + len(s.text) + len(s.scope)) },
		ExpiryCalculator: otter.ExpiryWriting[aboutCall, stated](assertionKept),
	})}
}

// State adds to a call that was admitted the statement about it, if its API gets one.
func (a *Assertions) State(p Passage) (Passage, error) {
	if !p.API.Assertion {
		return p, nil
	}
	key := aboutCall{sha256.Sum256([]byte(p.Sent)), p.Token.IdentityID, p.Account.ID, p.API}
	now, signer, scope := a.clock.Now(), a.keys.Signer(), p.Token.Scope.String()
	if s, ok := a.cache.GetIfPresent(key); ok && now.Before(s.until) && s.scope == scope && s.kid == signer.ID() {
		p.statement = s.text
		return p, nil
	}
	s := statement{
		Issuer: a.rules.Issuer, Audience: p.API.address(a.rules.Issuer), Account: p.Account.ID, Slug: p.Account.Slug,
		Scope: scope, ID: p.Token.ID, IssuedAt: now.Unix(), Expires: now.Add(assertionLife).Unix(),
	}
	if !p.Token.AppID.Zero() {
		app, err := a.rules.app(context.Background(), p.Token) // others wait for the same
		if err != nil {
			return p, err
		}
		s.ClientID, s.Subject = app.ClientID, app.ClientID
	}
	if !p.Token.IdentityID.Zero() {
		s.Subject = p.Token.IdentityID.String()
	}
	text, err := signer.SignAssertion(s)
	if err != nil {
		return p, fmt.Errorf("sign assertion: %w", err)
	}
	a.cache.Set(key, stated{text, scope, signer.ID(), now.Add(assertionKept)})
	p.statement = text
	return p, nil
}

// address names the API to itself: its resource identifier, else where it is called.
func (a *API) address(issuer string) string { return cmp.Or(a.Resource, a.Origin(issuer)+a.Prefix) }
