package secret

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
)

// shut takes every turn of a gate, so that everybody else has to wait.
func shut(t *testing.T, g *Gate) (open func()) {
	t.Helper()
	turns := g.free
	for range turns {
		if err := g.enter(t.Context(), SlowLane); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for range turns {
			g.leave()
		}
	}
}

// LG06: the gate bounds how many hash at once, how many wait, and for how long.
func TestPasswordGateIsBounded(t *testing.T) {
	gate := NewGate(20 * time.Millisecond)
	shut(t, gate)
	var all sync.WaitGroup
	for range roomFor[SlowLane] + 10 {
		all.Go(func() {
			if _, err := gate.HashPassword(t.Context(), "x"); !errors.Is(err, core.ErrBusy) {
				t.Errorf("got %v, want %v", err, core.ErrBusy)
			}
		})
	}
	all.Wait()
	if left := len(gate.waiting[SlowLane]); left != 0 {
		t.Errorf("%d still wait", left)
	}
}

func TestThoseWhoAreKnownComeFirst(t *testing.T) {
	gate := NewGate(time.Minute)
	gate.free = 1
	open := shut(t, gate)
	var order []Lane
	var all sync.WaitGroup
	for _, lane := range []Lane{SlowLane, SlowLane, FastLane, SlowLane, FastLane} {
		turn, err := gate.line(lane)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			<-turn
			order = append(order, lane) // one at a time: that is the gate's business
			gate.leave()
		})
	}
	open()
	all.Wait()
	if !slices.Equal(order, []Lane{FastLane, FastLane, SlowLane, SlowLane, SlowLane}) {
		t.Errorf("order %v", order)
	}
}

// A full queue of strangers is nobody else's queue.
func TestAFullLaneLeavesRoomInTheOther(t *testing.T) {
	gate := NewGate(time.Minute)
	open := shut(t, gate)
	for range roomFor[SlowLane] {
		if _, err := gate.line(SlowLane); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := gate.line(SlowLane); !errors.Is(err, core.ErrBusy) {
		t.Errorf("the full lane: %v, want %v", err, core.ErrBusy)
	}
	turn, err := gate.line(FastLane)
	if err != nil {
		t.Fatal(err)
	}
	open()
	<-turn
}

func TestATurnIsNeverLost(t *testing.T) {
	gate := NewGate(time.Minute)
	turns := gate.free
	var all sync.WaitGroup
	for n := range 2000 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%50)*10*time.Microsecond)
			defer cancel()
			if gate.enter(ctx, Lane(n%2)) == nil {
				gate.leave()
			}
		})
	}
	all.Wait()
	if gate.free != turns {
		t.Errorf("%d turns are free, want %d", gate.free, turns)
	}
}

// Whoever signs in right after another leaves as much garbage as those who queue.
func TestGarbageOfManyHashesIsCollectedSoon(t *testing.T) {
	const loosely = 400
	before := debug.SetGCPercent(loosely)
	defer debug.SetGCPercent(before)
	now := func() int {
		percent := debug.SetGCPercent(loosely)
		debug.SetGCPercent(percent)
		return percent
	}
	gate := NewGate(time.Minute)
	for i := range worthIt {
		if got := now(); got != loosely {
			t.Errorf("after %d hashes the garbage is %d %%, want %d", i, got, loosely)
		}
		if err := gate.enter(t.Context(), SlowLane); err != nil {
			t.Fatal(err)
		}
		gate.leave()
	}
	if got := now(); got != tightly {
		t.Errorf("after %d hashes the garbage is %d %%, want %d", worthIt, got, tightly)
	}
	gate.rest.Stop()
	if gate.giveBack(); now() != loosely {
		t.Error("the garbage stays tight")
	}
}
