package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Rotation says when keys are replaced.
type Rotation struct {
	Every time.Duration // how long a key is used for what is new; 0: until an operator rotates it
	Lead  time.Duration // how long a successor is published before it is used
	Skew  time.Duration // how much longer than its strings a key is kept
}

// DefaultRotation: the published keys may be cached for a minute, and the clocks of nodes may differ by half of one.
var DefaultRotation = Rotation{Every: 90 * 24 * time.Hour, Lead: 90 * time.Second, Skew: time.Minute}

// keep is how long the row of a key that is over is kept: a clock that was wrong by less destroys nothing, because the
// key is back as soon as the clock is.
const keep = 7 * 24 * time.Hour

// State is where a key is in its life.
type State string

const (
	Waiting  State = "waiting"  // published, not yet used
	Active   State = "active"   // used for what is new
	Retiring State = "retiring" // opens and verifies what was made with it
	Retired  State = "retired"  // all that was made with it has ended
	Revoked  State = "revoked"  // ended before its time
	Damaged  State = "damaged"  // its row was changed, so it does not open
)

// Status is a stored key and where it is in its life.
type Status struct {
	store.Key
	State     State
	RetiresAt time.Time // zero: not before it has a successor
}

// line is a ring from its oldest key to its newest. Only rows and clock decide, so all nodes come to the same.
func (k *Keys) line(ring Ring, stored []store.Key, now time.Time) []Status {
	var line []Status
	for _, row := range stored {
		if row.Ring == string(ring) {
			line = append(line, Status{Key: row})
		}
	}
	var ended time.Time // when the key at i was last used for something new
	for i := len(line) - 1; i >= 0; i-- {
		s := &line[i]
		if !ended.IsZero() {
			s.RetiresAt = ended.Add(k.o.Lives[ring] + k.o.Rotation.Skew)
		}
		switch {
		case !s.RevokedAt.IsZero():
			s.State = Revoked
		case !s.RetiresAt.IsZero() && !now.Before(s.RetiresAt):
			s.State = Retired
		}
		if s.RevokedAt.IsZero() || s.RevokedAt.After(s.ActiveAt) {
			ended = earliest(ended, s.ActiveAt)
		}
	}
	active, _ := inUse(line, now)
	for i := range line {
		switch s := &line[i]; {
		case s.State != "":
		case s.Slot < active.Slot:
			s.State = Retiring
		case s.Slot > active.Slot:
			s.State = Waiting
		default:
			s.State = Active
		}
	}
	return line
}

// lives reports whether the key opens and verifies.
func (s *Status) lives() bool { return s.State != Revoked && s.State != Retired }

// inUse finds, among the living, the key for what is new and the one that takes over from it. The newest whose time has
// come is used. After the clock went back that may be none, and the oldest serves.
func inUse(line []Status, now time.Time) (active, next *Status) {
	for i := range line {
		s := &line[i]
		if !s.lives() {
			continue
		}
		if active == nil || !s.ActiveAt.After(now) {
			active, next = s, nil
		} else if next == nil {
			next = s
		}
	}
	return active, next
}

// turns gives the next moment at which the clock alone changes something about a living key.
func (s *Status) turns(now time.Time) time.Time {
	if !s.lives() {
		return time.Time{}
	}
	if s.ActiveAt.After(now) {
		return s.ActiveAt
	}
	return s.RetiresAt
}

// keepSchedule publishes the successors that are due and destroys what was over long ago.
func (k *Keys) keepSchedule(ctx context.Context, set *keySet) (did bool, err error) {
	now := k.o.Clock.Now()
	for _, ring := range rings {
		line := k.line(ring, set.stored, now)
		if from, due := k.due(line, now); due {
			did = true
			if err := k.publish(ctx, ring, line, from); err != nil && !errors.Is(err, core.ErrConflict) {
				return did, err
			}
		}
		for _, s := range line {
			if s.over(now, k.o.Lives[ring]) {
				did = true
				if err := k.o.Store.DestroyKey(ctx, s.ID); err != nil {
					return did, err
				}
			}
		}
	}
	return did, nil
}

// due tells whether a ring needs a key, and from when on that is to be used: at once, if there is no other.
func (k *Keys) due(line []Status, now time.Time) (from time.Time, due bool) {
	active, next := inUse(line, now)
	switch {
	case active == nil:
		return now, true
	case next != nil || k.o.Rotation.Every == 0:
		return now, false
	}
	from = now.Add(k.o.Rotation.Lead)
	return from, !from.Before(active.ActiveAt.Add(k.o.Rotation.Every))
}

func (s *Status) over(now time.Time, life time.Duration) bool {
	switch s.State {
	case Retired:
		return now.After(s.RetiresAt.Add(keep))
	case Revoked:
		return now.After(s.RevokedAt.Add(life + keep))
	}
	return false
}

// publish fills the slot behind a line. core.ErrConflict: another node was first, and what it made is as good.
func (k *Keys) publish(ctx context.Context, ring Ring, line []Status, from time.Time) error {
	key, err := k.make(ring, nextSlot(line), from)
	if err != nil {
		return err
	}
	err = k.o.Store.PublishKey(ctx, key, k.master.name)
	if !errors.Is(err, core.ErrConflict) {
		return err
	}
	name, failed := k.o.Store.NameMasterKey(ctx, k.master.name)
	if failed == nil && name != k.master.name {
		failed = errors.New("the stored keys are wrapped under another master key by now; start this node again, with that one")
	}
	if failed != nil {
		return fmt.Errorf("publish a key of %s: %w", ring, failed)
	}
	return err
}

func nextSlot(line []Status) int64 {
	if len(line) == 0 {
		return 1
	}
	return line[len(line)-1].Slot + 1
}
