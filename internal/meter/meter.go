package meter

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Count is a number that only grows.
type Count struct{ n atomic.Int64 }

// Add lets it grow.
func (c *Count) Add(n int64) { c.n.Add(n) }

// Read is the number.
func (c *Count) Read() int64 { return c.n.Load() }

// Table counts by two words. Both must come from lists in our code, never from a request: whoever sends words must not
// be able to fill the memory with them.
type Table struct {
	rows atomic.Pointer[map[[2]string]*Count] // replaced as a whole, so that counting needs no lock
	mu   sync.Mutex
}

// Add counts one.
func (t *Table) Add(first, second string) {
	key := [2]string{first, second}
	if rows := t.rows.Load(); rows != nil {
		if row, ok := (*rows)[key]; ok {
			row.Add(1)
			return
		}
	}
	t.row(key).Add(1)
}

// row gives the count of a key that is perhaps new.
func (t *Table) row(key [2]string) *Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := map[[2]string]*Count{}
	if old := t.rows.Load(); old != nil {
		if row, ok := (*old)[key]; ok {
			return row
		}
		rows = maps.Clone(*old)
	}
	rows[key] = new(Count)
	t.rows.Store(&rows)
	return rows[key]
}

// Each tells every count.
func (t *Table) Each(tell func(first, second string, n int64)) {
	rows := t.rows.Load()
	if rows == nil {
		return
	}
	for key, row := range *rows {
		tell(key[0], key[1], row.Read())
	}
}

// Spread is how values are spread over bounds: for each, how many came to at most that much.
type Spread struct {
	bounds []int64
	within []atomic.Int64 // by the first bound that holds the value; the last is for those above all
	sum    atomic.Int64
}

// NewSpread makes one; bounds ascend.
func NewSpread(bounds ...int64) *Spread {
	return &Spread{bounds: bounds, within: make([]atomic.Int64, len(bounds)+1)}
}

// NewDurations makes one in nanoseconds.
func NewDurations(bounds ...time.Duration) *Spread {
	whole := make([]int64, len(bounds))
	for i, b := range bounds {
		whole[i] = int64(b)
	}
	return NewSpread(whole...)
}

// Note takes in a value.
func (s *Spread) Note(v int64) {
	i := 0
	for i < len(s.bounds) && v > s.bounds[i] {
		i++
	}
	s.within[i].Add(1)
	s.sum.Add(v)
}

// Read tells how many values there were, what they come to, and how many are at most each bound.
func (s *Spread) Read() (count uint64, sum int64, atMost map[int64]uint64) {
	atMost = make(map[int64]uint64, len(s.bounds))
	for i := range s.within {
		count += uint64(s.within[i].Load())
		if i < len(s.bounds) {
			atMost[s.bounds[i]] = count
		}
	}
	return count, s.sum.Load(), atMost
}
