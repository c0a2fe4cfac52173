package limit

import (
	"hash/maphash"
	"time"
)

// Rate lets so many pass in a window, which begins with the first of them.
type Rate struct {
	table  *Table
	seed   maphash.Seed
	most   uint32
	window int64 // milliseconds
}

// NewRate makes a rule that counts in a table.
func NewRate(t *Table, most int, window time.Duration) *Rate {
	return &Rate{t, maphash.MakeSeed(), uint32(most), window.Milliseconds()}
}

// Take counts one and gives 0 if it may pass; else nothing is counted, and it is how long to wait.
func (r *Rate) Take(k Key) time.Duration {
	return milliseconds(r.table.with(r.seed, k, r.take))
}

func (r *Rate) take(e *entry, tag uint64, now int64) int64 {
	if e.count >= r.most {
		return e.until - now
	}
	if e.count == 0 {
		e.until = now + r.window
	}
	e.tag = tag
	e.count++
	return 0
}

// Return takes one back that was counted.
func (r *Rate) Return(k Key) { r.table.with(r.seed, k, giveBack) }

func giveBack(e *entry, tag uint64, _ int64) int64 {
	if e.tag == tag && e.count > 0 {
		e.count--
	}
	return 0
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
