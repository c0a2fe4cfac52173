package token

import (
	"math"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// Which generation of a refresh token may still be answered, and which betrays a thief. RFC 9700 §4.14.2 asks for
// rotation and for detection of reuse; parallel processes and lost answers ask for patience. The row remembers when
// its last generations were rotated away: the last entry belongs to current - 1, the one before to current - 2.

// How long a lost answer is forgiven while its successor has not been seen in use.
const (
	unconfirmedConfidential = 24 * time.Hour
	unconfirmedPublic       = 10 * time.Minute
)

// verdict on a presented generation.
type verdict int

const (
	rotate    verdict = iota // it is the current one: step on
	repeat                   // answer with the current one again, write nothing
	recovered                // the same, after longer: its answer was lost; leave a note
	reused                   // theft: end the authorization
	forgotten                // perhaps in the window, but older than the row remembers: refuse, no alarm
	ahead                    // newer than the row, which was restored from a copy: refuse, no alarm
)

// judge decides. The client, and later its key, were checked before.
func judge(a core.Authorization, presented int64, confidential bool, now time.Time, window time.Duration) verdict {
	switch {
	case presented == a.Generation:
		return rotate
	case presented > a.Generation:
		return ahead
	case window <= 0:
		return reused
	case goneFor(a, presented, now) < window:
		return repeat
	case presented == a.Generation-1 && a.Confirmed < a.Generation && now.Sub(a.RotatedAt) < unconfirmedFor(confidential):
		return recovered
	case presented < a.Generation-int64(len(a.Recent)) && len(a.Recent) == store.Remembered && now.Sub(a.Recent[0]) < window:
		return forgotten
	}
	return reused
}

func unconfirmedFor(confidential bool) time.Duration {
	if confidential {
		return unconfirmedConfidential
	}
	return unconfirmedPublic
}

// goneFor tells how long ago a generation was rotated away, as far as the row remembers.
func goneFor(a core.Authorization, presented int64, now time.Time) time.Duration {
	index := int64(len(a.Recent)) - (a.Generation - presented)
	if index < 0 {
		return math.MaxInt64
	}
	return now.Sub(a.Recent[index])
}
