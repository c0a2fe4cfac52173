package mint

import (
	"encoding/json"
	"strconv"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Lifetimes of what is issued.
type Lifetimes struct {
	Access          time.Duration
	Implicit        time.Duration // of an access token that came in a redirect; never longer than Access
	Code            time.Duration
	ShownCode       time.Duration // of a code that a person copies; never shorter than Code
	RefreshIdle     time.Duration
	RefreshAbsolute time.Duration
}

// Mint makes tokens.
type Mint struct {
	keys  *keys.Keys
	clock core.Clock
	life  Lifetimes
}

// New makes a mint.
func New(k *keys.Keys, clock core.Clock, life Lifetimes) *Mint {
	return &Mint{keys: k, clock: clock, life: life}
}

// Lifetimes tells how long things live.
func (m *Mint) Lifetimes() Lifetimes { return m.life }

// Claims is what a token is to say.
type Claims struct {
	App     core.App
	Scope   oauth.Scope
	Reach   core.Reach
	Refresh *keys.RefreshToken // to hand out along; nil: the app acts for itself
	Bare    bool               // do not hand it out: it only says what the token stands on

	Audience string // RFC 8707: the API that the token is for; "": it is bound to none
	JWT      bool   // that API reads RFC 9068 tokens, whatever the app's own format is
}

// Answer is a successful token response. RFC 6749 §5.1; created_at is what clients of older portals read.
type Answer struct {
	AccessToken  string
	RefreshToken string
	ExpiresIn    int64 // seconds
	Scope        string
	CreatedAt    int64 // unix seconds
}

// Issue makes the tokens. Nothing is stored: what they say stands in them.
func (m *Mint) Issue(c Claims) (Answer, error) {
	now := m.clock.Now().Truncate(time.Second)
	t := core.AccessToken{
		AppID: c.App.ID, IssuedAt: now, ExpiresAt: now.Add(m.life.Access), Scope: c.Scope, Reach: c.Reach, Audience: c.Audience,
	}
	if r := c.Refresh; r != nil {
		t.AuthorizationID, t.GrantID, t.IdentityID, t.Generation = r.AuthorizationID, r.GrantID, r.IdentityID, r.Generation
		if t.ExpiresAt.After(r.ExpiresAt) {
			t.ExpiresAt = r.ExpiresAt // no token outlives what it stands on
		}
	}
	answer := Answer{ExpiresIn: int64(t.ExpiresAt.Sub(now) / time.Second), Scope: c.Scope.String(), CreatedAt: now.Unix()}
	var err error
	if answer.AccessToken, err = m.access(&t, c); err != nil {
		return Answer{}, err
	}
	if c.Refresh != nil && !c.Bare {
		answer.RefreshToken = m.keys.SealRefresh(*c.Refresh)
	}
	return answer, nil
}

func (m *Mint) access(t *core.AccessToken, c Claims) (string, error) {
	if c.JWT || c.App.TokenFormat == core.FormatJWT {
		t.ID = secret.NewID(t.IssuedAt)
		return m.keys.SignAccess(*t, c.App.ClientID)
	}
	return m.keys.SealAccess(t), nil
}

// Pairs is the answer for those who do not read JSON. RFC 6749 §5.1.
func (a Answer) Pairs() []web.Pair {
	pairs := []web.Pair{{Name: "access_token", Value: a.AccessToken}, {Name: "token_type", Value: "Bearer"}, {Name: "expires_in", Value: a.ExpiresIn}}
	if a.RefreshToken != "" {
		pairs = append(pairs, web.Pair{Name: "refresh_token", Value: a.RefreshToken})
	}
	return append(pairs, web.Pair{Name: "scope", Value: a.Scope}, web.Pair{Name: "created_at", Value: a.CreatedAt})
}

// JSON is the answer on the wire. RFC 6749 §5.1. Our strings need no escapes, but the scope might.
func (a Answer) JSON() ([]byte, error) {
	b := make([]byte, 0, 800)
	b = append(b, `{"access_token":"`...)
	b = append(b, a.AccessToken...)
	b = append(b, `","token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, a.ExpiresIn, 10)
	if a.RefreshToken != "" {
		b = append(b, `,"refresh_token":"`...)
		b = append(b, a.RefreshToken...)
		b = append(b, '"')
	}
	scope, err := json.Marshal(a.Scope)
	if err != nil {
		return nil, err
	}
	b = append(append(b, `,"scope":`...), scope...)
	b = append(b, `,"created_at":`...)
	b = strconv.AppendInt(b, a.CreatedAt, 10)
	return append(b, '}'), nil
}
