package resource

import (
	"sync"
	"time"
)

// name is one way in which the feed may mean a token.
type name struct{ of, id string }

// marks is what the feed said, for as long as a token can live that it is about.
type marks struct {
	mu         sync.RWMutex
	revoked    map[name]time.Duration // and when it was heard
	changed    map[name]time.Duration
	everything time.Duration // answers from before are worth nothing; 0: never said
	said       bool
	blind      time.Duration // until then there was more than could be kept
	keep       time.Duration
	since      int
}

const (
	// settle is how long after a change an answer may still be an older node's: within a second all of them know.
	settle = 2 * time.Second
	// mostMarks bounds the memory; whoever hears more asks about everything for a while.
	mostMarks = 200_000
	// keepUntold is how long marks are kept before the server has said for how long.
	keepUntold = 24 * time.Hour
)

// see notes what the feed says.
func (m *marks) see(n notice, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.revoked == nil {
		m.revoked, m.changed = map[name]time.Duration{}, map[name]time.Duration{}
	}
	switch what := (name{n.Of, n.ID}); {
	case n.Type == "revoked" && n.ID != "":
		m.revoked[what] = now
	case n.Type == "changed" && n.ID != "":
		m.changed[what] = now
	default:
		// "everything", and whatever this library is too old to understand.
		m.everything, m.said = now, true
	}
	if m.since++; m.since >= 1000 || len(m.revoked)+len(m.changed) > mostMarks {
		m.forget(now)
	}
}

// startOver: what was remembered of tokens until now is worth nothing.
func (m *marks) startOver(now time.Duration) { m.see(notice{}, now) }

func (m *marks) forget(now time.Duration) {
	m.since = 0
	keep := or(m.keep, keepUntold)
	m.said = m.said && now-m.everything <= keep
	for _, set := range []map[name]time.Duration{m.revoked, m.changed} {
		for n, at := range set {
			if now-at > keep {
				delete(set, n)
			}
		}
	}
	if len(m.revoked)+len(m.changed) > mostMarks {
		clear(m.revoked)
		clear(m.changed)
		m.everything, m.said, m.blind = now, true, now+keep
	}
}

// keepFor is the server's word.
func (m *marks) keepFor(d, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep = d
	m.forget(now)
}

// dead reports whether something that the token stands on was revoked.
func (m *marks) dead(t *Token) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, n := range t.names {
		if _, dead := m.revoked[n]; dead {
			return true
		}
	}
	return false
}

// holds reports whether what was found out when asked was sent is still so. A JWT says what was so when it was issued, at
// an unknown moment of the feed, so it does not hold once anything was said.
func (m *marks) holds(t *Token, asked time.Duration, local bool) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	stale := func(at time.Duration) bool { return local || asked <= at+settle }
	if m.said && stale(m.everything) {
		return false
	}
	for _, n := range t.names {
		if at, ok := m.changed[n]; ok && stale(at) {
			return false
		}
	}
	return true
}

func (m *marks) seesAll(now time.Duration) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return now >= m.blind
}
