package feed

import (
	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Notice is what is told of one line of the change log: ids that stand in our tokens and introspection answers, and nothing
// about whom or what they stand for.
type Notice struct {
	Type string `json:"type"`
	Of   string `json:"of"`
	ID   string `json:"id,omitempty"`
	At   int64  `json:"at"` // unix milliseconds
}

// What a reader does: with what is revoked, refuse; with what is changed, ask again.
const (
	revoked = "revoked"
	changed = "changed"
)

// Of which member of a token or an introspection answer the id is; docs/revocation-feed.md says it for readers.
const (
	ofToken         = "token"         // jti
	ofAuthorization = "authorization" // lp_authorization.id
	ofGrant         = "grant"         // lp_authorization.grant
	ofSubject       = "subject"       // sub
	ofApp           = "app"           // lp_app
	ofAccount       = "account"       // launchpad_accounts, lp_reach.accounts
	ofEverything    = "everything"    // no id: whatever the reader remembers
)

type telling struct {
	kind, of string
	id       func(core.Event) core.ID
}

func subject(e core.Event) core.ID  { return e.SubjectID }
func identity(e core.Event) core.ID { return e.IdentityID }
func account(e core.Event) core.ID  { return e.AccountID }
func nothing(core.Event) core.ID    { return core.ID{} }

// tellings is the one list of what is told. A kind that is not in it changes nothing about tokens that are out.
var tellings = map[core.EventKind]telling{
	core.EventTokenRevoked:         {revoked, ofToken, subject},
	core.EventPersonalTokenRevoked: {revoked, ofToken, subject},
	core.EventAuthorizationRevoked: {revoked, ofAuthorization, subject},
	core.EventRefreshReused:        {revoked, ofAuthorization, subject},
	core.EventCodeReplayed:         {revoked, ofAuthorization, subject},
	core.EventGrantRevoked:         {revoked, ofGrant, subject},
	core.EventGrantChanged:         {changed, ofGrant, subject},
	core.EventIdentityLocked:       {revoked, ofSubject, subject},
	core.EventIdentityDeleted:      {revoked, ofSubject, subject},
	core.EventAppDeleted:           {revoked, ofApp, subject},
	core.EventAppChanged:           {changed, ofApp, subject},
	core.EventMembershipAdded:      {changed, ofSubject, identity},
	core.EventMembershipChanged:    {changed, ofSubject, identity},
	core.EventMembershipRemoved:    {changed, ofSubject, identity},
	core.EventAccountChanged:       {changed, ofAccount, account},
	core.EventAccountResumed:       {changed, ofAccount, account},
	// With an account the apps that it publishes come to a halt, and no token names its app's publisher.
	core.EventAccountSuspended: {changed, ofEverything, nothing},
	// What a key made is good no more, and no token but a JWT names its key.
	core.EventKeyRevoked: {changed, ofEverything, nothing},
}

// noticeOf gives what is told of a line, if anything is.
func noticeOf(e core.Event) (Notice, bool) {
	t, told := tellings[e.Kind]
	if !told {
		return Notice{}, false
	}
	n := Notice{Type: t.kind, Of: t.of, At: e.At.UnixMilli()}
	if id := t.id(e); !id.Zero() {
		n.ID = id.String()
	}
	return n, true
}

func noticesOf(lines ...[]store.Line) []Notice {
	list := []Notice{}
	for _, part := range lines {
		for _, line := range part {
			if n, told := noticeOf(line.Event); told {
				list = append(list, n)
			}
		}
	}
	return list
}
