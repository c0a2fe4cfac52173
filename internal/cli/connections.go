package cli

import (
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
)

// limits is how long a connection may take for what, and how much it may say at once.
type limits struct {
	header      time.Duration // to send the head of a request
	body        time.Duration // to send the rest of it; the gateway lifts this for calls of an API
	write       time.Duration // to take an answer
	idle        time.Duration // between two requests
	headerBytes int
}

var defaultLimits = limits{header: 5 * time.Second, body: 10 * time.Second, write: time.Minute, idle: time.Minute, headerBytes: 32 << 10}

// server makes the HTTP server that keeps to the limits. ReadTimeout stays unset: it would go on to run while a handler
// works, and cancel whatever takes longer.
func (l limits) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Body != http.NoBody {
				_ = http.NewResponseController(w).SetReadDeadline(core.SystemClock{}.Now().Add(l.body))
			}
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: l.header, WriteTimeout: l.write, IdleTimeout: l.idle, MaxHeaderBytes: l.headerBytes,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}

// The HTTP server moves the deadlines of a connection six times for each request, and nearly every one of these is
// replaced before anything waits for it. Telling the system of each costs as much as a small part of the request, so they
// are only noted, and a watch looks several times a second for those that are over.

// lookEvery is how much later than asked for a wait may end.
const lookEvery = 100 * time.Millisecond

// listener hands out such connections.
type listener struct {
	net.Listener
	watch *watch
}

func watched(socket net.Listener) listener {
	return listener{socket, &watch{open: map[*connection]struct{}{}}}
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	w := &connection{Conn: c, watch: l.watch}
	w.reads.become(c.SetReadDeadline)
	w.writes.become(c.SetWriteDeadline)
	l.watch.begin(w)
	return w, nil
}

// watch has an eye on the connections that are open, while there are any.
type watch struct {
	mu      sync.Mutex
	open    map[*connection]struct{}
	running bool
}

func (w *watch) begin(c *connection) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[c] = struct{}{}
	if !w.running {
		w.running = true
		go w.run()
	}
}

func (w *watch) end(c *connection) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

func (w *watch) run() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for range tick.C {
		if !w.look() {
			return
		}
	}
}

// look reports whether there is more to watch.
func (w *watch) look() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := core.Elapsed()
	for c := range w.open {
		// What cannot be told to a connection is a connection that is gone.
		_, _ = c.reads.strike(now), c.writes.strike(now)
	}
	w.running = len(w.open) > 0
	return w.running
}

type connection struct {
	net.Conn
	watch         *watch
	reads, writes deadline
}

func (c *connection) Read(b []byte) (n int, err error) {
	for {
		if err = c.reads.begin(); err == nil {
			n, err = c.Conn.Read(b)
			c.reads.end()
		}
		if n > 0 || !c.reads.tooSoon(err) {
			return n, err
		}
	}
}

func (c *connection) Write(b []byte) (written int, err error) {
	for {
		n := 0
		if err = c.writes.begin(); err == nil {
			n, err = c.Conn.Write(b[written:])
			c.writes.end()
		}
		if written += n; !c.writes.tooSoon(err) {
			return written, err
		}
	}
}

// CloseWrite lets a last answer arrive although the client still sends; the HTTP server asks for it.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c *connection) Close() error {
	c.watch.end(c)
	return c.Conn.Close()
}

func (c *connection) SetReadDeadline(t time.Time) error  { return c.reads.set(t) }
func (c *connection) SetWriteDeadline(t time.Time) error { return c.writes.set(t) }

func (c *connection) SetDeadline(t time.Time) error {
	if err := c.reads.set(t); err != nil {
		return err
	}
	return c.writes.set(t)
}

// deadline is one of the two of a connection.
type deadline struct {
	tell    func(time.Time) error // the system
	by      atomic.Int64          // as asked for: nanoseconds of core.Elapsed
	waiting atomic.Int32          // how many may be waiting
	struck  atomic.Bool           // the system ends every wait
	mu      sync.Mutex            // around telling the system
}

const (
	never = math.MaxInt64
	past  = 0 // that of whoever wants to interrupt a wait, and says longAgo
)

var longAgo = time.Unix(1, 0)

func (d *deadline) become(tell func(time.Time) error) {
	d.tell = tell
	d.by.Store(never)
}

// set interrupts what waits if the time is one of long ago; any other is looked after by the watch.
func (d *deadline) set(t time.Time) error {
	by := onWatch(t)
	d.by.Store(by)
	if by == past && d.waiting.Load() > 0 {
		return d.strike(past)
	}
	return nil
}

func onWatch(t time.Time) int64 {
	switch {
	case t.IsZero():
		return never
	case !t.After(longAgo):
		return past
	}
	return max(past+1, int64(core.ElapsedAt(t)))
}

// begin is before a wait. It looks at the time that was asked for after it has said that it may wait, and set does so in the
// opposite order, so one of the two notices the other.
func (d *deadline) begin() error {
	d.waiting.Add(1)
	err := d.revive()
	if err == nil && d.by.Load() == past {
		err = os.ErrDeadlineExceeded
	}
	if err != nil {
		d.end()
	}
	return err
}

func (d *deadline) end() { d.waiting.Add(-1) }

// strike ends what waits, and each wait that follows, if the time has come.
func (d *deadline) strike(now time.Duration) error {
	if d.by.Load() > int64(now) {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.struck.Load() || d.by.Load() > int64(now) {
		return nil
	}
	d.struck.Store(true)
	return d.tell(longAgo)
}

// revive lets waits begin again if the time was moved.
func (d *deadline) revive() error {
	if !d.struck.Load() {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.struck.Load() || d.by.Load() <= int64(core.Elapsed()) {
		return nil
	}
	d.struck.Store(false)
	return d.tell(time.Time{})
}

// tooSoon reports whether a wait was ended although its time was moved meanwhile.
func (d *deadline) tooSoon(err error) bool {
	return err != nil && errors.Is(err, os.ErrDeadlineExceeded) && d.by.Load() > int64(core.Elapsed())
}
