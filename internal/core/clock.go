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

// furthestBack is by how much a steady clock goes back at most: nothing that was over for longer comes alive again.
const furthestBack = time.Minute

// SteadyClock follows another clock, but goes back by a minute at most: then it stands still until the other has caught
// up. Otherwise what expired would be good again after a machine's clock was set back.
type SteadyClock struct {
	clock    Clock
	furthest atomic.Int64 // unix seconds
}

// NewSteadyClock follows clock.
func NewSteadyClock(clock Clock) *SteadyClock { return &SteadyClock{clock: clock} }

// Now returns the time.
func (s *SteadyClock) Now() time.Time {
	now := s.clock.Now()
	if stop := s.stop(now); now.Before(stop) {
		return stop
	}
	return now
}

// Held is by how much it is ahead of the clock that it follows, since that went back.
func (s *SteadyClock) Held() time.Duration {
	now := s.clock.Now()
	return max(0, s.stop(now).Sub(now))
}

// stop is what the clock does not go back behind.
func (s *SteadyClock) stop(now time.Time) time.Time {
	seen, second := s.furthest.Load(), now.Unix()
	for second > seen && !s.furthest.CompareAndSwap(seen, second) {
		seen = s.furthest.Load()
	}
	return time.Unix(max(seen, second), 0).UTC().Add(-furthestBack)
}
