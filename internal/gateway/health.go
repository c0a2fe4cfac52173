package gateway

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"
)

type (
	counter = atomic.Int64
	flag    = atomic.Bool
)

// backend is one address behind an API.
type backend struct {
	target   *url.URL
	below    string  // its path, as it is sent
	sick     flag    // by the health checks
	failures counter // in a row
	outUntil counter // set aside because of them, by Backends.Watch
}

// A backend that failed five times in a row is set aside for ten seconds. Then one call tries it, and the others stay away until
// that has succeeded: failing sets it aside again.
const (
	failuresInARow = 5
	setAside       = 10 * time.Second
)

func (b *backend) succeeded() {
	if b.failures.Load() != 0 {
		b.failures.Store(0)
		b.outUntil.Store(0)
	}
}

func (b *backend) failed(now time.Duration) {
	if b.failures.Add(1) >= failuresInARow {
		b.outUntil.Store(int64(now + setAside))
	}
}

// undecided: the call ended for another reason, so if it was the one that tries, the next one does.
func (b *backend) undecided(now time.Duration) {
	if b.failures.Load() >= failuresInARow {
		b.outUntil.Store(int64(now))
	}
}

// free reports whether a call may go there. Of those that come when it has been aside for long enough, one may.
func (b *backend) free(now time.Duration) bool {
	until := b.outUntil.Load()
	return until == 0 || int64(now) >= until && b.outUntil.CompareAndSwap(until, int64(now+setAside))
}

// pick takes the next in turn of those that are well. If none is, those that were set aside are better than nothing; what
// its health check calls sick is not.
func (p *pool) pick(tried []*backend) *backend {
	turn, now := int(uint64(p.turn.Add(1))%uint64(len(p.backends))), p.Watch.Elapsed()
	var last *backend
	for i := range p.backends {
		b := p.backends[(turn+i)%len(p.backends)]
		if b.sick.Load() || slices.Contains(tried, b) {
			continue
		}
		if b.free(now) {
			return b
		}
		last = b
	}
	if last == nil && len(p.backends) == 1 && !p.backends[0].sick.Load() {
		return p.backends[0]
	}
	return last
}

// checksToBeSick in a row make a backend sick; one good check makes it well.
const checksToBeSick = 2

func (p *pool) check(ctx context.Context, b *backend) {
	tick := time.NewTicker(p.Every)
	defer tick.Stop()
	bad := 0
	for {
		switch {
		case p.well(ctx, b):
			bad = 0
			b.sick.Store(false)
		case ctx.Err() != nil:
			return
		default:
			if bad++; bad >= checksToBeSick {
				b.sick.Store(true)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *pool) well(ctx context.Context, b *backend) bool {
	ctx, cancel := context.WithTimeout(ctx, max(p.Connect, p.Every))
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.target.Scheme+"://"+b.target.Host+p.Health, http.NoBody)
	if err != nil {
		return false
	}
	r.Header["User-Agent"] = []string{"launchpad-health"}
	res, err := p.transport.RoundTrip(r)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	return res.StatusCode < http.StatusBadRequest
}
