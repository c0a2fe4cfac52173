package main

import (
	"bufio"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// dutiful does for each request what Launchpad has to, in the plainest way that the standard library offers: it says how long a
// connection may take, counts by address and refuses what is too much, counts for the operator, and writes a line. Lines
// wait until there are many of them, as Launchpad's do.
type dutiful struct {
	handler http.Handler
	lines   *slog.Logger

	mu        sync.Mutex
	addresses map[string]*window
	routes    map[route]*figures
}

// window is how many requests an address has sent in the present minute.
type window struct {
	minute, requests int64
}

type route struct {
	path   string
	status int
}

type figures struct {
	requests int64
	took     time.Duration
}

// Of an address in a minute. No measurement reaches it.
const most = 1_000_000_000

func serveDutifully(listen string, handler http.Handler) error {
	// The handler of lines lets one through at a time. Those that wait at the end are nobody's loss here.
	lines := slog.New(slog.NewJSONHandler(bufio.NewWriterSize(os.Stderr, 64<<10), nil))
	d := &dutiful{handler: handler, lines: lines, addresses: map[string]*window{}, routes: map[route]*figures{}}
	s := &http.Server{Addr: listen, Handler: d, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	return s.ListenAndServe()
}

func (d *dutiful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	seen := &answered{ResponseWriter: w, status: http.StatusOK}
	if d.tooMany(address, began) {
		http.Error(seen, `{"error":"temporarily_unavailable"}`, http.StatusTooManyRequests)
	} else {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Allow-Origin", "*")
		d.handler.ServeHTTP(seen, r)
	}
	took := time.Since(began)
	d.count(route{r.URL.Path, seen.status}, took)
	d.lines.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("trace", fmt.Sprintf("%016x", rand.Uint64())), slog.String("method", r.Method), slog.String("route", r.URL.Path),
		slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("address", address))
}

func (d *dutiful) tooMany(address string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.addresses[address]
	if a == nil {
		a = new(window)
		d.addresses[address] = a
	}
	if minute := now.Unix() / 60; a.minute != minute {
		a.minute, a.requests = minute, 0
	}
	a.requests++
	return a.requests > most
}

func (d *dutiful) count(r route, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.routes[r]
	if f == nil {
		f = new(figures)
		d.routes[r] = f
	}
	f.requests++
	f.took += took
}

// answered notes what became of a request.
type answered struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(b []byte) (int, error) {
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}
