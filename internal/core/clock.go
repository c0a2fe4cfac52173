package core

import "time"

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
