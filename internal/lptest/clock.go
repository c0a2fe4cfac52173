package lptest

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a fixed moment.
func NewClock() *Clock {
	return &Clock{now: time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)}
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) {
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
