package events

import (
	"context"
	"fmt"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Reader hears of every committed line. It must be quick and must not call the store.
type Reader func(core.Event)

// Log spreads the change log.
type Log struct {
	store   *store.Store
	readers []Reader
}

// Follow subscribes to the store's change log. Readers are set here, once, so that none misses a line.
func Follow(s *store.Store, readers ...Reader) *Log {
	l := &Log{store: s, readers: readers}
	s.Heard(l.spread)
	return l
}

func (l *Log) spread(events []core.Event) {
	for _, e := range events {
		for _, read := range l.readers {
			read(e)
		}
	}
}

// Replay tells the readers again what was revoked or narrowed since a time. A process calls it before it is ready:
// what ended before it started must be refused by it too.
func (l *Log) Replay(ctx context.Context, from time.Time) error {
	err := l.store.Events(ctx, from, core.Invalidating, func(e core.Event) { l.spread([]core.Event{e}) })
	if err != nil {
		return fmt.Errorf("replay change log: %w", err)
	}
	return nil
}
