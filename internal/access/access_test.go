package access

import (
	"encoding/json"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func id(n byte) core.ID { return core.ID{15: n} }

func changedGrant(t *testing.T, grant core.ID, at time.Time, change store.GrantChange) core.Event {
	t.Helper()
	data, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	return core.Event{Kind: core.EventGrantChanged, SubjectID: grant, At: at, Data: string(data)}
}

// Each kind of end reaches the tokens that stand on it, and no others.
func TestWhatIsDeadKillsItsTokens(t *testing.T) {
	token := core.AccessToken{ID: id(1), AppID: id(2), AuthorizationID: id(3), GrantID: id(4), IdentityID: id(5)}
	for kind, subject := range map[core.EventKind]core.ID{
		core.EventTokenRevoked: token.ID, core.EventAppDeleted: token.AppID, core.EventAuthorizationRevoked: token.AuthorizationID, core.EventRefreshReused: token.AuthorizationID,
		core.EventCodeReplayed: token.AuthorizationID, core.EventGrantRevoked: token.GrantID, core.EventIdentityLocked: token.IdentityID,
	} {
		c := &clock{time.Unix(1_900_000_000, 0)}
		d := newDeadSet(c, 2*time.Hour)
		d.read(core.Event{Kind: kind, SubjectID: id(99), At: c.now})
		if other := token; !d.narrow(&other) {
			t.Errorf("%s of something else killed the token", kind)
		}
		d.read(core.Event{Kind: kind, SubjectID: subject, At: c.now})
		if other := token; d.narrow(&other) {
			t.Errorf("%s did not kill the token", kind)
		}
	}
}

// Changes may arrive out of order; the newest version counts, and only ever narrows.
func TestAChangedGrantNarrows(t *testing.T) {
	c := &clock{time.Unix(1_900_000_000, 0)}
	d := newDeadSet(c, 2*time.Hour)
	newest := store.GrantChange{Version: 3, Scope: oauth.Scopes("read"), Reach: core.Reach{Accounts: []core.ID{id(7)}, Default: id(7)}}
	d.read(changedGrant(t, id(4), c.now, newest))
	d.read(changedGrant(t, id(4), c.now, store.GrantChange{Version: 2, Scope: oauth.Scopes("read", "write"), Reach: core.Reach{All: true}}))
	token := core.AccessToken{AppID: id(2), GrantID: id(4), Scope: oauth.Scopes("read", "write"), Reach: core.Reach{All: true, Default: id(8)}}
	if !d.narrow(&token) || token.Scope.String() != "read" || token.Reach.All || !token.Reach.Includes(id(7)) || token.Reach.Includes(id(8)) || token.Reach.Default != id(7) {
		t.Errorf("narrowed to %+v", token)
	}
	d.read(core.Event{Kind: core.EventGrantChanged, SubjectID: id(4), At: c.now, Data: "damaged"})
	token = core.AccessToken{AppID: id(2), GrantID: id(4), Scope: oauth.Scopes("read"), Reach: core.Reach{All: true}}
	if d.narrow(&token); len(token.Scope) != 0 || token.Reach.Includes(id(7)) {
		t.Errorf("a change that cannot be read left %+v", token)
	}
}

// The set is bounded by time: it forgets what no living token can remember, and nothing sooner.
func TestTheDeadSetForgets(t *testing.T) {
	c := &clock{time.Unix(1_900_000_000, 0)}
	d := newDeadSet(c, 2*time.Hour)
	d.read(core.Event{Kind: core.EventTokenRevoked, SubjectID: id(1), At: c.now})
	d.read(changedGrant(t, id(4), c.now, store.GrantChange{Version: 2}))
	c.now = c.now.Add(3 * time.Hour)
	if d.forget(); len(d.dead) != 1 || len(d.grants) != 1 {
		t.Error("forgot too early")
	}
	c.now = c.now.Add(2 * time.Hour)
	if d.forget(); len(d.dead) != 0 || len(d.grants) != 0 {
		t.Error("did not forget")
	}
}

// An id is dead only as what died: an app's id that equals a person's ends nobody's tokens.
func TestKindsDieApart(t *testing.T) {
	clock, one := &clock{time.Unix(1_900_000_000, 0)}, id(1)
	kinds := map[string]core.AccessToken{
		"authorization": {AuthorizationID: one}, "grant": {GrantID: one}, "identity": {IdentityID: one}, "app": {AppID: one}, "token": {ID: one},
	}
	for event, what := range map[core.EventKind]string{
		core.EventAuthorizationRevoked: "authorization", core.EventRefreshReused: "authorization", core.EventCodeReplayed: "authorization",
		core.EventGrantRevoked: "grant", core.EventIdentityLocked: "identity", core.EventAppDeleted: "app", core.EventTokenRevoked: "token",
	} {
		dead := newDeadSet(clock, time.Hour)
		dead.read(core.Event{Kind: event, SubjectID: one, At: clock.Now()})
		for kind, token := range kinds {
			if alive := dead.narrow(&token); alive == (kind == what) {
				t.Errorf("%s, and the %s of the same id lives: %t", event, kind, alive)
			}
		}
	}
}

// What ends tokens is read again at every start, and nothing else is.
func TestWhatEndsTokensIsReplayed(t *testing.T) {
	replayed := map[core.EventKind]bool{}
	for _, kind := range core.Invalidating {
		replayed[kind] = true
		if _, ends := diesBy[kind]; !ends && kind != core.EventGrantChanged {
			t.Errorf("%s is replayed and ends nothing", kind)
		}
	}
	for kind := range diesBy {
		if !replayed[kind] {
			t.Errorf("%s ends something and is not replayed at a start", kind)
		}
	}
}
