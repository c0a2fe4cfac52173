package limit

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
)

// Table is the memory of counters. Its size is fixed: where there is no room for a newcomer, the least counted of eight
// makes room, and the newcomer goes on from its count. So whoever floods the table with names makes others be counted
// higher at worst, never lower: nobody who was counted much is forgotten for those who were counted little.
type Table struct {
	clock core.Clock
	sets  []set
	rules rules

	others atomic.Pointer[map[uint64]heard] // what other processes let pass, by tag; nil: nothing
	busy   atomic.Bool                      // a counter may be worth telling of
	marks  []mark                           // whose the busy counters are; nil: nobody wants to know
	exact  *Redis                           // nil: there is none
}

// A set is what one lock guards. Which of them a key falls into nobody outside can know.
type set struct {
	mu      sync.Mutex
	entries [ways]entry
}

type entry struct {
	tag   uint64 // stands for rule and key
	until int64  // when it is forgotten, in Unix milliseconds
	count uint32 // what this process let pass by itself
	base  uint32 // what all processes had let pass before, if a Redis told
}

func (e *entry) total() uint32 { return e.count + e.base }

// sets make room for 65,536 counters, in 1.6 MB.
const (
	sets = 1 << 13
	ways = 8
)

// NewTable makes an empty table.
func NewTable(clock core.Clock) *Table {
	return &Table{clock: clock, sets: make([]set, sets)}
}

// Claim is something that wants to pass, and to be counted.
type Claim struct {
	Rate *Rate
	Key  Key

	owed uint32 // what a Redis is told beside: see Redis
	over bool   // it is at its end here
}

// Standing is where somebody stands under a rate.
type Standing struct {
	Wait  time.Duration // how long to wait; 0: it may pass
	Left  int           // how many more may pass
	Reset time.Duration // until there are more again
}

// Take counts every claim, or none of them if one has to wait. It tells which is nearest to its end, and where that stands.
// There is at least one, and all are of rules that other processes know, or none is.
func (t *Table) Take(claims []Claim) (nearest int, s Standing) {
	now := t.clock.Now().UnixMilli()
	if t.exact != nil && claims[0].Rate.number > 0 {
		if nearest, s, ok := t.exact.take(claims, now); ok {
			return nearest, s
		}
	}
	s.Left = math.MaxInt
	for i := range claims {
		one := claims[i].Rate.count(claims[i].Key, now)
		if one.Wait > 0 {
			for _, counted := range claims[:i] {
				counted.Rate.Return(counted.Key)
			}
			return i, one
		}
		if one.Left < s.Left {
			nearest, s = i, one
		}
	}
	return nearest, s
}

// set finds the set of a tag, and which it is.
func (t *Table) set(tag uint64) (*set, int) {
	at := int(tag % uint64(len(t.sets)))
	return &t.sets[at], at
}

// find gives the counter of a tag, which is somebody else's if there was no room: whoever takes it over writes the tag.
func (s *set) find(tag uint64, now int64) (e *entry, way int) {
	least := 0
	for i := range s.entries {
		e := &s.entries[i]
		if e.until <= now {
			e.count, e.base, e.until = 0, 0, 0
		}
		if e.tag == tag {
			return e, i
		}
		l := &s.entries[least]
		if e.total() < l.total() || e.total() == l.total() && e.until < l.until {
			least = i
		}
	}
	return &s.entries[least], least
}
