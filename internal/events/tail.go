package events

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Freshness. A process decides from memory while it has looked at the log within certain; then it looks first; beyond
// deaf it refuses to decide. All times are a stopwatch's, and a look counts from its beginning.
const (
	// A little under the second within which a revocation is obeyed everywhere, since the request takes time as well.
	certain = 900 * time.Millisecond
	deaf    = 5 * time.Second
	// patience of a single look.
	patience = time.Second
)

// tail is how a process hears of what other processes wrote.
type tail struct {
	mu      sync.Mutex
	running *look
	pulse   store.Lease // as last seen

	// Only the look that is running touches these.
	last  store.End        // up to here every number was heard
	heard map[core.ID]bool // while they had no number

	heardAt atomic.Int64 // when the last good look began
	pulseAt atomic.Int64 // when the sequencer's pulse was last seen to have moved
	until   atomic.Int64 // until then memory decides
	failing atomic.Bool
}

type look struct {
	begun time.Duration
	done  chan struct{}
	err   error
}

func (t *tail) start(end store.End, now time.Duration) {
	t.last, t.heard = end, map[core.ID]bool{}
	t.pulseAt.Store(int64(now))
}

// Current reports whether the readers know of everything that was committed until a moment ago. It costs a look at
// the stopwatch while the background hears well; otherwise it looks at the log itself, together with whoever else
// asks. Its error is core.ErrUnavailable: whether something was revoked is then unknown, and must not be answered.
func (l *Log) Current(ctx context.Context) error {
	if !l.shared {
		return nil
	}
	now := l.watch.Elapsed()
	if int64(now) <= l.tail.until.Load() {
		return nil
	}
	if err := l.Hearing(); err != nil {
		return err
	}
	if err := l.Look(ctx); err != nil {
		return err
	}
	if now = l.watch.Elapsed(); int64(now) > l.tail.until.Load() {
		return fmt.Errorf("%w: reading the change log takes too long", core.ErrUnavailable)
	}
	return nil
}

// Hearing is core.ErrUnavailable if this process has been deaf for too long, or nobody could write for so long. A
// database that was demoted, or cut off from the others, still answers, but no pulse moves in it.
func (l *Log) Hearing() error {
	state := l.State()
	switch {
	case state.Lag > deaf:
		return fmt.Errorf("%w: the change log was not read for %s", core.ErrUnavailable, state.Lag.Round(time.Millisecond))
	case state.Silence > deaf:
		return fmt.Errorf("%w: nobody could write to the change log for %s", core.ErrUnavailable, state.Silence.Round(time.Millisecond))
	}
	return nil
}

// keepHearing looks once, and says when looking begins or ceases to fail.
func (l *Log) keepHearing(ctx context.Context) {
	err := l.Look(ctx)
	if ctx.Err() != nil || (err != nil) == l.tail.failing.Swap(err != nil) {
		return
	}
	if err != nil {
		l.warn.Warn("change log: what other nodes revoke cannot be heard", "cause", err)
	} else {
		l.warn.Info("change log: heard again")
	}
}

// Look hears what is new. One look runs at a time; who comes meanwhile waits for its end.
func (l *Log) Look(ctx context.Context) error {
	if !l.shared {
		return nil
	}
	one := l.join()
	overdue := l.watch.Elapsed()-one.begun > patience
	err := one.wait(ctx)
	if err != nil && overdue {
		// This process stood still in the middle of that look, which says nothing about the database now.
		err = l.join().wait(ctx)
	}
	return err
}

// join finds the look that is running, or starts one.
func (l *Log) join() *look {
	l.tail.mu.Lock()
	defer l.tail.mu.Unlock()
	if l.tail.running == nil {
		l.tail.running = &look{begun: l.watch.Elapsed(), done: make(chan struct{})}
		go l.run(l.tail.running)
	}
	return l.tail.running
}

func (one *look) wait(ctx context.Context) error {
	select {
	case <-one.done:
		return one.err
	case <-ctx.Done():
		return fmt.Errorf("%w: read change log: %w", core.ErrUnavailable, ctx.Err())
	}
}

// run is nobody's request, so that none of those who wait can end it.
func (l *Log) run(one *look) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if one.err = l.look(ctx, one.begun); one.err != nil {
		one.err = fmt.Errorf("%w: read change log: %w", core.ErrUnavailable, one.err)
	}
	l.tail.mu.Lock()
	l.tail.running = nil
	l.tail.mu.Unlock()
	close(one.done)
}

// look reads what has no number first. A line that gets its number meanwhile is then found among the numbers, so
// whatever was committed when the look began is heard when it ends; also the line of a writer that stood still before
// its commit while thousands of younger lines were numbered.
func (l *Log) look(ctx context.Context, begun time.Duration) error {
	pulse, err := l.store.Lease(ctx, sequencerLease)
	if err != nil {
		return err
	}
	l.tail.feel(pulse, begun)
	waiting, err := l.hearUnsequenced(ctx)
	if err != nil {
		return err
	}
	if err := l.hearSequenced(ctx); err != nil {
		return err
	}
	l.tail.heard = waiting
	l.tail.heardAt.Store(int64(begun))
	l.tail.until.Store(min(int64(begun+certain), l.tail.pulseAt.Load()+int64(deaf)))
	return nil
}

// feel notes whether the pulse has moved.
func (t *tail) feel(pulse store.Lease, now time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if pulse != t.pulse {
		t.pulse = pulse
		t.pulseAt.Store(int64(now))
	}
}

func (l *Log) hearUnsequenced(ctx context.Context) (waiting map[core.ID]bool, err error) {
	waiting = map[core.ID]bool{}
	var after store.Line
	for {
		lines, err := l.store.Unsequenced(ctx, after)
		if err != nil {
			return nil, err
		}
		if after.ID.Zero() {
			l.sequencer.see(lines)
		}
		for _, line := range lines {
			waiting[line.ID] = true
			l.hear(line)
			l.tail.heard[line.ID] = true
		}
		if len(lines) < store.Page {
			return waiting, nil
		}
		after = lines[len(lines)-1]
	}
}

// hearSequenced reads on from the last number. The last line itself comes along: if it is not what it was, this is
// another history (a failover lost commits, a copy was restored), and numbers say nothing about what was heard.
func (l *Log) hearSequenced(ctx context.Context) error {
	for {
		lines, err := l.store.Lines(ctx, l.tail.last.Seq-1)
		if err != nil {
			return err
		}
		more := len(lines) == store.Page
		if l.tail.last.Seq > 0 {
			if len(lines) == 0 || end(lines[0]) != l.tail.last {
				return l.hearAgain()
			}
			lines = lines[1:]
		}
		for _, line := range lines {
			l.hear(line)
			l.tail.last = end(line)
		}
		if !more {
			return nil
		}
	}
}

func end(l store.Line) store.End { return store.End{Seq: l.Seq, Hash: l.Hash} }

// hear spares the readers what they heard already: dropping caches costs.
func (l *Log) hear(line store.Line) {
	if !l.tail.heard[line.ID] {
		l.spread(line.Event)
	}
}

// replayPatience: reading a whole window takes longer than a look.
const replayPatience = time.Minute

// hearAgain reads everything of the window, as a start does, and whatever else caches may have missed.
func (l *Log) hearAgain() error {
	l.warn.Warn("change log: the database has another history than before; reading it again")
	ctx, cancel := context.WithTimeout(context.Background(), replayPatience)
	defer cancel()
	end, err := l.store.ChainEnd(ctx)
	if err != nil {
		return err
	}
	if err := l.replay(ctx, nil); err != nil {
		return err
	}
	l.tail.last = end
	return nil
}
