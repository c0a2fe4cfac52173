package events

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// Reader hears of every committed line, of some more than once. It must be quick and must not call the store.
type Reader func(core.Event)

// Log is the change log as one process sees it.
type Log struct {
	store   *store.Store
	shared  bool // with other processes; else nobody needs to be listened to
	clock   core.Clock
	watch   core.Stopwatch
	warn    *slog.Logger
	readers []Reader
	window  time.Duration

	tail      tail
	sequencer sequencer
}

// New makes the log of a process; readers hear of nothing until Start.
func New(s *store.Store, clock core.Clock, watch core.Stopwatch, warn *slog.Logger) *Log {
	l := &Log{store: s, shared: s.Shared(), clock: clock, watch: watch, warn: warn}
	l.sequencer.self = core.ID(secret.Bytes(16))
	l.sequencer.work.Store(true) // whoever ran before may have left lines without a number
	return l
}

// Start subscribes the readers, once, so that none misses a line, and tells them again what was revoked or narrowed
// within the window: what ended before the process started must be refused by it too.
func (l *Log) Start(ctx context.Context, window time.Duration, readers ...Reader) error {
	l.readers, l.window = readers, window
	l.store.Heard(l.told)
	// The position comes first: whatever is committed between the two is newer than it, and the tail finds it.
	end, err := l.store.ChainEnd(ctx)
	if err != nil {
		return fmt.Errorf("start change log: %w", err)
	}
	if err := l.replay(ctx, core.Invalidating); err != nil {
		return fmt.Errorf("start change log: %w", err)
	}
	if !l.shared {
		return nil
	}
	l.tail.start(end, l.watch.Elapsed())
	return l.Look(ctx)
}

// told takes in this process's own facts.
func (l *Log) told(events []core.Event) {
	for _, e := range events {
		l.spread(e)
	}
	l.sequencer.work.Store(true)
}

func (l *Log) spread(e core.Event) {
	for _, read := range l.readers {
		read(e)
	}
}

func (l *Log) replay(ctx context.Context, kinds []core.EventKind) error {
	if err := l.store.Events(ctx, l.clock.Now().Add(-l.window), kinds, l.spread); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return nil
}

// every is how often a process looks for what others wrote, and for lines without a number.
const every = 200 * time.Millisecond

// Run hears and numbers in the background until ctx ends.
func (l *Log) Run(ctx context.Context) {
	var both sync.WaitGroup
	if l.shared {
		both.Go(func() { each(ctx, func() { l.keepHearing(ctx) }) })
	}
	both.Go(func() {
		each(ctx, func() { l.keepNumbering(ctx) })
		l.release()
	})
	both.Wait()
}

func each(ctx context.Context, do func()) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

// State is how well the log does, as this process sees it.
type State struct {
	Lag     time.Duration // for how long this process may not have heard what others wrote; 0 on a database of its own
	Silence time.Duration // since the sequencer was last seen alive; 0 on a database of one's own
	Waiting int           // lines that had no number yet at the last look, up to store.Page
	Oldest  time.Time     // when the first of these was written
}

// State tells.
func (l *Log) State() State {
	state := State{Waiting: int(l.sequencer.waiting.Load())}
	if state.Waiting > 0 {
		state.Oldest = time.UnixMilli(l.sequencer.oldest.Load()).UTC()
	}
	if l.shared {
		now := l.watch.Elapsed()
		state.Lag = now - time.Duration(l.tail.heardAt.Load())
		state.Silence = now - time.Duration(l.tail.pulseAt.Load())
	}
	return state
}
