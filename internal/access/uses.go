package access

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/meter"
	"launchpad/internal/store"
)

// Notes of use are written late and together: at most one write for each rotation of a refresh token, and one a
// flush for a personal token, however often it is used.

const (
	flushEvery = 5 * time.Second
	usesLimit  = 50_000 // notes that wait; beyond that, new ones are dropped and come again with the next use
	flushBatch = 200    // notes in one fact
	// How exactly the last use of an app is known: a grant that is used all day costs a write this often.
	grantEvery = 10 * time.Minute
)

type uses struct {
	store *store.Store

	mu        sync.Mutex
	confirmed map[core.ID]int64 // written or waiting; the memory that keeps a note from being repeated
	waiting   map[core.ID]int64
	tokens    map[core.ID]time.Time
	grants    map[core.ID]time.Time // waiting
	noted     map[core.ID]time.Time // when each grant was noted last

	dropped meter.Count
}

func newUses(s *store.Store) *uses {
	return &uses{store: s, confirmed: map[core.ID]int64{}, waiting: map[core.ID]int64{}, tokens: map[core.ID]time.Time{},
		grants: map[core.ID]time.Time{}, noted: map[core.ID]time.Time{}}
}

// token notes that an access token is in use: its grant is, and its refresh token's answer has arrived.
func (u *uses) token(t core.AccessToken, now time.Time) {
	if t.AuthorizationID.Zero() {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.grant(t.GrantID, now)
	u.generation(t.AuthorizationID, t.Generation)
}

func (u *uses) grant(id core.ID, now time.Time) {
	if now.Sub(u.noted[id]) < grantEvery || u.full(len(u.grants)) {
		return
	}
	if len(u.noted) >= 4*usesLimit {
		clear(u.noted) // costs a repeated write
	}
	u.noted[id], u.grants[id] = now, now
}

func (u *uses) generation(authorization core.ID, generation int64) {
	if u.confirmed[authorization] >= generation || u.full(len(u.waiting)) {
		return
	}
	if len(u.confirmed) >= 4*usesLimit {
		// Forgetting costs a repeated write that changes nothing.
		clear(u.confirmed)
	}
	u.confirmed[authorization] = generation
	u.waiting[authorization] = generation
}

func (u *uses) personal(id core.ID, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.tokens[id]; known || !u.full(len(u.tokens)) {
		u.tokens[id] = at
	}
}

// full reports whether no more notes may wait; then one is dropped.
func (u *uses) full(waiting int) bool {
	if waiting < usesLimit {
		return false
	}
	u.dropped.Add(1)
	return true
}

func (u *uses) flush(ctx context.Context) error {
	u.mu.Lock()
	waiting, tokens, grants := u.waiting, u.tokens, u.grants
	u.waiting, u.tokens, u.grants = map[core.ID]int64{}, map[core.ID]time.Time{}, map[core.ID]time.Time{}
	u.mu.Unlock()
	// One kind that cannot be written does not cost the others theirs.
	return errors.Join(
		each(waiting, func(part map[core.ID]int64) error { return u.store.Confirm(ctx, part) },
			func(id core.ID) { delete(u.confirmed, id) }, &u.mu),
		each(tokens, func(part map[core.ID]time.Time) error { return u.store.SeePersonalTokens(ctx, part) },
			func(core.ID) {}, &u.mu),
		each(grants, func(part map[core.ID]time.Time) error { return u.store.SeeGrants(ctx, part) },
			func(id core.ID) { delete(u.noted, id) }, &u.mu),
	)
}

// each writes notes part by part. Those that could not be written are forgotten, so that the next use makes them anew.
func each[V any](notes map[core.ID]V, write func(map[core.ID]V) error, forget func(core.ID), mu *sync.Mutex) error {
	list := parts(notes)
	for i, part := range list {
		err := write(part)
		if err == nil {
			continue
		}
		mu.Lock()
		defer mu.Unlock()
		for _, unwritten := range list[i:] {
			for id := range unwritten {
				forget(id)
			}
		}
		return fmt.Errorf("write notes of use: %w", err)
	}
	return nil
}

func parts[V any](all map[core.ID]V) []map[core.ID]V {
	var list []map[core.ID]V
	var part map[core.ID]V
	for id, v := range all {
		if len(part)%flushBatch == 0 {
			part = make(map[core.ID]V, flushBatch)
			list = append(list, part)
		}
		part[id] = v
	}
	return list
}
