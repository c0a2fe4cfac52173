package server

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/journal"
	"launchpad/internal/meter"
	"launchpad/internal/web"
)

// way is one row of the traffic: the requests of one method of one route.
type way struct {
	route, method string
	spelled       string         // how a line names the route
	answers       [6]meter.Count // by the first digit of the status; 0: broken off before it began
	took          *meter.Spread  // shared by the methods of a route
}

// traffic is what the server counts itself.
type traffic struct {
	mu       sync.Mutex // of ways
	ways     []*way
	unrouted *way // requests that are refused before their route is known
	refusals meter.Table
	grants   meter.Table // token requests by grant and outcome
	panics   meter.Count
	sweeps   meter.Count  // steps
	unswept  meter.Count  // steps that failed
	swept    atomic.Int64 // when the last whole pass ended, in unix seconds
}

// tookBounds reach from an answer out of memory to one that nobody waits for any more.
var tookBounds = []time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 10 * time.Second,
}

// way adds a row.
func (t *traffic) way(route, method string, took *meter.Spread) *way {
	w := &way{route: route, method: method, took: took, spelled: journal.Members("route", route)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ways = append(t.ways, w)
	return w
}

// all lists the rows.
func (t *traffic) all() []*way {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.ways)
}

// ways adds the rows of a path: one for each of its routes, and one for all other methods.
func (s *Server) ways(routes []web.Route) []*way {
	took := meter.NewDurations(tookBounds...)
	path := routes[0].Path
	if path == "" {
		path = "/" // what is nowhere
	}
	list := make([]*way, 0, len(routes)+1)
	for _, route := range routes {
		method := route.Method
		if method == "" {
			method = "any"
		}
		list = append(list, s.traffic.way(path, method, took))
	}
	return append(list, s.traffic.way(path, "other", took))
}

// count takes a request into the numbers.
func (s *Server) count(v *seen, took time.Duration) {
	v.way.answers[min(v.status/100, 5)].Add(1)
	v.way.took.Note(int64(took))
	e := v.refusal()
	if e != nil {
		s.refusals.Add(e.Code, e.Slug)
		if stackOf(e) != nil {
			s.panics.Add(1)
		}
	}
	if v.record.Grant == "" {
		return
	}
	outcome := v.record.Outcome
	switch {
	case e != nil:
		outcome = e.Slug
	case outcome == "":
		outcome = "issued"
	}
	s.grants.Add(v.record.Grant, outcome)
}

// countSweep takes in a step of the sweep; next is where it goes on.
func (s *Server) countSweep(next core.ID, err error) {
	s.sweeps.Add(1)
	switch {
	case err != nil:
		s.unswept.Add(1)
	case next.Zero():
		s.swept.Store(s.options.Clock.Now().Unix())
	}
}
