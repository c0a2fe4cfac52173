package limit

import (
	"hash/maphash"
	"sync"

	"launchpad/internal/core"
)

// Table is the memory of counters. Its size is fixed: where there is no room for a newcomer, the least counted of eight
// makes room, and the newcomer goes on from its count. So whoever floods the table with names makes others be counted
// higher at worst, never lower: nobody who was counted much is forgotten for those who were counted little.
type Table struct {
	clock core.Clock
	sets  []set
}

// A set is what one lock guards. Which of them a key falls into nobody outside can know.
type set struct {
	mu      sync.Mutex
	entries [8]entry
}

type entry struct {
	tag   uint64 // stands for rule and key
	until int64  // when it is forgotten, in Unix milliseconds
	count uint32
}

// sets make room for 65,536 counters, in 1.6 MB.
const sets = 1 << 13

// NewTable makes an empty table.
func NewTable(clock core.Clock) *Table {
	return &Table{clock: clock, sets: make([]set, sets)}
}

// with calls a rule with the counter of a key, which is somebody else's if there was no room. The rule takes it over by
// writing the tag.
func (t *Table) with(seed maphash.Seed, k Key, rule func(e *entry, tag uint64, now int64) int64) int64 {
	tag := maphash.Bytes(seed, k[:])
	s := &t.sets[tag%uint64(len(t.sets))]
	now := t.clock.Now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	return rule(s.find(tag, now), tag, now)
}

func (s *set) find(tag uint64, now int64) *entry {
	least := &s.entries[0]
	for i := range s.entries {
		e := &s.entries[i]
		if e.until <= now {
			e.count, e.until = 0, 0
		}
		if e.tag == tag {
			return e
		}
		if e.count < least.count || e.count == least.count && e.until < least.until {
			least = e
		}
	}
	return least
}
