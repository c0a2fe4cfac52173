package uses

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
)

// ledger is where a tally is added up.
type ledger struct {
	sums map[string]Sum
	fail error
}

func (l *ledger) write(_ context.Context, part map[string]Sum) error {
	for key, s := range part {
		if l.fail == nil {
			l.sums[key] = l.sums[key].and(s)
		}
	}
	return l.fail
}

func TestATallyAddsUp(t *testing.T) {
	l := ledger{sums: map[string]Sum{}}
	tally := NewTally(l.write)
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			tally.Note("a", start.Add(time.Duration(n)*time.Second))
			if n%10 == 0 {
				tally.Note("b", start)
			}
		})
	}
	all.Wait()
	for range 2 { // the second time there is nothing to write
		if err := tally.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := (Sum{100, start.Add(99 * time.Second)}); l.sums["a"] != want || l.sums["b"].Count != 10 {
		t.Errorf("counted %v, want %v and 10", l.sums, want)
	}
}

func TestUnwrittenSumsWait(t *testing.T) {
	l := ledger{sums: map[string]Sum{}, fail: core.ErrUnavailable}
	tally := NewTally(l.write)
	tally.Note("a", start)
	if err := tally.Flush(t.Context()); !errors.Is(err, core.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, core.ErrUnavailable)
	}
	tally.Note("a", start.Add(-time.Second))
	l.fail = nil
	if err := tally.Flush(t.Context()); err != nil || l.sums["a"] != (Sum{2, start}) {
		t.Errorf("counted %v, %v, want 2", l.sums, err)
	}
}

func TestATallyIsBounded(t *testing.T) {
	tally := NewTally(func(context.Context, map[int]Sum) error { return nil })
	for i := range limit + 5 {
		tally.Note(i, start)
	}
	tally.Note(0, start) // waits already
	if waiting, dropped := tally.Figures(); waiting != limit || dropped != 5 {
		t.Errorf("%d wait and %d were dropped, want %d and 5", waiting, dropped, limit)
	}
}
