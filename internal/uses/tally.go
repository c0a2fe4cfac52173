package uses

import (
	"context"
	"fmt"
	"sync"
	"time"

	"launchpad/internal/meter"
)

// Sum is how often something was done, and when last.
type Sum struct {
	Count int64
	Last  time.Time
}

func (s Sum) and(other Sum) Sum {
	s.Count += other.Count
	if other.Last.After(s.Last) {
		s.Last = other.Last
	}
	return s
}

// Tally counts what is done, by key, until it is added up elsewhere.
type Tally[K comparable] struct {
	write func(context.Context, map[K]Sum) error

	mu      sync.Mutex
	waiting map[K]Sum

	dropped meter.Count
}

// NewTally makes an empty one. write adds to what was written before.
func NewTally[K comparable](write func(context.Context, map[K]Sum) error) *Tally[K] {
	return &Tally[K]{write: write, waiting: map[K]Sum{}}
}

// Note counts one.
func (t *Tally[K]) Note(key K, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(key, Sum{Count: 1, Last: at})
}

// add is called with the lock held.
func (t *Tally[K]) add(key K, s Sum) {
	before, waits := t.waiting[key]
	if !waits && len(t.waiting) >= limit {
		t.dropped.Add(1)
		return
	}
	t.waiting[key] = before.and(s)
}

// Figures tells how many sums wait, and how many were dropped so far because too many did.
func (t *Tally[K]) Figures() (waiting int, dropped int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting), t.dropped.Read()
}

// Flush writes the sums that are waiting. Those that could not be written wait on.
func (t *Tally[K]) Flush(ctx context.Context) error {
	t.mu.Lock()
	list := parts(t.waiting)
	t.waiting = map[K]Sum{}
	t.mu.Unlock()
	for i, part := range list {
		if err := t.write(ctx, part); err != nil {
			t.putBack(list[i:])
			return fmt.Errorf("write counts of use: %w", err)
		}
	}
	return nil
}

func (t *Tally[K]) putBack(unwritten []map[K]Sum) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, part := range unwritten {
		for key, s := range part {
			t.add(key, s)
		}
	}
}
