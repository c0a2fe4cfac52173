package server

import (
	"bufio"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/journal"
	"launchpad/internal/limit"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Every request is seen once: it has one line in the log and counts once in the metrics, whatever became of it.

// ServeHTTP is the whole site.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	peer := web.AddressOf(r)
	from := s.options.Proxies.Resolve(r, peer)
	v := &seen{ResponseWriter: w, way: s.unrouted, began: core.Elapsed(), record: web.Record{Peer: peer, From: from}}
	v.stands.from = limit.Address(from)
	v.record.Limits = &v.stands
	defer s.done(v, r)
	s.site(v, r)
}

// seen is a request on its way: the writer of its answer, and what its line will say.
type seen struct {
	http.ResponseWriter
	way    *way
	began  time.Duration
	status int // 0: the answer has not begun
	bytes  int64
	number uint64 // what the trace id spells
	stands stands
	record web.Record
}

// seenOf gives it back. Nothing between ServeHTTP and the surfaces wraps it.
func seenOf(w http.ResponseWriter) *seen { return w.(*seen) }

// WriteHeader notes the status. 1xx is not yet the answer.
func (v *seen) WriteHeader(status int) {
	if v.status == 0 && status >= 200 {
		v.status = status
	}
	v.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (v *seen) Write(b []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	n, err := v.ResponseWriter.Write(b)
	v.bytes += int64(n)
	return n, err
}

// Hijack hands the connection over to another protocol, and notes that.
func (v *seen) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	connection, buffered, err := http.NewResponseController(v.ResponseWriter).Hijack()
	if err == nil {
		v.status = http.StatusSwitchingProtocols
	}
	return connection, buffered, err
}

// Unwrap lets http.ResponseController reach the connection.
func (v *seen) Unwrap() http.ResponseWriter { return v.ResponseWriter }

// Record is what rooms may add.
func (v *seen) Record() *web.Record { return &v.record }

// trace is the id that is told to whoever was refused and stands in the line. It is no secret, but it does not repeat.
func (v *seen) trace() string {
	if v.number == 0 {
		v.number = rand.Uint64()
	}
	return secret.Spell(v.number)
}

// done is deferred by ServeHTTP. A panic that no surface caught is answered here, with as little as can go wrong.
func (s *Server) done(v *seen, r *http.Request) {
	p := recover()
	aborted := p == http.ErrAbortHandler
	if p != nil && !aborted {
		v.record.Refusal = oauth.ServerError(asError(p))
		if aborted = v.status != 0; !aborted {
			http.Error(v, "Something went wrong. Trace: "+v.trace(), http.StatusInternalServerError)
		}
	}
	if v.status == 0 && !aborted {
		v.status = http.StatusOK
	}
	took := core.Elapsed() - v.began
	s.count(v, took)
	s.write(v, r, took)
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// refusal is the error that the answer told, if it told one.
func (v *seen) refusal() *oauth.Error {
	if v.record.Refusal == nil {
		return nil
	}
	return oauth.AsError(v.record.Refusal)
}

var lines = sync.Pool{New: func() any { return new([1 << 10]byte) }}

// write writes the line. These are all fields that there are: nothing that a caller sends gets in by itself, and neither
// address, query, header nor body of a request is one of them.
func (s *Server) write(v *seen, r *http.Request, took time.Duration) {
	e := v.refusal()
	level := slog.LevelInfo
	if v.status >= 500 || stackOf(e) != nil {
		level = slog.LevelError
	}
	if !s.options.Lines.Wants(level) {
		return
	}
	memory := lines.Get().(*[1 << 10]byte)
	defer lines.Put(memory)
	l := journal.Begin(memory[:0], s.options.Clock.Now(), level, "request").
		Text("trace", v.trace()).Text("method", method(r.Method)).Raw(v.way.spelled).
		Number("status", int64(v.status)).Number("bytes", v.bytes).Millis("ms", took).Text("address", address(r))
	if app := appOf(&v.record); app != "" {
		l = l.Text("app", app)
	}
	if v.record.Grant != "" {
		l = l.Text("grant", v.record.Grant)
	}
	if v.record.Outcome != "" {
		l = l.Text("outcome", v.record.Outcome)
	}
	if e != nil {
		l = l.Text("error", e.Code).Text("slug", e.Slug)
	}
	if cause := causeOf(e, v.record.Cause); cause != nil {
		l = l.Text("cause", cause.Error())
	}
	if stack := stackOf(e); stack != nil {
		l = l.Text("stack", string(stack))
	}
	s.options.Lines.Add(level, l.End())
}

// appOf is the client_id. An app that is known by its id alone has the one that the id spells.
func appOf(r *web.Record) string {
	if r.App == "" && !r.AppID.Zero() {
		return secret.ClientID(r.AppID)
	}
	return r.App
}

func causeOf(e *oauth.Error, later error) error {
	if e == nil {
		return later
	}
	return errors.Join(e.Unwrap(), later)
}

func stackOf(e *oauth.Error) []byte {
	if e == nil {
		return nil
	}
	if p, ok := errors.AsType[*panicked](e); ok {
		return p.stack
	}
	return nil
}

// method keeps out of the log what is none: it is the caller's to choose.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}

// address is who sent the request; behind proxies, who they say sent it (web.Proxies).
func address(r *http.Request) string {
	host := r.RemoteAddr
	if at := strings.LastIndexByte(host, ':'); at >= 0 {
		host = host[:at]
	}
	return strings.Trim(host, "[]")
}
