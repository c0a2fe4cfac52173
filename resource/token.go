package resource

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"launchpad/oauth"
)

// Token is what is known of a good access token. It is shared between calls and must not be changed.
type Token struct {
	ID       string // jti
	Issuer   string
	Subject  string // the person, or the app itself if nobody stands behind the token
	ClientID string // the app that calls
	Scope    oauth.Scope
	Audience []string  // empty: not for any API in particular
	IssuedAt time.Time // zero: unknown
	Expires  time.Time // zero: never
	ACR      string    // how the person signed in (RFC 9470), if it is told; this version of the server does not
	AuthTime time.Time // and when
	// Accounts can be reached now. AllAccounts: those that the person joins later as well.
	Accounts    []Account
	AllAccounts bool

	standard string // the account that is meant if a call names none
	partial  bool   // a JWT does not say all about accounts
	cnf      confirmation
	names    []name
	epoch    string
}

// Account is a customer of the platform.
type Account struct {
	ID   string
	Slug string // "" if it is not known
}

// confirmation binds a token to a key. RFC 7800 §3.1, RFC 9449 §6.1, RFC 8705 §3.1. This version of the server binds none; servers
// that do are understood.
type confirmation struct {
	JKT     string `json:"jkt"`
	X5T     string `json:"x5t#S256"`
	unknown bool   // it is bound in a way that we cannot check
}

func (c *confirmation) UnmarshalJSON(text []byte) error {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	for member, value := range members {
		var err error
		switch member {
		case "jkt":
			err = json.Unmarshal(value, &c.JKT)
		case "x5t#S256":
			err = json.Unmarshal(value, &c.X5T)
		default:
			c.unknown = true
		}
		if err != nil {
			return err
		}
	}
	c.unknown = c.unknown || c.JKT == "" && c.X5T == ""
	return nil
}

// members is an introspection answer (RFC 7662 §2.2) or the claims of a JWT (RFC 9068 §2.2): they share their names.
type members struct {
	Active    bool          `json:"active"`
	TokenType string        `json:"token_type"`
	Issuer    string        `json:"iss"`
	Subject   string        `json:"sub"`
	ClientID  string        `json:"client_id"`
	Audience  audience      `json:"aud"`
	Scope     string        `json:"scope"`
	ID        string        `json:"jti"`
	Expires   int64         `json:"exp"`
	NotBefore int64         `json:"nbf"`
	IssuedAt  int64         `json:"iat"`
	ACR       string        `json:"acr"`
	AuthTime  int64         `json:"auth_time"`
	CNF       *confirmation `json:"cnf"`

	App    string `json:"lp_app"`
	Epoch  string `json:"lp_epoch"`
	Family *struct {
		ID    string `json:"id"`
		Grant string `json:"grant"`
	} `json:"lp_authorization"`

	AllAccounts bool              `json:"launchpad_all_accounts"`
	AccountIDs  []string          `json:"launchpad_accounts"`
	Slugs       map[string]string `json:"launchpad_account_slugs"`
	Standard    string            `json:"launchpad_default_account"`
	Reach       *struct {
		All      bool     `json:"all"`
		Accounts []string `json:"accounts"`
		Default  string   `json:"default"`
	} `json:"lp_reach"`
}

// audience is one name or several. RFC 7519 §4.1.3.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// lastSecond is the end of the year 9999: what lies beyond is no time.
const lastSecond = 253402300799

func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func (m members) token() (*Token, error) {
	for _, second := range []int64{m.Expires, m.NotBefore, m.IssuedAt, m.AuthTime} {
		if second < 0 || second > lastSecond {
			return nil, errors.New("a time is out of all bounds")
		}
	}
	scope, err := oauth.ParseScope(m.Scope)
	if err != nil {
		return nil, err
	}
	t := &Token{
		ID: m.ID, Issuer: m.Issuer, Subject: m.Subject, ClientID: m.ClientID, Scope: scope, Audience: m.Audience,
		IssuedAt: moment(m.IssuedAt), Expires: moment(m.Expires), ACR: m.ACR, AuthTime: moment(m.AuthTime),
		AllAccounts: m.AllAccounts, standard: m.Standard, epoch: m.Epoch,
	}
	if m.CNF != nil {
		t.cnf = *m.CNF
	}
	for _, id := range m.AccountIDs {
		t.Accounts = append(t.Accounts, Account{id, m.Slugs[id]})
	}
	if m.Reach != nil {
		t.AllAccounts, t.standard, t.partial = m.Reach.All, m.Reach.Default, true
		for _, id := range m.Reach.Accounts {
			t.Accounts = append(t.Accounts, Account{ID: id})
		}
	}
	t.names = m.names(t)
	return t, nil
}

// names is everything by which the feed may mean the token.
func (m members) names(t *Token) []name {
	list := []name{{"token", m.ID}, {"subject", m.Subject}, {"app", m.App}}
	if m.Family != nil {
		list = append(list, name{"authorization", m.Family.ID}, name{"grant", m.Family.Grant})
	}
	for _, a := range t.Accounts {
		list = append(list, name{"account", a.ID})
	}
	return slices.DeleteFunc(list, func(n name) bool { return n.id == "" })
}

// size is roughly what a token takes in memory.
func (t *Token) size() int {
	n := 400 + len(t.ID) + len(t.Issuer) + len(t.Subject) + len(t.ClientID)
	for _, list := range [][]string{t.Scope, t.Audience} {
		for _, text := range list {
			n += 16 + len(text)
		}
	}
	return n + 128*len(t.Accounts) + 64*len(t.names)
}

// isJWT tells a JWT from a sealed token, which has no dots.
func isJWT(token string) bool { return strings.Count(token, ".") == 2 }
