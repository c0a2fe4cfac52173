package lptest

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu    sync.Mutex
	now   time.Time
	moves *Clock // with which it moves, if it has no time of its own
	ahead time.Duration
}

// NewClock starts at a fixed moment.
func NewClock() *Clock {
	return &Clock{now: time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)}
}

// Ahead is a clock that differs and moves with this one.
func (c *Clock) Ahead(by time.Duration) *Clock { return &Clock{moves: c, ahead: by} }

// Now is the time.
func (c *Clock) Now() time.Time {
	if c.moves != nil {
		return c.moves.Now().Add(c.ahead)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) {
	if c.moves != nil {
		c.moves.Advance(d)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Stopwatch is a stopwatch that stands still until it is moved.
type Stopwatch struct{ elapsed atomic.Int64 }

// Elapsed is the time that passed.
func (w *Stopwatch) Elapsed() time.Duration { return time.Duration(w.elapsed.Load()) }

// Advance lets time pass.
func (w *Stopwatch) Advance(d time.Duration) { w.elapsed.Add(int64(d)) }
