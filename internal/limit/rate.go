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
	window int64  // milliseconds
	told   uint32 // from which count on other processes are told
	number uint32 // among the rules that they are told of; 0: none of their business
	name   string
	id     uint64
}

// NewRate makes a rule that counts in a table.
func NewRate(t *Table, most int, window time.Duration) *Rate {
	return &Rate{table: t, seed: maphash.MakeSeed(), most: uint32(most), window: window.Milliseconds()}
}

// Take counts one and gives 0 if it may pass; else nothing is counted, and it is how long to wait.
func (r *Rate) Take(k Key) time.Duration {
	_, s := r.table.Take([]Claim{{Rate: r, Key: k}})
	return s.Wait
}

func (r *Rate) count(k Key, now int64) Standing {
	tag := maphash.Bytes(r.seed, k[:])
	elsewhere := r.table.elsewhere(tag, now)
	s, at := r.table.set(tag)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, way := s.find(tag, now)
	if e.total()+elsewhere.count >= r.most {
		return Standing{Wait: milliseconds(r.wait(e, elsewhere) - now)}
	}
	if e.total() == 0 {
		e.until = now + r.window
	}
	e.tag = tag
	e.count++
	if e.count >= r.told && r.table.marks != nil && r.number > 0 {
		r.table.mark(at*ways+way, r, k)
	}
	return r.standing(e, elsewhere, now)
}

// wait is when one may pass again: when what is counted here or elsewhere is forgotten, and both if each is too much.
func (r *Rate) wait(e *entry, elsewhere heard) int64 {
	here, there := e.total() >= r.most, elsewhere.count >= r.most
	switch {
	case elsewhere.count == 0 || here && !there:
		return e.until
	case here && there:
		return max(e.until, elsewhere.until)
	case there:
		return elsewhere.until
	}
	return min(e.until, elsewhere.until)
}

func (r *Rate) standing(e *entry, elsewhere heard, now int64) Standing {
	until := e.until
	if elsewhere.count > 0 {
		until = min(until, elsewhere.until)
	}
	return Standing{Left: int(r.most - e.total() - elsewhere.count), Reset: milliseconds(until - now)}
}

// Return takes one back that was counted.
func (r *Rate) Return(k Key) { r.table.giveBack(maphash.Bytes(r.seed, k[:])) }

func (t *Table) giveBack(tag uint64) {
	s, _ := t.set(tag)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, _ := s.find(tag, t.clock.Now().UnixMilli()); e.tag == tag && e.count > 0 {
		e.count--
	}
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
