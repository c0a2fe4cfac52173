package token

import (
	"time"

	"launchpad/internal/core"
)

// Which generation of a refresh token may still be answered, and which betrays a thief. RFC 9700 §4.14.2 asks for
// rotation and for detection of reuse; parallel processes and lost answers ask for patience. Two columns carry
// it: the oldest generation that was rotated away within the window, and when that was.

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
	case presented >= a.GraceGeneration && !a.GraceAt.IsZero() && now.Sub(a.GraceAt) < window:
		return repeat
	case presented == a.Generation-1 && a.Confirmed < a.Generation && now.Sub(a.RotatedAt) < unconfirmedFor(confidential):
		return recovered
	}
	return reused
}

func unconfirmedFor(confidential bool) time.Duration {
	if confidential {
		return unconfirmedConfidential
	}
	return unconfirmedPublic
}

// grace gives the two columns after the current generation is rotated away now. While the oldest is still inside
// the window it stays. If it has left but the last rotation has not, the generations between them are counted as
// rotated away at that last time: never too strict within the window, and at most one more window too patient.
func grace(a core.Authorization, now time.Time, window time.Duration) (generation int64, at time.Time) {
	switch {
	case !a.GraceAt.IsZero() && now.Sub(a.GraceAt) < window:
		return a.GraceGeneration, a.GraceAt
	case !a.GraceAt.IsZero() && a.Generation > 1 && now.Sub(a.RotatedAt) < window:
		return a.GraceGeneration + 1, a.RotatedAt
	}
	return a.Generation, now
}
