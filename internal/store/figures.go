package store

import (
	"time"

	"launchpad/internal/meter"
)

// Figures is what an operator may want to know of the engine. What only the other engine has stays zero.
type Figures struct {
	// SQLite: the writer and its log.
	Queued  int           // facts that wait for the writer
	Batches *meter.Spread // facts in each commit
	Commits *meter.Spread // nanoseconds of each commit
	WAL     int64         // bytes of the write-ahead log

	// PostgreSQL: the pool, and what had to be tried again.
	Pool    *Pool
	Retries int64 // facts that met another one and began anew
}

// Pool is the connections to PostgreSQL.
type Pool struct {
	Busy, Idle, Most int
	Waits            int64         // times that a caller found none free
	Waited           time.Duration // altogether
}

// commitBounds reach from a disk that keeps nothing to one that is nearly gone.
var commitBounds = []time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, time.Second,
}

// Figures reads them.
func (s *Store) Figures() Figures { return s.engine.figures() }
