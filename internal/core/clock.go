package core

import (
	"sync/atomic"
	"time"
)

// Clock is how every package learns the time, so that tests can move it. Times are UTC.
type Clock interface {
	Now() time.Time
}

// SystemClock is the only place that reads the machine's clock.
type SystemClock struct{}

// Now returns the current time in UTC without the monotonic part: stored and compared times then behave alike.
func (SystemClock) Now() time.Time { return time.Now().UTC().Round(0) }

// Stopwatch tells how much time has passed since some moment, whatever is done to the clock meanwhile.
type Stopwatch interface {
	Elapsed() time.Duration
}

// NewStopwatch starts one on the machine's monotonic clock.
func NewStopwatch() Stopwatch { return stopwatch{time.Now()} }

type stopwatch struct{ started time.Time }

func (s stopwatch) Elapsed() time.Duration { return time.Since(s.started) }

var began = time.Now()

// Elapsed is how long the process runs, by a clock that nobody sets: two readings make a duration. It is for measuring,
// never for deciding.
func Elapsed() time.Duration { return time.Since(began) }

// ElapsedAt is what Elapsed says at a time, whichever clock that was read from.
func ElapsedAt(t time.Time) time.Duration {
	if t == t.Round(0) {
		return Elapsed() + time.Until(t) // a clock that can be set, and so tells only how far off it is now
	}
	return t.Sub(began)
}

// SteadyClock follows another clock but never goes back by more than a second: it then stands still until the other has
// caught up. Otherwise what has expired would be good again after a machine's clock was set back.
type SteadyClock struct {
	clock    Clock
	furthest atomic.Int64 // unix seconds
}

// NewSteadyClock follows clock.
func NewSteadyClock(clock Clock) *SteadyClock { return &SteadyClock{clock: clock} }

// Now returns the time.
func (s *SteadyClock) Now() time.Time {
	now := s.clock.Now()
	if seen := s.see(now.Unix()); now.Unix() < seen {
		return time.Unix(seen, 0).UTC()
	}
	return now
}

// Ahead is by how much it stands before the clock that it follows, since that went back.
func (s *SteadyClock) Ahead() time.Duration {
	now := s.clock.Now()
	return max(0, time.Unix(s.see(now.Unix()), 0).Sub(now))
}

// see notes a second and gives the furthest one that was seen.
func (s *SteadyClock) see(second int64) int64 {
	for {
		seen := s.furthest.Load()
		if second <= seen {
			return seen
		}
		if s.furthest.CompareAndSwap(seen, second) {
			return second
		}
	}
}
