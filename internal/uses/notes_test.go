package uses

import (
	"context"
	"errors"
	"testing"
	"time"

	"launchpad/internal/core"
)

var start = time.Unix(1_900_000_000, 0)

func id(n int) core.ID { return core.ID{0: byte(n), 1: byte(n >> 8), 2: byte(n >> 16), 3: 1} }

// written keeps what was written, part by part.
type written struct {
	parts []map[core.ID]time.Time
	fail  error
}

func (w *written) write(_ context.Context, part map[core.ID]time.Time) error {
	if w.fail == nil {
		w.parts = append(w.parts, part)
	}
	return w.fail
}

func flush[V any](t *testing.T, n *Notes[V]) {
	t.Helper()
	if err := n.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestAUseIsWrittenOnceInItsInterval(t *testing.T) {
	var w written
	n := Every(10*time.Minute, w.write)
	for second := range 600 {
		n.Note(id(1), start.Add(time.Duration(second)*time.Second))
		flush(t, n)
	}
	if len(w.parts) != 1 || !w.parts[0][id(1)].Equal(start) {
		t.Errorf("written in ten minutes: %v, want one note of the first use", w.parts)
	}
	n.Note(id(1), start.Add(10*time.Minute))
	if flush(t, n); len(w.parts) != 2 {
		t.Error("a use after the interval was not noted")
	}
}

func TestOnlyWhatIsDueIsNoted(t *testing.T) {
	var last int64
	n := New(func(noted, seen int64) bool { return seen > noted }, func(_ context.Context, part map[core.ID]int64) error {
		last = part[id(1)]
		return nil
	})
	for _, generation := range []int64{2, 2, 1, 3, 1} {
		n.Note(id(1), generation)
	}
	if flush(t, n); last != 3 {
		t.Errorf("written: %d, want 3", last)
	}
}

func TestNotesAreBounded(t *testing.T) {
	var w written
	n := Every(0, w.write)
	for i := range 2 * limit {
		n.Note(id(i), start)
	}
	n.Note(id(0), start.Add(time.Hour)) // waits already, so it costs nothing
	flush(t, n)
	total := 0
	for _, part := range w.parts {
		if len(part) > batch {
			t.Errorf("a part of %d, want at most %d", len(part), batch)
		}
		total += len(part)
	}
	if total != limit {
		t.Errorf("%d notes waited, want at most %d", total, limit)
	}
	for i := range 10 * limit {
		n.Note(id(i), start)
		if i%limit == 0 {
			flush(t, n)
		}
	}
	if len(n.noted) > 4*limit {
		t.Errorf("%d ids are remembered, want at most %d", len(n.noted), 4*limit)
	}
}

func TestUnwrittenNotesComeAgain(t *testing.T) {
	w := written{fail: core.ErrUnavailable}
	n := Every(time.Hour, w.write)
	n.Note(id(1), start)
	if err := n.Flush(context.Background()); !errors.Is(err, core.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, core.ErrUnavailable)
	}
	w.fail = nil
	n.Note(id(1), start.Add(time.Second))
	if flush(t, n); len(w.parts) != 1 {
		t.Error("a use that could not be written is not noted again")
	}
}
