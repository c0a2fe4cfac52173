package cli

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
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
// replaced before anything waits for it. Each costs as much as a small part of the request, so they are only passed on
// to the system when something does wait.

// listener hands out such connections.
type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{
		Conn:   c,
		reads:  deadline{pass: c.SetReadDeadline, again: true},
		writes: deadline{pass: c.SetWriteDeadline, slack: time.Second},
	}, nil
}

type connection struct {
	net.Conn
	reads, writes deadline
}

func (c *connection) Read(b []byte) (int, error) {
	for {
		if err := c.reads.begin(); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b)
		if early := c.reads.end(err); n > 0 || !early {
			return n, err
		}
	}
}

func (c *connection) Write(b []byte) (int, error) {
	if err := c.writes.begin(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	c.writes.end(err)
	return n, err
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
	pass  func(time.Time) error // on to the system
	again bool                  // what ended too early is tried again, so the system may know an earlier one
	slack time.Duration         // how much sooner than asked for it may come

	mu      sync.Mutex
	waiting int       // how many may be waiting
	by      time.Time // as asked for
	passed  time.Time // as the system knows it
	struck  bool      // passed has ended a wait, or was meant to
}

// set takes effect at once for what waits, else with the next that does.
func (d *deadline) set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.by = t
	if d.waiting == 0 {
		return nil
	}
	err := d.tell()
	d.struck = true
	return err
}

func (d *deadline) begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.again || d.struck || !d.early() {
		if err := d.tell(); err != nil {
			return err
		}
	}
	d.waiting++
	return nil
}

// end reports whether a wait ended with err before its time.
func (d *deadline) end(err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting--
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.struck = true
	return d.early()
}

// early says that the system knows an earlier deadline than was asked for.
func (d *deadline) early() bool {
	return !d.passed.IsZero() && (d.by.IsZero() || d.by.After(d.passed))
}

func (d *deadline) tell() error {
	later := d.by.Sub(d.passed)
	if later == 0 || later > 0 && later < d.slack {
		return nil
	}
	d.passed, d.struck = d.by, false
	return d.pass(d.by)
}
