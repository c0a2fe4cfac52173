package limit

import (
	"hash/maphash"
	"time"
)

// Guesses lets a few passwords be tried at once, and more after pauses that grow. In any hour it is at most ten.
type Guesses struct {
	table *Table
	seed  maphash.Seed
}

// GuessesAnHour is how many may be tried in any hour.
const GuessesAnHour = guessesAtMost

// Five at once; then one after each of the pauses; and after these, or after an hour without any, five again.
const (
	guessesAtOnce = 5
	firstPause    = time.Minute // 1, 2, 4, 8, 16
	guessesAtMost = 10
	longestPause  = time.Hour
)

// NewGuesses makes a rule that counts in a table.
func NewGuesses(t *Table) *Guesses { return &Guesses{t, maphash.MakeSeed()} }

// Take counts a guess and gives 0 if it may be evaluated; else nothing is counted, and it is how long to wait.
func (g *Guesses) Take(k Key) time.Duration {
	tag, now := maphash.Bytes(g.seed, k[:]), g.table.clock.Now().UnixMilli()
	s, _ := g.table.set(tag)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, _ := s.find(tag, now)
	if e.count > 0 {
		last := e.until - longestPause.Milliseconds()
		if wait := last + pause(e.count).Milliseconds() - now; wait > 0 {
			return milliseconds(wait)
		}
	}
	e.tag, e.until = tag, now+longestPause.Milliseconds()
	e.count++
	return 0
}

func pause(count uint32) time.Duration {
	switch {
	case count < guessesAtOnce:
		return 0
	case count < guessesAtMost:
		return firstPause << (count - guessesAtOnce)
	}
	return longestPause
}

// Return takes a guess back that was right, or not evaluated.
func (g *Guesses) Return(k Key) { g.table.giveBack(maphash.Bytes(g.seed, k[:])) }
