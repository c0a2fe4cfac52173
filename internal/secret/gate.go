package secret

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/meter"
)

// Gate bounds how many passwords are hashed at once: each takes 19 MiB and a core for some 20 ms, and whoever
// types passwords must not take the machine from those who refresh tokens.
type Gate struct {
	patience time.Duration
	rest     *time.Timer
	heavy    sync.Mutex // held while a hash of another server takes more memory than one of ours

	mu      sync.Mutex
	lanes   int // how many are hashed at once, at most
	free    int
	waiting [2][]chan struct{} // in the order in which they came
	hashed  int                // since the last rest
	relaxed int                // how much garbage there may be in quiet times; 0: these are some

	refused meter.Count
}

// Figures tells how many passwords are hashed at the moment, how many wait, and how many were turned away so far.
func (g *Gate) Figures() (running, waiting int, refused int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lanes - g.free, len(g.waiting[FastLane]) + len(g.waiting[SlowLane]), g.refused.Read()
}

// Lane is where somebody waits.
type Lane int

const (
	FastLane Lane = iota // those who are known already, always first: however long the queue of the others is
	SlowLane
)

// roomFor is how many may wait in each lane.
var roomFor = [2]int{FastLane: 64, SlowLane: 256}

// NewGate admits max(1, cores/2) at a time and lets others wait for up to patience.
func NewGate(patience time.Duration) *Gate {
	g := &Gate{patience: patience, lanes: max(1, runtime.NumCPU()/2)}
	g.free = g.lanes
	g.rest = time.AfterFunc(time.Hour, g.giveBack)
	g.rest.Stop()
	return g
}

func (g *Gate) enter(ctx context.Context, lane Lane) error {
	turn, err := g.line(lane)
	if turn == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.abandon(lane, turn)
		g.refused.Add(1)
		return fmt.Errorf("password gate: waited too long: %w", core.ErrBusy)
	}
}

// line gives what to wait for; nothing if it is one's turn.
func (g *Gate) line(lane Lane) (chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free > 0 {
		g.free--
		return nil, nil
	}
	if len(g.waiting[lane]) >= roomFor[lane] {
		g.refused.Add(1)
		return nil, fmt.Errorf("password gate: queue is full: %w", core.ErrBusy)
	}
	g.tighten()
	turn := make(chan struct{})
	g.waiting[lane] = append(g.waiting[lane], turn)
	return turn, nil
}

// abandon leaves the line. If it is one's turn by now, the next one gets it.
func (g *Gate) abandon(lane Lane, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.waiting[lane], turn); at >= 0 {
		g.waiting[lane] = slices.Delete(g.waiting[lane], at, at+1)
		return
	}
	g.next()
}

// leave ends one's turn.
func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hashed++; g.hashed >= worthIt {
		g.tighten()
	}
	g.next()
	g.rest.Reset(restAfter)
}

func (g *Gate) next() {
	for lane, line := range g.waiting {
		if len(line) > 0 {
			close(line[0])
			g.waiting[lane] = line[1:]
			return
		}
	}
	g.free++
}

// What a hash leaves behind is garbage of 19 MiB. While people queue, or come one right after the other, that much comes
// every 20 ms, and is collected as soon as there is as much of it as of what is alive. Afterwards the heap would hold it
// until the next collection, which on a quiet server is minutes away.
const (
	tightly   = 100 // percent of what is alive
	restAfter = 2 * time.Second
	worthIt   = 4 // hashes without such a rest
)

func (g *Gate) tighten() {
	if g.relaxed != 0 {
		return
	}
	g.relaxed = debug.SetGCPercent(tightly)
	if g.relaxed < tightly { // somebody wants it tighter still, or not at all
		debug.SetGCPercent(g.relaxed)
	}
}

func (g *Gate) giveBack() {
	g.mu.Lock()
	worth := g.hashed >= worthIt
	g.hashed = 0
	if g.relaxed != 0 {
		debug.SetGCPercent(g.relaxed)
		g.relaxed = 0
	}
	g.mu.Unlock()
	if worth {
		debug.FreeOSMemory()
	}
}
