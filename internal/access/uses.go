package access

import (
	"context"
	"fmt"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Notes of use are written late and together: at most one write for each rotation of a refresh token, and one a
// flush for a personal token, however often it is used.

const (
	flushEvery = 5 * time.Second
	usesLimit  = 50_000 // notes that wait; beyond that, new ones are dropped and come again with the next use
	flushBatch = 200    // notes in one fact
)

type uses struct {
	store *store.Store

	mu        sync.Mutex
	confirmed map[core.ID]int64 // written or waiting; the memory that keeps a note from being repeated
	waiting   map[core.ID]int64
	tokens    map[core.ID]time.Time
}

func newUses(s *store.Store) *uses {
	return &uses{store: s, confirmed: map[core.ID]int64{}, waiting: map[core.ID]int64{}, tokens: map[core.ID]time.Time{}}
}

// generation notes that an access token of the generation is in use: its refresh token's answer has arrived.
func (u *uses) generation(authorization core.ID, generation int64) {
	if authorization.Zero() {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.confirmed[authorization] >= generation || len(u.waiting) >= usesLimit {
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
	if _, known := u.tokens[id]; known || len(u.tokens) < usesLimit {
		u.tokens[id] = at
	}
}

func (u *uses) flush(ctx context.Context) error {
	u.mu.Lock()
	waiting, tokens := u.waiting, u.tokens
	u.waiting, u.tokens = map[core.ID]int64{}, map[core.ID]time.Time{}
	u.mu.Unlock()
	for _, part := range parts(waiting) {
		if err := u.store.Confirm(ctx, part); err != nil {
			u.again(part)
			return fmt.Errorf("confirm generations: %w", err)
		}
	}
	for _, part := range parts(tokens) {
		if err := u.store.SeePersonalTokens(ctx, part); err != nil {
			return fmt.Errorf("note use of personal tokens: %w", err)
		}
	}
	return nil
}

// again forgets notes that could not be written, so that the next use makes them anew.
func (u *uses) again(failed map[core.ID]int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id := range failed {
		delete(u.confirmed, id)
	}
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
