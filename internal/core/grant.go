package core

import (
	"slices"
	"time"

	"launchpad/oauth"
)

// Reach is the accounts that a permission extends to.
type Reach struct {
	All      bool `json:"all,omitempty"`      // all accounts of the identity, now and later
	Accounts []ID `json:"accounts,omitempty"` // the chosen ones, if not All
	Default  ID   `json:"default,omitzero"`   // the account meant when a call names none; may be zero
}

// Includes reports whether the account is within reach.
func (r Reach) Includes(account ID) bool { return r.All || slices.Contains(r.Accounts, account) }

// And keeps what both reach. The receiver's default stays if it is still reachable.
func (r Reach) And(other Reach) Reach {
	switch {
	case other.All:
		return r
	case r.All:
		r = Reach{Accounts: other.Accounts, Default: r.Default}
	default:
		var both []ID
		for _, id := range r.Accounts {
			if slices.Contains(other.Accounts, id) {
				both = append(both, id)
			}
		}
		r.Accounts = both
	}
	if !r.Includes(r.Default) {
		r.Default = other.Default
	}
	return r
}

// Grant is an identity's standing permission to an app.
type Grant struct {
	ID         ID
	IdentityID ID
	AppID      ID
	Scope      oauth.Scope
	Reach      Reach
	Resources  []string // RFC 8707: the APIs that consent pages named
	Bound      bool     // every one of them named some: there are no tokens but for these APIs
	Version    int64    // of the rights; grows with every edit
	CreatedAt  time.Time
	UpdatedAt  time.Time
	LastUsedAt time.Time // of one of its access tokens, roughly
	RevokedAt  time.Time
}

// AllowsTokensFor reports whether the person has agreed to tokens for all of these APIs; for none: to tokens that are bound to
// no API.
func (g Grant) AllowsTokensFor(resources []string) bool {
	if len(resources) == 0 {
		return !g.Bound
	}
	return !slices.ContainsFunc(resources, func(asked string) bool { return !slices.Contains(g.Resources, asked) })
}

// Authorization is one completed sign-in of an app under a grant: one row from code to end, one family of
// refresh tokens. Generation 0 is the authorization code.
type Authorization struct {
	ID            ID
	GrantID       ID
	AppID         ID
	IdentityID    ID
	Scope         oauth.Scope
	Resources     []string // RFC 8707: the APIs that tokens may be for; none: they are bound to no API
	RedirectURI   string   // as sent in the authorization request, or "" if none was
	CodeChallenge string
	Digest        string // of the random bits that every token of the family carries
	Generation    int64  // 1 from the start on if no code stands for it
	Confirmed     int64  // newest generation whose access token was seen in use
	CreatedAt     time.Time
	CodeExpiresAt time.Time
	ExpiresAt     time.Time   // absolute end
	RotatedAt     time.Time   // when the current generation was born
	Recent        []time.Time // when the last generations were rotated away, oldest first
	RevokedAt     time.Time
}

// PersonalToken is an identity's own token, made in the portal.
type PersonalToken struct {
	ID         ID
	IdentityID ID
	AppID      ID // the app from whose page it was made; it dies with the app
	Name       string
	Scope      oauth.Scope // empty: every published scope
	Reach      Reach
	Digest     string
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time
	RevokedAt  time.Time
}

// MayUse is the token's scope: every published one unless it was narrowed.
func (p PersonalToken) MayUse(published oauth.Scope) oauth.Scope {
	if len(p.Scope) == 0 {
		return published
	}
	return p.Scope.And(published)
}

// AccessToken is what a sealed access token says.
type AccessToken struct {
	ID ID // taken from the seal's nonce, so it costs no bytes
	AuthorizationID,
	GrantID, IdentityID, AppID ID // all but AppID are zero for client_credentials
	Generation int64
	IssuedAt   time.Time
	ExpiresAt  time.Time
	Scope      oauth.Scope
	Reach      Reach
	Audience   string // RFC 8707: the one API that it is for; "": it is bound to none
}

// ImportedToken is an access token that another server issued and that is honoured here.
type ImportedToken struct {
	AccessToken        // ExpiresAt is zero if it never expires
	Digest      string // of the string that its holder sends
	Unused      bool   // it was refreshed, there, and what it came from ends with its first use
}

// Event is one line of the change log, written in the transaction of the fact it tells of.
type Event struct {
	ID         ID
	At         time.Time
	Kind       EventKind
	ActorID    ID     // who did it; zero: the system
	SubjectID  ID     // what it happened to
	IdentityID ID     // whose rights changed, if somebody's
	AppID      ID     // which app, if one
	AccountID  ID     // which account, if one
	Data       string // JSON with what readers need; no secrets
}

// Invalidating lists the kinds that end or narrow tokens which are out.
var Invalidating = []EventKind{
	EventAuthorizationRevoked, EventRefreshReused, EventCodeReplayed, EventGrantRevoked, EventGrantChanged,
	EventIdentityLocked, EventIdentityDeleted, EventAppDeleted, EventTokenRevoked,
}

// EventKind names what happened, in the past tense.
type EventKind string

const (
	EventOperatorCreated      EventKind = "operator.created"
	EventIdentityCreated      EventKind = "identity.created"
	EventIdentityChanged      EventKind = "identity.changed"
	EventIdentityLocked       EventKind = "identity.locked"
	EventIdentityDeleted      EventKind = "identity.deleted"
	EventPasswordChanged      EventKind = "password.changed"
	EventSignUpRepeated       EventKind = "sign_up.repeated" // somebody signed up with the address of an ID that exists
	EventAccountCreated       EventKind = "account.created"
	EventAccountChanged       EventKind = "account.changed"
	EventAccountSuspended     EventKind = "account.suspended"
	EventAccountResumed       EventKind = "account.resumed"
	EventMembershipAdded      EventKind = "membership.added"
	EventMembershipChanged    EventKind = "membership.changed"
	EventMembershipRemoved    EventKind = "membership.removed"
	EventInvitationMade       EventKind = "invitation.made"
	EventInvitationAccepted   EventKind = "invitation.accepted"
	EventInvitationWithdrawn  EventKind = "invitation.withdrawn"
	EventSessionStarted       EventKind = "session.started"
	EventSessionEnded         EventKind = "session.ended"
	EventAppRegistered        EventKind = "app.registered"
	EventAppChanged           EventKind = "app.changed"
	EventAppDeleted           EventKind = "app.deleted"
	EventAppHandedOver        EventKind = "app.handed_over" // to the identity
	EventAppMemberAdded       EventKind = "app_member.added"
	EventAppMemberRemoved     EventKind = "app_member.removed"
	EventAppSecretAdded       EventKind = "app_secret.added"
	EventAppSecretEnded       EventKind = "app_secret.ended"
	EventGrantGiven           EventKind = "grant.given"   // the first time: no token has more rights yet
	EventGrantChanged         EventKind = "grant.changed" // given again: the rights may be fewer than a token says
	EventGrantRevoked         EventKind = "grant.revoked"
	EventAuthorizationRevoked EventKind = "authorization.revoked"
	EventRefreshReused        EventKind = "refresh_token.reused"
	EventRefreshRecovered     EventKind = "refresh_token.recovered"
	EventCodeReplayed         EventKind = "authorization_code.replayed"
	EventTokenRevoked         EventKind = "access_token.revoked"
	EventPersonalTokenCreated EventKind = "personal_token.created"
	EventPersonalTokenRevoked EventKind = "personal_token.revoked"
	EventKeyPublished         EventKind = "key.published" // on schedule or by an operator
	EventKeyRevoked           EventKind = "key.revoked"
	EventKeysRewrapped        EventKind = "keys.rewrapped" // under another master key
	EventImportBegun          EventKind = "import.begun"
	EventImportEnded          EventKind = "import.ended"
)
