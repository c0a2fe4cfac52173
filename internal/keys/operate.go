package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// What operators do. All of it is facts in the store, so it works from any process and every node follows.

// List tells where every key is in its life.
func (k *Keys) List(ctx context.Context) ([]Status, error) {
	if err := k.look(ctx); err != nil {
		return nil, err
	}
	set, now := k.set.Load(), k.o.Clock.Now()
	var all []Status
	for _, ring := range rings {
		for _, s := range k.line(ring, set.stored, now) {
			if _, opened := set.opened[s.ID]; s.lives() && !opened {
				s.State = Damaged
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// Ages tells how long the key of each ring is in use, from memory.
func (k *Keys) Ages() map[Ring]time.Duration {
	now, ages := k.o.Clock.Now(), map[Ring]time.Duration{}
	stored := k.set.Load().stored
	for _, ring := range Rings() {
		for _, key := range k.line(Ring(ring), stored, now) {
			if key.State == Active {
				ages[Ring(ring)] = now.Sub(key.ActiveAt)
			}
		}
	}
	return ages
}

// look follows what is stored, and bears with damaged rows where the options do.
func (k *Keys) look(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.follow(ctx)
	if k.o.BearDamage && k.trouble == nil {
		return nil
	}
	return err
}

// Rings lists the names of the rings.
func Rings() []string {
	names := make([]string, len(rings))
	for i, ring := range rings {
		names[i] = string(ring)
	}
	return names
}

// Rotate publishes a successor of a ring's key before it is due. core.ErrConflict: one is waiting already.
func (k *Keys) Rotate(ctx context.Context, ring Ring) error {
	if !slices.Contains(rings, ring) {
		return core.ErrNotFound
	}
	if err := k.look(ctx); err != nil {
		return err
	}
	now := k.o.Clock.Now()
	line := k.line(ring, k.set.Load().stored, now)
	if _, next := inUse(line, now); next != nil {
		return core.ErrConflict
	}
	if err := k.publish(ctx, ring, line, now.Add(k.o.Rotation.Lead)); err != nil {
		return err
	}
	return k.look(ctx)
}

// attempts bounds how often an act begins anew because others changed what it had read.
const attempts = 5

// Revoke ends a key before its time: whatever was made with it is refused. If it was in use, another is at once.
// core.ErrNotFound: there is no such key. core.ErrConflict: it is revoked already.
func (k *Keys) Revoke(ctx context.Context, id string) error {
	for range attempts {
		if err := k.look(ctx); err != nil {
			return err
		}
		stored, now := k.set.Load().stored, k.o.Clock.Now()
		at := slices.IndexFunc(stored, func(row store.Key) bool { return row.ID == id })
		if at < 0 || !slices.Contains(rings, Ring(stored[at].Ring)) {
			return core.ErrNotFound
		}
		if !stored[at].RevokedAt.IsZero() {
			return core.ErrConflict
		}
		ring := Ring(stored[at].Ring)
		successor, err := k.make(ring, nextSlot(k.line(ring, stored, now)), now)
		if err != nil {
			return err
		}
		if err := k.o.Store.RevokeKey(ctx, id, now, successor, k.master.name); !errors.Is(err, core.ErrConflict) {
			return errors.Join(err, k.look(ctx))
		}
	}
	return errBusyTable
}

var errBusyTable = errors.New("the keys changed at every attempt; try again")

// Rewrap puts all keys under another master key, and changes nothing else. Running processes go on with the keys that
// they have, but need the new master key at their next start, and for keys that are made from now on.
func (k *Keys) Rewrap(ctx context.Context, master []byte) error {
	to, err := newWrapping(master)
	if err != nil {
		return err
	}
	if to.name == k.master.name {
		return errors.New("the new master key is the one that is in use")
	}
	for range attempts {
		stored, err := k.o.Store.Keys(ctx)
		if err != nil {
			return fmt.Errorf("read keys: %w", err)
		}
		if err := k.rewrapTo(ctx, to, stored); !errors.Is(err, core.ErrConflict) {
			return err
		}
	}
	return errBusyTable
}
