package feed

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/store"
	"launchpad/oauth"
)

const (
	// heartbeat is how often a stream says that it is current.
	heartbeat = time.Second
	// every is how often new numbers are looked for while somebody reads.
	every = 200 * time.Millisecond
	// patience of such a look.
	patience = time.Second
	// behind is how many lines a reader may be behind before its stream ends; it goes on from its place.
	behind = 2000
	// Streams of one process, and of one app at it.
	most      = 1000
	mostOfApp = 50
)

// Streams brings the change log to the streams of this process. A line is passed on as soon as it is heard, so that nobody
// waits for its number, and once more by its number: that order is complete, and the streams take out what they told.
type Streams struct {
	log   *events.Log
	watch core.Stopwatch
	warn  *slog.Logger

	follow    sync.Mutex // one look at a time
	at        events.Place
	following bool
	failing   bool

	mu     sync.Mutex
	all    map[*stream]bool
	passed recent
	rights uint64 // how many lines touched some reader's
	ended  bool
}

// NewStreams makes the streams of a process; none are open. The log feeds Read.
func NewStreams(log *events.Log, watch core.Stopwatch, warn *slog.Logger) *Streams {
	return &Streams{log: log, watch: watch, warn: warn, all: map[*stream]bool{}}
}

// stream is one open reader.
type stream struct {
	app, publisher core.ID
	lines          chan *item
	end            chan struct{} // closed once
	once           sync.Once
}

func (s *stream) close() { s.once.Do(func() { close(s.end) }) }

// item is a line, with or without its number, or else a heartbeat.
type item struct {
	line store.Line
	beat bool
	lag  time.Duration
	at   time.Duration // by the stopwatch of the process
}

// Read takes in a line of the change log.
func (s *Streams) Read(e core.Event) { s.tell(store.Line{Event: e}) }

// tell passes a line on: without its number once, although the log tells some twice (on a shared database what this node
// wrote, and then found), and by its number. It ends streams of an app whose rights it touches, but those alone that were
// open when it first came: whoever came later has proved itself since.
func (s *Streams) tell(line store.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, i := s.passed.add(line.ID), &item{line: line}
	touches := first && touchesRights[line.Kind]
	if touches {
		s.rights++
	}
	for one := range s.all {
		if first || line.Seq > 0 {
			s.pass(one, i)
		}
		if touches && one.rests(line.Event) {
			one.close()
		}
	}
}

// rests reports whether the right to read rests on what a line is about.
func (s *stream) rests(e core.Event) bool {
	return e.AppID == s.app || e.Kind == core.EventAccountSuspended && e.AccountID == s.publisher
}

// recent remembers the last lines, some thousands of them.
type recent struct{ now, before map[core.ID]bool }

// add reports whether a line is new.
func (r *recent) add(id core.ID) bool {
	if r.now[id] || r.before[id] {
		return false
	}
	if r.now == nil || len(r.now) == remembered {
		r.now, r.before = map[core.ID]bool{}, r.now
	}
	r.now[id] = true
	return true
}

// touchesRights lists what may take a reader's own right away: its secret, its switch, all of it, or who publishes it. It
// comes back and proves itself anew.
var touchesRights = map[core.EventKind]bool{
	core.EventAppSecretEnded: true, core.EventAppChanged: true, core.EventAppDeleted: true, core.EventAppHandedOver: true, core.EventAccountSuspended: true,
}

// Rights is to be read before a reader proves itself, and given to join.
func (s *Streams) Rights() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rights
}

// pass never waits: who is too far behind is sent away.
func (s *Streams) pass(one *stream, i *item) {
	select {
	case one.lines <- i:
	default:
		one.close()
	}
}

// join opens a stream: from now on it is passed every line, and every number after a place that is reached already. What
// came before it reads by itself. If somebody's rights were touched since those of this reader were looked at, it may have been
// this one's, and it has to come back.
func (s *Streams) join(ctx context.Context, app core.App, since uint64) (*stream, error) {
	s.follow.Lock()
	defer s.follow.Unlock()
	if !s.following {
		end, err := s.log.End(ctx)
		if err != nil {
			return nil, err
		}
		s.at, s.following = end, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, oauth.Unavailable(fmt.Errorf("the server is ending"))
	}
	of := 0
	for one := range s.all {
		if one.app == app.ID {
			of++
		}
	}
	if of >= mostOfApp || len(s.all) >= most {
		return nil, oauth.TooManyRequests("feed_full", heartbeat, "too many streams of the revocation feed are open; close those that nobody reads, or poll")
	}
	one := &stream{app: app.ID, publisher: app.Publisher.ID, lines: make(chan *item, behind), end: make(chan struct{})}
	if s.all[one] = true; s.rights != since {
		one.close()
	}
	return one, nil
}

func (s *Streams) leave(one *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, one)
}

// Open is how many streams there are.
func (s *Streams) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// End ends all streams and takes no new ones.
func (s *Streams) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for one := range s.all {
		one.close()
	}
}

// Run passes on numbers and heartbeats until ctx ends.
func (s *Streams) Run(ctx context.Context) {
	numbers, beats := time.NewTicker(every), time.NewTicker(heartbeat)
	defer numbers.Stop()
	defer beats.Stop()
	for {
		select {
		case <-numbers.C:
			s.look(ctx)
		case <-beats.C:
			s.beat()
		case <-ctx.Done():
			s.End()
			return
		}
	}
}

// beat tells that everything is told which was acknowledged before the lag. A node that hears nothing says nothing.
func (s *Streams) beat() {
	if s.log.Hearing() != nil {
		return
	}
	i := &item{beat: true, lag: s.log.State().Lag, at: s.watch.Elapsed()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.all {
		s.pass(one, i)
	}
}

// look passes on what has got its number.
func (s *Streams) look(ctx context.Context) {
	s.follow.Lock()
	defer s.follow.Unlock()
	if s.Open() == 0 {
		s.following = false
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		lines, more, err := s.log.Numbered(ctx, s.at)
		if err != nil {
			s.lost(ctx, err)
			return
		}
		s.failing = false
		for _, line := range lines {
			s.tell(line)
			s.at = events.PlaceOf(line)
		}
		if !more {
			return
		}
	}
}

// lost: after another history than before every reader has to ask whether its place is still one. A database that is away
// is another matter: lines that are heard are still told.
func (s *Streams) lost(ctx context.Context, err error) {
	if isGone(err) {
		s.warn.Warn("revocation feed: the database has another history than before; all readers start over")
		s.following = false
		s.mu.Lock()
		defer s.mu.Unlock()
		for one := range s.all {
			one.close()
		}
		return
	}
	if !s.failing && ctx.Err() == nil {
		s.warn.Warn("revocation feed: numbers cannot be read", "cause", err)
	}
	s.failing = true
}
