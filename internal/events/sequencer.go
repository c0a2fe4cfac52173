package events

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Any process may number the lines; one at a time does, under a lease. Two that both believe to hold it cannot fork
// the chain: each batch names the lease's term and the end that it continues, and the store refuses it otherwise.
const (
	sequencerLease = "sequencer"
	leaseLife      = 2 * time.Second // a pulse that stands still for so long is a dead one
	renewEvery     = 500 * time.Millisecond
	batch          = 200 // lines in a transaction; facts wait for it on an embedded database
)

type sequencer struct {
	self    core.ID
	renewed time.Duration
	work    atomic.Bool // this process wrote something that may have no number

	waiting, oldest atomic.Int64 // for State
	failing         bool
}

// see notes what was found without a number.
func (s *sequencer) see(lines []store.Line) {
	if len(lines) > 0 {
		s.oldest.Store(lines[0].At.UnixMilli())
	}
	s.waiting.Store(int64(len(lines)))
}

// keepNumbering takes one turn, and says when numbering begins or ceases to fail.
func (l *Log) keepNumbering(ctx context.Context) {
	err := l.Number(ctx)
	if ctx.Err() != nil || (err != nil) == l.sequencer.failing {
		return
	}
	if l.sequencer.failing = err != nil; err != nil {
		l.warn.Warn("change log: lines get no numbers", "cause", err)
	} else {
		l.warn.Info("change log: lines get numbers again")
	}
}

// Number gives the lines that have none their numbers, if this process holds the lease or can have it.
func (l *Log) Number(ctx context.Context) error {
	// Where nobody else writes, there is nothing to do until we have written.
	if !l.shared && !l.sequencer.work.Swap(false) {
		return nil
	}
	err := l.number(ctx)
	if err != nil {
		l.sequencer.work.Store(true)
	}
	if errors.Is(err, core.ErrConflict) {
		return nil // somebody was faster; the next turn sees
	}
	return err
}

func (l *Log) number(ctx context.Context) error {
	lines, err := l.unsequenced(ctx)
	if err != nil || len(lines) == 0 && !l.shared {
		return err
	}
	lease, held, err := l.hold(ctx)
	if err != nil || !held {
		return err
	}
	for len(lines) > 0 {
		from, err := l.store.ChainEnd(ctx)
		if err != nil {
			return err
		}
		// Hashed before the transaction begins, not within it.
		if err := l.store.Sequence(ctx, lease, from, chained(from, lines[:min(batch, len(lines))])); err != nil {
			return err
		}
		if lines, err = l.unsequenced(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) unsequenced(ctx context.Context) ([]store.Line, error) {
	lines, err := l.store.Unsequenced(ctx, store.Line{})
	if err == nil {
		l.sequencer.see(lines)
	}
	return lines, err
}

// hold keeps the lease alive, or takes it if nobody does.
func (l *Log) hold(ctx context.Context) (lease store.Lease, held bool, err error) {
	if lease, err = l.store.Lease(ctx, sequencerLease); err != nil {
		return lease, false, err
	}
	now := l.watch.Elapsed()
	l.tail.feel(lease, now)
	if lease.Holder == l.sequencer.self {
		if !l.shared || now-l.sequencer.renewed < renewEvery {
			return lease, true, nil
		}
		l.sequencer.renewed = now
		return lease, true, l.store.RenewLease(ctx, lease)
	}
	still := now - time.Duration(l.tail.pulseAt.Load())
	if l.shared && !lease.Holder.Zero() && still < leaseLife {
		return lease, false, nil
	}
	l.sequencer.renewed = now
	lease, err = l.store.TakeLease(ctx, lease, l.sequencer.self)
	return lease, err == nil, err
}

// release gives the lease back, so that the next one need not wait.
func (l *Log) release() {
	if !l.shared {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if lease, err := l.store.Lease(ctx, sequencerLease); err == nil && lease.Holder == l.sequencer.self {
		_ = l.store.ReleaseLease(ctx, lease) // it runs out
	}
}
