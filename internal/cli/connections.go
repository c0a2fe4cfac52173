package cli

import (
	"log/slog"
	"net"
	"net/http"
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
	return &connection{Conn: c}, nil
}

type connection struct {
	net.Conn

	mu      sync.Mutex
	reading bool      // a read may be waiting
	readBy  time.Time // as asked for
	armed   time.Time // as the system knows it
	writeBy time.Time // likewise
}

// SetReadDeadline takes effect at once for a read that waits, else with the next one.
func (c *connection) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readBy = t
	if !c.reading {
		return nil
	}
	return c.arm()
}

func (c *connection) Read(b []byte) (int, error) {
	c.mu.Lock()
	c.reading = true
	err := c.arm()
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
	return n, err
}

func (c *connection) arm() error {
	if c.armed.Equal(c.readBy) {
		return nil
	}
	c.armed = c.readBy
	return c.Conn.SetReadDeadline(c.readBy)
}

// SetWriteDeadline leaves one that ends less than a second earlier as it is.
func (c *connection) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if later := t.Sub(c.writeBy); !t.IsZero() && later >= 0 && later < time.Second {
		return nil
	}
	c.writeBy = t
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline sets both.
func (c *connection) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}
