package uses

import (
	"context"
	"fmt"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/meter"
)

const (
	flushEvery = 5 * time.Second
	limit      = 50_000 // notes that wait; beyond that, new ones are dropped and come again with the next use
	batch      = 200    // notes in one write
)

// Notes of one kind: what was last seen of each id.
type Notes[V any] struct {
	due   func(noted, seen V) bool
	write func(context.Context, map[core.ID]V) error

	mu      sync.Mutex
	noted   map[core.ID]V // written or waiting; the memory that keeps a note from being repeated
	waiting map[core.ID]V

	dropped meter.Count
}

// New makes an empty pad. due says whether what is seen is worth a note after what was noted last.
func New[V any](due func(noted, seen V) bool, write func(context.Context, map[core.ID]V) error) *Notes[V] {
	return &Notes[V]{due: due, write: write, noted: map[core.ID]V{}, waiting: map[core.ID]V{}}
}

// Every makes a pad of last uses, of which one for each id is written in an interval.
func Every(interval time.Duration, write func(context.Context, map[core.ID]time.Time) error) *Notes[time.Time] {
	return New(func(noted, seen time.Time) bool { return seen.Sub(noted) >= interval }, write)
}

// Note takes in that an id is in use.
func (n *Notes[V]) Note(id core.ID, seen V) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, known := n.noted[id]; known && !n.due(last, seen) {
		return
	}
	if _, waits := n.waiting[id]; !waits && len(n.waiting) >= limit {
		n.dropped.Add(1)
		return
	}
	if len(n.noted) >= 4*limit {
		clear(n.noted) // costs repeated writes
	}
	n.noted[id], n.waiting[id] = seen, seen
}

// Figures tells how many notes wait, and how many were dropped so far because too many did.
func (n *Notes[V]) Figures() (waiting int, dropped int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.waiting), n.dropped.Read()
}

// Flush writes the notes that are waiting. Those that could not be written are forgotten, so that the next use makes
// them anew.
func (n *Notes[V]) Flush(ctx context.Context) error {
	n.mu.Lock()
	list := parts(n.waiting)
	n.waiting = map[core.ID]V{}
	n.mu.Unlock()
	for i, part := range list {
		if err := n.write(ctx, part); err != nil {
			n.forget(list[i:])
			return fmt.Errorf("write notes of use: %w", err)
		}
	}
	return nil
}

func (n *Notes[V]) forget(unwritten []map[core.ID]V) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, part := range unwritten {
		for id := range part {
			delete(n.noted, id)
		}
	}
}

func parts[K comparable, V any](all map[K]V) []map[K]V {
	var list []map[K]V
	var part map[K]V
	for key, v := range all {
		if len(part)%batch == 0 {
			part = make(map[K]V, batch)
			list = append(list, part)
		}
		part[key] = v
	}
	return list
}

// Keep flushes in the background until ctx ends, and once more then. A failed flush loses no use for long: notes come
// again.
func Keep(ctx context.Context, flush func(context.Context) error) { KeepEvery(ctx, flushEvery, flush) }

// KeepEvery is Keep at another pace.
func KeepEvery(ctx context.Context, pace time.Duration, flush func(context.Context) error) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = flush(ctx)
		case <-ctx.Done():
			_ = flush(context.WithoutCancel(ctx))
			return
		}
	}
}
