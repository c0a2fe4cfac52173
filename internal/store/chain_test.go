package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

const aLease = "contract"

func (w *world) lease(t *testing.T) store.Lease {
	t.Helper()
	l, err := w.Lease(t.Context(), aLease)
	must(t, err)
	return l
}

func (w *world) taken(t *testing.T, holder core.ID) store.Lease {
	t.Helper()
	l, err := w.TakeLease(t.Context(), w.lease(t), holder)
	must(t, err)
	return l
}

func (w *world) unsequenced(t *testing.T) []store.Line {
	t.Helper()
	lines, err := w.Unsequenced(t.Context(), store.Line{})
	must(t, err)
	return lines
}

// numbered numbers lines on from an end; what the hashes are made of is not the store's business.
func numbered(from store.End, lines []store.Line) []store.Line {
	for i := range lines {
		lines[i].Seq, lines[i].Hash = from.Seq+int64(i)+1, fmt.Sprintf("hash %d", from.Seq+int64(i)+1)
	}
	return lines
}

func TestALeaseHasOneHolder(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, what := range []string{"never held", "held", "given back"} {
			seen := w.lease(t)
			var winner atomic.Value
			if n := race(t, func() error {
				l, err := w.TakeLease(t.Context(), seen, w.id())
				if err == nil {
					winner.Store(l)
				}
				return err
			}); n != 1 {
				t.Errorf("%s: %d holders, want 1", what, n)
			}
			if l := w.lease(t); l != winner.Load() || l.Term != seen.Term+1 {
				t.Errorf("%s: %+v was taken by %+v", what, l, winner.Load())
			}
			if what == "held" {
				must(t, w.ReleaseLease(t.Context(), w.lease(t)))
				if !w.lease(t).Holder.Zero() {
					t.Error("not given back")
				}
			}
		}
	})
}

// Whoever saw a pulse stand still loses to the holder who moved it meanwhile, and a former holder changes nothing.
func TestALeaseIsTakenOnlyAsItWasSeen(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		mine := w.taken(t, w.id())
		must(t, w.RenewLease(t.Context(), mine))
		_, err := w.TakeLease(t.Context(), mine, w.id())
		wantErr(t, "taken as it was", err, core.ErrConflict)
		theirs := w.taken(t, w.id())
		wantErr(t, "renewed by a former holder", w.RenewLease(t.Context(), mine), core.ErrConflict)
		must(t, w.ReleaseLease(t.Context(), mine))
		if l := w.lease(t); l != theirs {
			t.Errorf("a former holder made %+v out of %+v", l, theirs)
		}
	})
}

func TestLinesAreNumberedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		lease, lines := w.taken(t, w.id()), w.unsequenced(t)
		if len(lines) == 0 {
			t.Fatal("no lines")
		}
		if n := race(t, func() error {
			return w.Sequence(t.Context(), lease, store.End{}, numbered(store.End{}, append([]store.Line(nil), lines...)))
		}); n != 1 {
			t.Errorf("%d times, want once", n)
		}
		found, err := w.Lines(t.Context(), 0)
		must(t, err)
		last := found[len(found)-1]
		if end, err := w.ChainEnd(t.Context()); err != nil || len(found) != len(lines) || end != (store.End{Seq: last.Seq, Hash: last.Hash}) || end.Seq != int64(len(lines)) {
			t.Errorf("%d lines of %d, the chain ends at %+v, %v", len(found), len(lines), end, err)
		}
		if left := w.unsequenced(t); len(left) != 0 {
			t.Errorf("%d lines have no number", len(left))
		}
	})
}

// Where a reader begins who was never here: at the youngest numbered line before a moment, whatever has no number yet.
func TestTheLastLineBeforeAMoment(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		last := func(what string, at time.Time, want int64) {
			t.Helper()
			if seq, err := w.LastBefore(t.Context(), at); err != nil || seq != want {
				t.Errorf("%s: %d, %v; want %d", what, seq, err, want)
			}
		}
		lease, begun := w.taken(t, w.id()), w.clock.Now()
		numberAll := func(from store.End) store.End {
			lines := w.unsequenced(t)
			must(t, w.Sequence(t.Context(), lease, from, numbered(from, lines)))
			return store.End{Seq: lines[len(lines)-1].Seq, Hash: lines[len(lines)-1].Hash}
		}
		last("nothing has a number", begun.Add(time.Minute), 0)
		first := numberAll(store.End{})
		w.clock.Advance(time.Hour)
		must(t, w.LockIdentity(t.Context(), w.ann.ID, core.ID{}, w.clock.Now()))
		last("a line without a number", begun.Add(2*time.Hour), first.Seq)
		second := numberAll(first)
		w.clock.Advance(time.Hour)
		must(t, w.LockIdentity(t.Context(), w.ben.ID, core.ID{}, w.clock.Now()))
		last("before everything", begun, 0)
		last("at the moment of the second", begun.Add(time.Hour), first.Seq)
		last("a millisecond later", begun.Add(time.Hour+time.Millisecond), second.Seq)
		last("after the one that has no number", begun.Add(3*time.Hour), second.Seq)
	})
}

// Fencing: a sequencer that stood still and goes on where it was numbers nothing.
func TestAStrangerNumbersNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		former := w.taken(t, w.id())
		lease := w.taken(t, w.id())
		lines := w.unsequenced(t)
		stranger := lease
		stranger.Holder = w.id()
		elsewhere := store.End{Seq: 7, Hash: "hash 7"}
		for what, try := range map[string]struct {
			lease store.Lease
			from  store.End
			lines []store.Line
		}{
			"a former holder":       {former, store.End{}, numbered(store.End{}, lines)},
			"a stranger":            {stranger, store.End{}, numbered(store.End{}, lines)},
			"from another end":      {lease, elsewhere, numbered(elsewhere, lines)},
			"from another hash":     {lease, store.End{Hash: "x"}, numbered(store.End{}, lines)},
			"lines that are not so": {lease, store.End{}, numbered(store.End{}, append([]store.Line{{Event: core.Event{ID: w.id()}}}, lines...))},
		} {
			wantErr(t, what, w.Sequence(t.Context(), try.lease, try.from, try.lines), core.ErrConflict)
			if end, err := w.ChainEnd(t.Context()); err != nil || end != (store.End{}) || len(w.unsequenced(t)) != len(lines) {
				t.Errorf("%s: the chain ends at %+v, %v", what, end, err)
			}
		}
		must(t, w.Sequence(t.Context(), lease, store.End{}, numbered(store.End{}, lines)))
	})
}

func TestAReaderAdvancesFromWhereItIs(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for range 2 { // starting again changes nothing
			if at, err := w.StartReader(ctx, "a", 3); err != nil || at != 3 {
				t.Errorf("started at %d, %v", at, err)
			}
		}
		if n := race(t, func() error { return w.AdvanceReader(ctx, "a", 3, 5) }); n != 1 {
			t.Errorf("%d advanced, want 1", n)
		}
		wantErr(t, "a reader that was never started", w.AdvanceReader(ctx, "b", 3, 5), core.ErrConflict)
		if at, err := w.StartReader(ctx, "a", 0); err != nil || at != 5 {
			t.Errorf("resumed at %d, %v, want 5", at, err)
		}
	})
}

// Facts go on while their lines are numbered, and none is lost or numbered twice.
func TestLinesAreNumberedWhileFactsAreWritten(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		lease := w.taken(t, w.id())
		const writers, each = 4, 10
		var writing sync.WaitGroup
		for range writers {
			writing.Go(func() {
				for range each {
					if err := w.RevokeAccessToken(t.Context(), core.AccessToken{ID: w.id(), AppID: w.app.ID}, w.clock.Now()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		for over := false; !over; {
			select {
			case <-done:
				over = true
			default:
			}
			lines := w.unsequenced(t)
			end, err := w.ChainEnd(t.Context())
			must(t, err)
			if len(lines) > 0 {
				must(t, w.Sequence(t.Context(), lease, end, numbered(end, lines)))
			}
		}
		found, err := w.Lines(t.Context(), 0)
		must(t, err)
		tokens := 0
		for i, line := range found {
			if line.Seq != int64(i+1) {
				t.Fatalf("line %d has the number %d", i+1, line.Seq)
			}
			if line.Kind == core.EventTokenRevoked {
				tokens++
			}
		}
		if tokens != writers*each {
			t.Errorf("%d revocations have numbers, want %d", tokens, writers*each)
		}
	})
}
