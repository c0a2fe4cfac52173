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
