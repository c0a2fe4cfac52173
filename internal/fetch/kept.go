package fetch

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// How long what was fetched is kept, whatever its server says. A document that just changed is seen within the floor, and one
// that must not be believed any more is asked for again within the ceiling.
const (
	floor    = time.Minute
	unsaid   = 5 * time.Minute // its server says nothing
	ceiling  = 24 * time.Hour
	negative = 30 * time.Second // that there is none
	// mostKept is bytes, with what a place costs by itself.
	mostKept  = 16 << 20
	placeCost = 512
)

type key = [sha256.Size]byte

// kept is the documents at hand, and the requests under way.
type kept struct {
	mu      sync.Mutex
	flights map[key]*flight
	hosts   map[string]int // how many flights go there
	results *otter.Cache[key, result]
}

// flight is a request that somebody waits for.
type flight struct {
	host     string
	done     chan struct{}
	document Document
	err      error
}

type result struct {
	document Document
	err      error
	until    time.Time
}

func newKept() *kept {
	return &kept{
		flights: map[key]*flight{},
		hosts:   map[string]int{},
		results: otter.Must(&otter.Options[key, result]{
			MaximumWeight: mostKept,
			Weigher:       func(_ key, r result) uint32 { return uint32(placeCost + len(r.document.Body)) },
		}),
	}
}

func (k *kept) find(name key, now time.Time) (Document, error, bool) {
	r, ok := k.results.GetIfPresent(name)
	if !ok || !now.Before(r.until) {
		return Document{}, nil, false
	}
	return r.document, r.err, true
}

func (k *kept) underWay(name key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.flights[name] != nil
}

// join gives the request that is under way, or a new one, which the caller has to make; nil if there are too many, or too many
// to its host.
func (k *kept) join(name key, host string) (f *flight, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f, ok := k.flights[name]; ok {
		return f, false
	}
	if len(k.flights) >= atOnce+mostWaiting || k.hosts[host] >= ofHost {
		return nil, false
	}
	f = &flight{host: host, done: make(chan struct{})}
	k.flights[name] = f
	k.hosts[host]++
	return f, true
}

// keep ends a request. What follows it finds the result or asks again.
func (k *kept) keep(name key, f *flight, d Document, err error, now time.Time) {
	f.document, f.err = d, err
	until := d.Until
	if err != nil {
		until = now.Add(negative)
	}
	k.results.Set(name, result{d, err, until})
	k.mu.Lock()
	delete(k.flights, name)
	if k.hosts[f.host]--; k.hosts[f.host] == 0 {
		delete(k.hosts, f.host)
	}
	k.mu.Unlock()
	close(f.done)
}

// freshFor reads how long an answer stays fresh. RFC 9111 §4.2.1: max-age is the time it has from when it was made, of which Age
// has passed. What must not be kept is kept for the floor: one page of ours asks for it several times.
func freshFor(h http.Header) time.Duration {
	age := unsaid
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache", "private":
			return floor
		case "max-age":
			if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				age = time.Duration(seconds) * time.Second
			}
		}
	}
	if passed, err := strconv.ParseUint(h.Get("Age"), 10, 31); err == nil {
		age -= time.Duration(passed) * time.Second
	}
	return min(max(age, floor), ceiling)
}
