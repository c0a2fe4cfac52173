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

var began = time.Now()

// Elapsed is how long the process runs, by a clock that nobody sets: two readings make a duration. It is for measuring,
// never for deciding.
func Elapsed() time.Duration { return time.Since(began) }
