package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

const master = "the first master key"

func (w *world) key(ring string, slot int64, from time.Duration) store.Key {
	id := fmt.Sprintf("%s-%d-%d", ring, slot, w.made.Add(1))
	return store.Key{ID: id, Ring: ring, Slot: slot, Algorithm: "a", Public: "p", Wrapped: "wrapped " + id, CreatedAt: w.clock.Now(), ActiveAt: w.clock.Now().Add(from)}
}

// eachRing runs a test against a world whose keys are under the master key.
func eachRing(t *testing.T, test func(t *testing.T, w *world)) {
	eachWorld(t, func(t *testing.T, w *world) {
		name, err := w.NameMasterKey(t.Context(), master)
		if must(t, err); name != master {
			t.Fatalf("the first master key is %q", name)
		}
		test(t, w)
	})
}

func (w *world) publish(t *testing.T, k store.Key) store.Key {
	t.Helper()
	must(t, w.PublishKey(t.Context(), k, master))
	return k
}

func (w *world) keys(t *testing.T) []store.Key {
	t.Helper()
	list, err := w.Keys(t.Context())
	must(t, err)
	return list
}

func TestASlotHasOneWinner(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		for slot := int64(1); slot <= 3; slot++ {
			if n := race(t, func() error { return w.PublishKey(context.Background(), w.key("r", slot, 0), master) }); n != 1 {
				t.Errorf("slot %d: %d winners, want 1", slot, n)
			}
		}
		if n := len(w.keys(t)); n != 3 {
			t.Errorf("%d keys, want 3", n)
		}
	})
}

func TestKeysComeBackAndFillTheNextSlotOnly(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		want := []store.Key{w.publish(t, w.key("a", 1, 0)), w.publish(t, w.key("a", 2, time.Minute)), w.publish(t, w.key("b", 1, 0))}
		if got := w.keys(t); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for _, slot := range []int64{0, 1, 2, 4} {
			wantErr(t, fmt.Sprint("slot ", slot), w.PublishKey(t.Context(), w.key("a", slot, 0), master), core.ErrConflict)
		}
		wantErr(t, "another master key", w.PublishKey(t.Context(), w.key("a", 3, 0), "another"), core.ErrConflict)
		name, err := w.NameMasterKey(t.Context(), "another")
		if must(t, err); name != master {
			t.Errorf("the master key was renamed %q", name)
		}
		must(t, w.DestroyKey(t.Context(), want[0].ID))
		must(t, w.DestroyKey(t.Context(), want[0].ID))
		if got := w.keys(t); !slices.Equal(got, want[1:]) {
			t.Errorf("got %v, want %v", got, want[1:])
		}
	})
}

func TestAKeyIsRevokedOnceAndReplaced(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		first := w.publish(t, w.key("r", 1, 0))
		w.publish(t, w.key("other", 1, 0))
		w.clock.Advance(time.Second)
		now := w.clock.Now()
		wantErr(t, "a stranger", w.RevokeKey(t.Context(), "nobody", now, w.key("r", 2, 0), master), core.ErrNotFound)
		wantErr(t, "successor elsewhere", w.RevokeKey(t.Context(), first.ID, now, w.key("other", 2, 0), master), core.ErrConflict)
		wantErr(t, "successor does not fit", w.RevokeKey(t.Context(), first.ID, now, w.key("r", 3, 0), master), core.ErrConflict)
		wantErr(t, "another master key", w.RevokeKey(t.Context(), first.ID, now, w.key("r", 2, 0), "another"), core.ErrConflict)
		if got := w.keys(t); !got[1].RevokedAt.IsZero() || got[1].Wrapped == "" {
			t.Errorf("revoked by a fact that was refused: %v", got)
		}
		if n := race(t, func() error { return w.RevokeKey(context.Background(), first.ID, now, w.key("r", 2, 0), master) }); n != 1 {
			t.Errorf("%d revocations, want 1", n)
		}
		got := w.keys(t)
		if len(got) != 3 || !got[1].RevokedAt.Equal(now) || got[1].Wrapped != "" || got[2].Slot != 2 || !got[2].ActiveAt.Equal(now) || !got[0].RevokedAt.IsZero() {
			t.Errorf("keys %v", got)
		}
	})
}

func TestTheNextKeyTakesOverFromARevokedOne(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		old, used := w.publish(t, w.key("r", 1, 0)), w.publish(t, w.key("r", 2, 0))
		waiting, later := w.publish(t, w.key("r", 3, time.Minute)), w.publish(t, w.key("r", 4, time.Hour))
		w.clock.Advance(time.Second)
		now := w.clock.Now()
		active := func() (from []time.Time) {
			for _, k := range w.keys(t) {
				from = append(from, k.ActiveAt)
			}
			return from
		}
		unchanged := active()
		must(t, w.RevokeKey(t.Context(), old.ID, now, w.key("r", 5, 0), master))
		if got := active(); !slices.Equal(got, unchanged) {
			t.Errorf("one that was not in use was replaced: %v", got)
		}
		must(t, w.RevokeKey(t.Context(), used.ID, now, w.key("r", 5, 0), master))
		if got := active(); len(got) != 4 || !got[2].Equal(now) || !got[3].Equal(later.ActiveAt) {
			t.Errorf("the waiting key, which should be in use from %s, but not the one behind it: %v", now, got)
		}
		must(t, w.RevokeKey(t.Context(), later.ID, now, w.key("r", 5, 0), master))
		must(t, w.RevokeKey(t.Context(), waiting.ID, now, w.key("r", 5, 0), master))
		if got := active(); len(got) != 5 || !got[4].Equal(now) {
			t.Errorf("a new key, in use from %s: %v", now, got)
		}
	})
}

func TestKeysAreRewrappedAsAWhole(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		var all []store.Rewrap
		for slot := int64(1); slot <= 3; slot++ {
			k := w.publish(t, w.key("r", slot, 0))
			all = append(all, store.Rewrap{ID: k.ID, From: k.Wrapped, To: "anew " + k.ID})
		}
		before := w.keys(t)
		refused := func(what, from string, list []store.Rewrap) {
			t.Helper()
			wantErr(t, what, w.RewrapKeys(t.Context(), from, "next", list, w.clock.Now()), core.ErrConflict)
			if got := w.keys(t); !slices.Equal(got, before) {
				t.Errorf("%s: changed all the same: %v", what, got)
			}
		}
		refused("another master key", "another", all)
		refused("one left out", master, all[:2])
		refused("one read too early", master, append(all[:2:2], store.Rewrap{ID: all[2].ID, From: "x", To: "y"}))
		refused("a stranger", master, append(all[:3:3], store.Rewrap{ID: "x", From: "x", To: "y"}))
		must(t, w.RewrapKeys(t.Context(), master, "next", all, w.clock.Now()))
		for i, k := range w.keys(t) {
			if k.Wrapped != all[i].To {
				t.Errorf("%s: %q", k.ID, k.Wrapped)
			}
		}
		wantErr(t, "a key under the old one", w.PublishKey(t.Context(), w.key("r", 4, 0), master), core.ErrConflict)
		must(t, w.PublishKey(t.Context(), w.key("r", 4, 0), "next"))
	})
}

// Whoever comes first, no key is left under another master key than the one that is named.
func TestRewrappingMeetsPublishing(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		first := w.publish(t, w.key("r", 1, 0))
		var both sync.WaitGroup
		var published, rewrapped atomic.Int64
		for range 20 {
			both.Go(func() {
				if w.PublishKey(context.Background(), w.key("r", 2, 0), master) == nil {
					published.Add(1)
				}
			})
			both.Go(func() {
				if w.RewrapKeys(context.Background(), master, "next", []store.Rewrap{{ID: first.ID, From: first.Wrapped, To: "anew"}}, w.clock.Now()) == nil {
					rewrapped.Add(1)
				}
			})
		}
		both.Wait()
		if published.Load()+rewrapped.Load() != 1 {
			t.Errorf("published %d times, rewrapped %d times; want one of both, once", published.Load(), rewrapped.Load())
		}
	})
}

// AD10: what becomes of the keys is in the change log, with the key's name and nothing of the key; what was refused is not.
func TestTheChangeLogTellsOfKeys(t *testing.T) {
	eachRing(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		first := w.publish(t, w.key("r", 1, 0))
		wantErr(t, "a slot that is taken", w.PublishKey(ctx, w.key("r", 1, 0), master), core.ErrConflict)
		wantErr(t, "a stranger", w.RevokeKey(ctx, "nobody", now, w.key("r", 2, 0), master), core.ErrNotFound)
		wantErr(t, "another master key", w.RevokeKey(ctx, first.ID, now, w.key("r", 2, 0), "another"), core.ErrConflict)
		second := w.key("r", 2, 0)
		must(t, w.RevokeKey(ctx, first.ID, now, second, master))
		all := []store.Rewrap{{ID: second.ID, From: second.Wrapped, To: "anew"}}
		must(t, w.RewrapKeys(ctx, master, master, all, now)) // under other bindings, which is nobody's act
		all[0].From, all[0].To = all[0].To, "again"
		must(t, w.RewrapKeys(ctx, master, "next", all, now))
		var got []string
		kinds := []core.EventKind{core.EventKeyPublished, core.EventKeyRevoked, core.EventKeysRewrapped}
		must(t, w.Events(ctx, now, kinds, func(e core.Event) { got = append(got, string(e.Kind)+" "+e.Data) }))
		slices.Sort(got) // lines of one moment have no order
		want := []string{
			`key.published {"kid":"` + first.ID + `","ring":"r"}`, `key.published {"kid":"` + second.ID + `","ring":"r"}`,
			`key.revoked {"kid":"` + first.ID + `","ring":"r"}`, `keys.rewrapped {}`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
