package store_test

import (
	"fmt"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

func (w *world) countMessages(t *testing.T) string {
	t.Helper()
	list, err := w.CountMessages(t.Context())
	must(t, err)
	said := ""
	for _, m := range list {
		said += fmt.Sprintf("%d.%d=%s ", m.Node[15], m.Pulse, m.Text)
	}
	return said
}

// A node has one message, its last; and one that it has replaced is not taken away, whoever tries.
func TestCountMessages(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		a, b := core.ID{15: 1}, core.ID{15: 2}
		for n := range 3 {
			must(t, w.TellCounts(t.Context(), store.CountMessage{Node: a, Pulse: int64(n + 1), Text: fmt.Sprint("a", n)}))
		}
		must(t, w.TellCounts(t.Context(), store.CountMessage{Node: b, Pulse: 3, Text: "b"}))
		must(t, w.RetractCounts(t.Context(), a, 2))
		if got, want := w.countMessages(t), "1.3=a2 2.3=b "; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		must(t, w.RetractCounts(t.Context(), a, 3))
		if got, want := w.countMessages(t), "2.3=b "; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestParallelCountMessages(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		if n := race(t, func() error {
			return w.TellCounts(t.Context(), store.CountMessage{Node: core.ID{15: byte(w.made.Add(1))}, Pulse: 1, Text: "x"})
		}); n == 0 {
			t.Error("nobody could tell anything")
		}
		list, err := w.CountMessages(t.Context())
		must(t, err)
		if int64(len(list)) != min(w.made.Load(), 256) {
			t.Errorf("%d messages of %d nodes", len(list), w.made.Load())
		}
	})
}
