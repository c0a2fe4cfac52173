package token

import (
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

var t0 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	const window = time.Minute
	// Generations 1 to 4 were rotated away; 3 at 0 s, 4 at 10 s; 5 is current and unconfirmed.
	row := core.Authorization{Generation: 5, Confirmed: 4, RotatedAt: t0.Add(10 * time.Second), Recent: []time.Time{t0, t0.Add(10 * time.Second)}}
	confirmed := row
	confirmed.Confirmed = 5
	for _, c := range []struct {
		name         string
		row          core.Authorization
		presented    int64
		confidential bool
		after        time.Duration
		window       time.Duration
		want         verdict
	}{
		{"current", row, 5, false, time.Hour, window, rotate},
		{"newer than the row", row, 6, false, 0, window, ahead},
		{"just rotated", row, 4, false, 11 * time.Second, window, repeat},
		{"oldest inside the window", row, 3, false, 59 * time.Second, window, repeat},
		{"older than the window remembers", row, 2, false, 11 * time.Second, window, reused},
		{"oldest, window over", row, 3, false, 61 * time.Second, window, reused},
		{"previous, unconfirmed, public", row, 4, false, 9 * time.Minute, window, recovered},
		{"previous, unconfirmed, public, late", row, 4, false, 11 * time.Minute, window, reused},
		{"previous, unconfirmed, confidential", row, 4, true, 23 * time.Hour, window, recovered},
		{"previous, unconfirmed, confidential, late", row, 4, true, 25 * time.Hour, window, reused},
		{"previous, confirmed", confirmed, 4, true, 2 * time.Minute, window, reused},
		{"previous, confirmed, inside the window", confirmed, 4, true, 30 * time.Second, window, repeat},
		{"no window", row, 4, true, 11 * time.Second, 0, reused},
		{"no window, current", row, 5, true, 11 * time.Second, 0, rotate},
	} {
		if got := judge(c.row, c.presented, c.confidential, t0.Add(c.after), c.window); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

// However rotations are spaced, a generation is answered exactly while it has been gone for less than the window. One
// that the row does not remember any more is refused; whether it is a theft is known only once all that it remembers
// left the window.
func TestTheWindowIsExact(t *testing.T) {
	const window = time.Minute
	for _, pause := range []time.Duration{time.Second, 7 * time.Second, 20 * time.Second, 31 * time.Second, 59 * time.Second, 61 * time.Second, 5 * time.Minute} {
		row := core.Authorization{Generation: 1, RotatedAt: t0}
		rotatedAt := map[int64]time.Time{}
		now := t0
		for range 100 {
			now = now.Add(pause)
			recent := append(row.Recent, now) // as the store remembers
			recent = recent[max(0, len(recent)-store.Remembered):]
			rotatedAt[row.Generation] = now
			row = core.Authorization{Generation: row.Generation + 1, Confirmed: row.Generation + 1, RotatedAt: now, Recent: recent}
			for presented, gone := range rotatedAt {
				for _, later := range []time.Duration{0, window / 2, window - 1, window} {
					want := reused
					switch perhaps := now.Add(later).Sub(recent[0]) < window; {
					case row.Generation-presented > store.Remembered && perhaps:
						want = forgotten
					case row.Generation-presented <= store.Remembered && now.Add(later).Sub(gone) < window:
						want = repeat
					}
					if got := judge(row, presented, false, now.Add(later), window); got != want {
						t.Fatalf("rotations every %v: generation %d, gone for %v, is called %d, want %d", pause, presented, now.Add(later).Sub(gone), got, want)
					}
				}
			}
		}
	}
}
