package access

import (
	"encoding/json"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// deadSet holds what became dead or changed within the longest life of an access token. Whatever happened
// earlier is known to no living token, so the set is bounded by the pace of revocations, not by the number of
// tokens.
type deadSet struct {
	clock   core.Clock
	longest time.Duration

	mu     sync.RWMutex
	dead   map[named]time.Time // and when it died
	grants map[core.ID]changed
}

// named is what can die. Ids alone do not tell kinds apart.
type named struct {
	kind kind
	id   core.ID
}

type kind byte

const (
	anAuthorization kind = iota + 1
	aGrant
	anIdentity
	anApp
	aToken
)

// diesBy tells what an event ends.
var diesBy = map[core.EventKind]kind{
	core.EventAuthorizationRevoked: anAuthorization,
	core.EventRefreshReused:        anAuthorization,
	core.EventCodeReplayed:         anAuthorization,
	core.EventGrantRevoked:         aGrant,
	core.EventIdentityLocked:       anIdentity,
	core.EventIdentityDeleted:      anIdentity,
	core.EventAppDeleted:           anApp,
	core.EventTokenRevoked:         aToken,
}

type changed struct {
	at      time.Time
	version int64
	scope   oauth.Scope
	reach   core.Reach
}

func newDeadSet(clock core.Clock, longest time.Duration) *deadSet {
	return &deadSet{clock: clock, longest: longest, dead: map[named]time.Time{}, grants: map[core.ID]changed{}}
}

func (d *deadSet) read(e core.Event) {
	if what, ends := diesBy[e.Kind]; ends {
		d.mu.Lock()
		d.dead[named{what, e.SubjectID}] = e.At
		d.mu.Unlock()
	}
	if e.Kind == core.EventGrantChanged {
		var change store.GrantChange
		if json.Unmarshal([]byte(e.Data), &change) != nil {
			// Rights that cannot be read are no rights.
			change = store.GrantChange{Version: 1 << 62}
		}
		d.mu.Lock()
		if d.grants[e.SubjectID].version < change.Version {
			d.grants[e.SubjectID] = changed{e.At, change.Version, change.Scope, change.Reach}
		}
		d.mu.Unlock()
	}
}

// narrow reports whether nothing that the token stands on is dead, and cuts its rights to those that its grant
// has now.
func (d *deadSet) narrow(t *core.AccessToken) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(d.dead) > 0 {
		for _, root := range [...]named{{aToken, t.ID}, {anApp, t.AppID}, {anAuthorization, t.AuthorizationID}, {aGrant, t.GrantID}, {anIdentity, t.IdentityID}} {
			if _, dead := d.dead[root]; dead {
				return false
			}
		}
	}
	if now, ok := d.grants[t.GrantID]; ok {
		t.Scope, t.Reach = t.Scope.And(now.scope), t.Reach.And(now.reach)
	}
	return true
}

// forget drops what no living token can remember. Twice the longest life leaves room for clocks.
func (d *deadSet) forget() {
	before := d.clock.Now().Add(-2 * d.longest)
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, at := range d.dead {
		if at.Before(before) {
			delete(d.dead, id)
		}
	}
	for id, grant := range d.grants {
		if grant.at.Before(before) {
			delete(d.grants, id)
		}
	}
}
