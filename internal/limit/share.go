package limit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"
)

// What processes on one database tell each other: of their busiest counters, how much they themselves let pass. A node
// refuses when that and its own come to the limit. What it was not told yet it cannot count, so all together let pass at
// most the limit, and for each other node what that let pass since it was last heard, or an eighth of the limit if that is
// more. And never more than the limit for each node.

// share is the part of a limit from which on others are told.
const share = 8

// mostTold bounds a message: those nearest to their end go in.
const mostTold = 128

// rules are those that processes tell each other of. A rule has the same name in each of them.
type rules struct {
	mu   sync.RWMutex
	list []*Rate // a rule's number is its place, plus 1
	byID map[uint64]*Rate
}

// Shared gives a rule the name under which other processes know it, and lets them count with it.
func (r *Rate) Shared(name string) *Rate {
	digest := sha256.Sum256([]byte(name))
	r.name, r.id, r.told = name, binary.BigEndian.Uint64(digest[:]), max(1, r.most/share)
	known := &r.table.rules
	known.mu.Lock()
	defer known.mu.Unlock()
	known.list = append(known.list, r)
	r.number = uint32(len(known.list))
	if known.byID == nil {
		known.byID = map[uint64]*Rate{}
	}
	known.byID[r.id] = r
	return r
}

// mark says whose a counter is, which its tag does not tell.
type mark struct {
	rule uint32
	key  Key
}

// mark is called with the lock of the set.
func (t *Table) mark(at int, r *Rate, k Key) {
	t.marks[at] = mark{r.number, k}
	if !t.busy.Load() {
		t.busy.Store(true)
	}
}

// heard is what others let pass.
type heard struct {
	count uint32
	until int64
}

func (t *Table) elsewhere(tag uint64, now int64) heard {
	others := t.others.Load()
	if others == nil {
		return heard{}
	}
	h := (*others)[tag]
	if h.until <= now {
		return heard{}
	}
	return h
}

// said is a counter in a message.
type said struct {
	rule  uint64
	key   Key
	count uint32
	left  uint32 // of its window, in milliseconds: no two clocks are compared
}

// busiest lists the counters that are nearest to their end, if others should be told of them. It costs nothing while none
// is.
func (t *Table) busiest(now int64) []said {
	if !t.busy.Swap(false) {
		return nil
	}
	t.rules.mu.RLock()
	defer t.rules.mu.RUnlock()
	var list []said
	for at := range t.sets {
		list = t.busyIn(at, now, list)
	}
	slices.SortFunc(list, func(a, b said) int {
		return cmp.Or(cmp.Compare(t.nearness(b), t.nearness(a)), slices.Compare(a.key[:], b.key[:]))
	})
	if len(list) > 0 {
		t.busy.Store(true)
	}
	return list[:min(len(list), mostTold)]
}

func (t *Table) busyIn(at int, now int64, list []said) []said {
	s := &t.sets[at]
	s.mu.Lock()
	defer s.mu.Unlock()
	for way := range s.entries {
		e, m := &s.entries[way], &t.marks[at*ways+way]
		if m.rule == 0 {
			continue
		}
		r := t.rules.list[m.rule-1]
		if e.until <= now || e.count < r.told || e.tag != maphash.Bytes(r.seed, m.key[:]) {
			*m = mark{}
			continue
		}
		list = append(list, said{r.id, m.key, e.count, uint32(e.until - now)})
	}
	return list
}

func (t *Table) nearness(s said) float64 {
	return float64(s.count) / float64(t.rules.byID[s.rule].most)
}

// tagged is what a node said, as this process counts it.
type tagged struct {
	tag   uint64
	count uint32
	until int64
}

// understand finds this process's counters for what another one said. What a rule cannot have let pass was not said by one
// of ours with the same limits; it counts as much as it can here.
func (t *Table) understand(message []said, now int64) []tagged {
	t.rules.mu.RLock()
	defer t.rules.mu.RUnlock()
	var list []tagged
	for _, s := range message {
		if r := t.rules.byID[s.rule]; r != nil {
			list = append(list, tagged{maphash.Bytes(r.seed, s.key[:]), min(s.count, r.most), now + min(int64(s.left), r.window)})
		}
	}
	return list
}

// enough is above every limit, and adds up without overflow.
const enough = 1 << 31

// sum replaces what is counted for others.
func (t *Table) sum(nodes [][]tagged, now int64) {
	all := map[uint64]heard{}
	for _, node := range nodes {
		for _, one := range node {
			if h := all[one.tag]; one.until > now {
				all[one.tag] = heard{min(h.count+one.count, enough), max(h.until, one.until)}
			}
		}
	}
	if len(all) == 0 {
		t.others.Store(nil)
		return
	}
	t.others.Store(&all)
}
