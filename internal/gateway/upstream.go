package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Upstream answers calls that may pass.
type Upstream interface {
	open()  // before the first call
	close() // after the last: calls that are under way go on
	// serve answers a call. Its error means that nothing was answered yet.
	serve(w http.ResponseWriter, r *http.Request, p *passage) error
}

// passage is one call on its way.
type passage struct {
	api      *API
	rules    *protect.Rules
	asked    *http.Request // as it came
	route    *protect.Route
	admitted protect.Passage
	record   *web.Record
	become   bool // a WebSocket
}

// lasts reports whether it might still pass.
func (p *passage) lasts() error { return p.rules.Lasts(p.asked, p.route, p.admitted) }

// Local is an upstream in this process.
func Local(handler http.Handler) Upstream { return local{handler} }

type local struct{ handler http.Handler }

func (local) open()  {}
func (local) close() {}

func (l local) serve(w http.ResponseWriter, r *http.Request, _ *passage) error {
	if _, said := w.Header()["Cache-Control"]; !said {
		w.Header()["Cache-Control"] = private
	}
	l.handler.ServeHTTP(w, r)
	return nil
}

// Below is an upstream that is told paths without their beginning: a call of the prefix itself goes to its very address.
func Below(prefix string, upstream Upstream) Upstream { return below{upstream, prefix} }

type below struct {
	Upstream
	prefix string
}

func (b below) serve(w http.ResponseWriter, r *http.Request, p *passage) error {
	u := *r.URL
	u.Path, u.RawPath = strings.TrimPrefix(u.Path, b.prefix), ""
	r.URL = &u
	return b.Upstream.serve(w, r, p)
}

// Backends is what stands behind an API, and how patient we are with it. What is zero has a default.
type Backends struct {
	Targets   []*url.URL
	Connect   time.Duration // until a connection stands
	FirstByte time.Duration // until the answer begins, once the call was sent
	Whole     time.Duration // until the answer has ended; streams may take longer
	Idle      time.Duration // that a connection waits for the next call
	Retries   int           // of calls that may be repeated; below 0: none
	Health    string        // path of a health check; "": none
	Every     time.Duration // pause between two of them

	Watch core.Stopwatch // by which backends that fail are set aside
}

// Defaults of Backends.
const (
	defaultConnect   = 5 * time.Second
	defaultFirstByte = 30 * time.Second
	defaultWhole     = 5 * time.Minute
	defaultIdle      = 1500 * time.Millisecond
	defaultRetries   = 2
	defaultEvery     = 5 * time.Second

	idlePerTarget = 256 // connections that wait for the next call
)

// Proxy is an upstream at one address.
func Proxy(target *url.URL) Upstream { return Pool(Backends{Targets: []*url.URL{target}}) }

// Pool is an upstream at one or more addresses.
func Pool(b Backends) Upstream {
	for value, otherwise := range map[*time.Duration]time.Duration{&b.Connect: defaultConnect, &b.FirstByte: defaultFirstByte, &b.Whole: defaultWhole, &b.Idle: defaultIdle, &b.Every: defaultEvery} {
		if *value == 0 {
			*value = otherwise
		}
	}
	if b.Watch == nil {
		b.Watch = core.NewStopwatch()
	}
	if b.Retries == 0 {
		b.Retries = defaultRetries
	}
	p := &pool{Backends: b, transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: b.Connect, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: b.Connect, ResponseHeaderTimeout: b.FirstByte, ExpectContinueTimeout: time.Second,
		// Two idle connections to a host, as there are by default, make every burst dial anew. Whoever waits longer than the
		// upstream sends calls on connections that are just being closed, and most of them may not be repeated: Gunicorn closes
		// after two seconds, Node.js, Uvicorn and Apache after five.
		MaxIdleConnsPerHost: idlePerTarget, IdleConnTimeout: b.Idle,
		DisableCompression:     true, // the caller gets the bytes that the upstream sent
		MaxResponseHeaderBytes: 64 << 10,
	}}
	p.budget.Store(budgetAtFirst)
	for _, target := range b.Targets {
		p.backends = append(p.backends, &backend{target: target, below: strings.TrimSuffix(target.EscapedPath(), "/")})
	}
	return p
}

// pool is the backends of an API.
type pool struct {
	Backends
	backends  []*backend
	transport *http.Transport
	turn      counter
	budget    counter // for repeated calls, in tenths of one

	stop     context.CancelFunc
	checking sync.WaitGroup
}

func (p *pool) open() {
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	if p.Health == "" {
		return
	}
	for _, b := range p.backends {
		p.checking.Go(func() { p.check(ctx, b) })
	}
}

func (p *pool) close() {
	p.stop()
	p.checking.Wait()
	p.transport.CloseIdleConnections()
}

// serve finds a backend that answers. A call is sent again only if it may be, and only while nothing came back.
func (p *pool) serve(w http.ResponseWriter, r *http.Request, passage *passage) (err error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	late := time.AfterFunc(p.Whole, func() { cancel(errLate) })
	defer late.Stop()
	out := r.WithContext(ctx)
	sent := &body{ReadCloser: r.Body, left: r.ContentLength}
	out.Body = sent
	if r.ContentLength == 0 {
		out.Body = nil // else the transport could not repeat it by itself
		sent.over.Store(true)
	}
	defer func() {
		if err != nil {
			sent.abandon(w)
		}
	}()
	p.earn()
	var tried []*backend
	for {
		b := p.pick(tried)
		if b == nil {
			return down()
		}
		res, err := p.ask(out, b, passage.become)
		if err == nil {
			b.succeeded()
			return (&answer{w: w, r: r, sent: sent, res: res, passage: passage, cancel: cancel, late: late, ctx: ctx}).write()
		}
		now := p.Watch.Elapsed()
		if broken := sent.broken.Load(); broken != nil {
			b.undecided(now)
			return unreadable(*broken) // which says nothing of the backend
		}
		if r.Context().Err() == nil {
			b.failed(now)
		} else {
			b.undecided(now)
		}
		tried = append(tried, b)
		if len(tried) > p.Retries || ctx.Err() != nil || !repeatable(r.Method, sent, err) || !p.spend() {
			return failure(r, ctx, err)
		}
	}
}

// ask sends a call to one backend.
func (p *pool) ask(out *http.Request, b *backend, upgrade bool) (*http.Response, error) {
	u := *out.URL
	u.Scheme, u.Host = b.target.Scheme, b.target.Host
	if b.below != "" {
		u.Path, u.RawPath = strings.TrimSuffix(b.target.Path, "/")+u.Path, b.below+u.EscapedPath() // byte for byte
	}
	sent := *out
	sent.URL, sent.Host, sent.RequestURI, sent.Close = &u, "", "", false
	if _, said := sent.Header["User-Agent"]; !said {
		sent.Header["User-Agent"] = []string{""} // else the transport would name itself
	}
	if upgrade {
		sent.Header["Connection"], sent.Header["Upgrade"] = []string{"Upgrade"}, []string{webSocket}
	}
	return p.transport.RoundTrip(&sent)
}

// body is what a call brings. It notes whether somebody read of it and what went wrong, because a transport blames the other
// end; and it stays open, because a transport closes what it could not send. Its end is said from here: a transport looks for
// more after the last byte, maybe only when the answer has begun, and a server's body that is over by then is an error to it,
// with which it would cut the answer.
type body struct {
	io.ReadCloser
	left    int64 // bytes to come; below 0: nobody knows
	over    flag
	touched flag
	broken  atomic.Pointer[error]
}

func (b *body) Read(p []byte) (int, error) {
	b.touched.Store(true)
	if b.over.Load() {
		return 0, io.EOF
	}
	n, err := b.ReadCloser.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	if err == io.EOF || b.left == 0 {
		b.over.Store(true)
		return n, io.EOF
	}
	if err != nil {
		b.broken.CompareAndSwap(nil, &err)
	}
	return n, err
}

func (b *body) Close() error { return nil }

// restOfCall is how long a call may go on once nobody hears it any more.
const restOfCall = 2 * time.Second

// abandon bounds what a server reads of a body that nobody hears: a little, so that the caller comes to read the answer, but not
// for ever.
func (b *body) abandon(w http.ResponseWriter) {
	if !b.over.Load() {
		_ = http.NewResponseController(w).SetReadDeadline(core.SystemClock{}.Now().Add(restOfCall))
	}
}

// repeatable reports whether a call that failed may be sent again: RFC 9110 §9.2.2 if its method is idempotent, any if
// there was no connection to send it on; and never if a part of its body is gone.
func repeatable(method string, sent *body, err error) bool {
	if sent.touched.Load() || timedOut(err) {
		return false
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}

// Of ten calls, one may be sent a second time: else repeating would finish off what is nearly down.
const (
	budgetAtFirst = 100
	budgetAtMost  = 1000
	costOfRepeat  = 10
)

func (p *pool) earn() {
	if p.budget.Load() < budgetAtMost {
		p.budget.Add(1)
	}
}

func (p *pool) spend() bool {
	if p.budget.Add(-costOfRepeat) < 0 {
		p.budget.Add(costOfRepeat)
		return false
	}
	return true
}

var errLate = errors.New("the whole answer took too long")

func timedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// unreadable says what became of a call whose own body ended it.
func unreadable(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return err
	}
	return oauth.InvalidRequest("body_unreadable", "the request body ended early or is not what its header says; send it again").Because(err)
}

// failure says what became of a call, and nothing of the upstream: its address and its errors are for the log.
func failure(r *http.Request, ctx context.Context, err error) error {
	switch {
	case r.Context().Err() != nil:
		return oauth.InvalidRequest("client_gone", "the connection was closed before the API had answered").Because(err)
	case timedOut(err), errors.Is(context.Cause(ctx), errLate):
		return oauth.BadGateway("upstream_slow", "the API behind this address did not answer in time; look whether the call has taken effect before you repeat it").WithStatus(http.StatusGatewayTimeout).Because(err)
	}
	return oauth.BadGateway("upstream_unreachable", "the API behind this address does not answer; try again later").Because(err)
}

func down() error {
	e := oauth.BadGateway("upstream_down", "the API behind this address is down; try again later").WithStatus(http.StatusServiceUnavailable)
	e.RetryAfter = defaultEvery
	return e
}

// limitBody: RFC 9110 §15.5.14. Nothing is kept in memory; the limit holds while the body passes.
func limitBody(w http.ResponseWriter, r *http.Request, most int64) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	// Whoever may call the API may take its time to send it something.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if most <= 0 {
		return nil
	}
	if r.ContentLength > most {
		w.Header().Set("Connection", "close")
		return &http.MaxBytesError{Limit: most}
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	return nil
}

// renew gives the caller a minute to take what is written next. The deadline that the server set when the request came may
// be over by then: nobody knows how long an upstream thinks, or a body takes to arrive.
func renew(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(core.SystemClock{}.Now().Add(time.Minute))
}
