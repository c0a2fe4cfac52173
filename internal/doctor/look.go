package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// look is one examination: every request is made once, whichever checks ask for it.
type look struct {
	o      Options
	ctx    context.Context
	issuer *url.URL

	one, two *http.Transport // HTTP/1.1, as most clients speak it, and HTTP/2
	send     func(question) *answer
	answers  map[question]*answer
	reused   bool // a second request to the issuer went through the connection of an earlier one
	shaken   map[uint16]shake
}

func newLook(ctx context.Context, o Options) *look {
	u, _ := url.Parse(o.Issuer) // lookable
	l := &look{o: o, ctx: ctx, issuer: u, answers: map[question]*answer{}, shaken: map[uint16]shake{}}
	l.send = l.overNetwork
	l.one, l.two = l.transport(), l.transport()
	l.one.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{} // no HTTP/2
	l.one.TLSClientConfig.NextProtos = []string{"http/1.1"}
	l.two.ForceAttemptHTTP2 = true
	return l
}

// transport goes past a wrong certificate, which has checks of its own, so that the rest can be looked at: nothing that is
// sent is secret.
func (l *look) transport() *http.Transport {
	return &http.Transport{
		DialContext:     l.o.Dial,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10},

		DisableCompression: true, ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
}

func (l *look) close() {
	l.one.CloseIdleConnections()
	l.two.CloseIdleConnections()
}

// reach fails if nobody answers where the issuer should be.
func (l *look) reach() error {
	var last error
	for _, address := range l.spellings() {
		a := l.get(address)
		if a.err == nil {
			return nil
		}
		last = a.err
	}
	return fmt.Errorf("nobody answers at %s: %w", l.o.Issuer, last)
}

// question is a request. Two that are equal are asked once.
type question struct {
	method, url string
	headers     string // Name: value lines, names as they go out
	body        string
	chunked     bool
	http2       bool
}

// answer to it, or why there is none.
type answer struct {
	err    error
	status int
	header http.Header
	body   []byte
	proto  string
	skew   time.Duration // by how much its Date is ahead of our clock
}

// bodyLimit is more than any answer here needs.
const bodyLimit = 1 << 20

func (l *look) get(address string, headers ...string) *answer {
	return l.ask(question{method: http.MethodGet, url: address, headers: strings.Join(headers, "\n")})
}

func (l *look) post(address, form string, headers ...string) *answer {
	headers = append([]string{"Content-Type: application/x-www-form-urlencoded"}, headers...)
	return l.ask(question{method: http.MethodPost, url: address, headers: strings.Join(headers, "\n"), body: form})
}

func (l *look) ask(q question) *answer {
	if a, known := l.answers[q]; known {
		return a
	}
	a := l.send(q)
	l.answers[q] = a
	return a
}

// overNetwork follows no redirects: where they lead is part of what is looked at.
func (l *look) overNetwork(q question) *answer {
	ctx, cancel := context.WithTimeout(l.ctx, l.o.Each)
	defer cancel()
	r, err := q.request(l.trace(ctx))
	if err != nil {
		return &answer{err: err}
	}
	transport := l.one
	if q.http2 {
		transport = l.two
	}
	began := l.o.Clock.Now()
	res, err := transport.RoundTrip(r)
	if err != nil {
		return &answer{err: plain(err)}
	}
	defer res.Body.Close()
	took := l.o.Clock.Now().Sub(began)
	a := &answer{status: res.StatusCode, header: res.Header, proto: res.Proto}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, bodyLimit)); err != nil {
		return &answer{err: plain(err)}
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		a.skew = date.Sub(began.Add(took / 2))
	}
	return a
}

func (q question) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	if q.chunked {
		body = struct{ io.Reader }{body} // whose length nobody can tell
	}
	r, err := http.NewRequestWithContext(ctx, q.method, q.url, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "launchpad-doctor")
	for line := range strings.Lines(q.headers) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "Host":
			r.Host = value
		case "User-Agent":
			r.Header.Set(name, value)
		default:
			r.Header[name] = append(r.Header[name], value)
		}
	}
	return r, nil
}

func (l *look) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if info.Reused {
			l.reused = true
		}
	}})
}

// plain takes the words of our own limits for what they mean.
func plain(err error) error {
	if timeout, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout() {
		return errors.New("no answer in time")
	}
	return err
}

// String is how an answer is told.
func (a *answer) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	text := fmt.Sprintf("%d %s", a.status, a.kind())
	if location := a.header.Get("Location"); location != "" {
		text += " to " + location
	}
	return strings.TrimSpace(text)
}

// kind is the content type without its parameters.
func (a *answer) kind() string {
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	return kind
}

// page: people read it.
func (a *answer) page() bool { return a.err == nil && a.kind() == "text/html" }

// refusal: a program is told no, on a page or otherwise, and is led nowhere.
func (a *answer) refusal() bool {
	return a.err == nil && a.status >= 400 && a.status < 500 && a.header.Get("Location") == ""
}

func (a *answer) redirect() bool { return a.err == nil && a.status >= 300 && a.status < 400 }

// errorCode of RFC 6749 §5.2; empty if the answer is not such an error.
func (a *answer) errorCode() string {
	d := a.document()
	if a.kind() != "application/json" {
		return ""
	}
	return d.text("error")
}

// document is the answer as JSON; nil if it is none.
func (a *answer) document() document {
	if a.err != nil {
		return nil
	}
	var d document
	if json.Unmarshal(a.body, &d) != nil {
		return nil
	}
	return d
}

type document map[string]any

func (d document) text(name string) string {
	text, _ := d[name].(string)
	return text
}

func (d document) list(name string) []string {
	items, _ := d[name].([]any)
	list := []string{}
	for _, item := range items {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}

// metadata of the server, from the first address that has one; nil if none has.
func (l *look) metadata() document {
	for _, address := range l.spellings() {
		if a := l.get(address); a.err == nil && a.status == http.StatusOK {
			if d := a.document(); d != nil {
				return d
			}
		}
	}
	return nil
}

// endpoint that the metadata names, if it is on the issuer's own origin: nobody else is sent what is tried here.
func (l *look) endpoint(name string) (string, bool) {
	address := l.metadata().text(name)
	return address, address != "" && l.home(address)
}

// home: an address on the issuer's origin.
func (l *look) home(address string) bool { return sameOrigin(address, l.o.Issuer) }

// sameOrigin of an address that may be anything, and one that is known.
func sameOrigin(address, known string) bool {
	a, err := url.Parse(address)
	k, _ := url.Parse(known) // lookable
	return err == nil && a.Scheme == k.Scheme && strings.EqualFold(a.Host, k.Host) && a.User == nil
}

// root is an address at the issuer's host.
func (l *look) root(path string) string { return l.issuer.Scheme + "://" + l.issuer.Host + path }

// secure: the issuer is reached by TLS.
func (l *look) secure() bool { return l.issuer.Scheme == "https" }

// shake is what came of a TLS handshake.
type shake struct {
	state tls.ConnectionState
	err   error
}

// handshake speaks no newer TLS than a version.
func (l *look) handshake(newest uint16) shake {
	if s, known := l.shaken[newest]; known {
		return s
	}
	s := l.shakeHands(newest)
	l.shaken[newest] = s
	return s
}

func (l *look) shakeHands(newest uint16) shake {
	ctx, cancel := context.WithTimeout(l.ctx, l.o.Each)
	defer cancel()
	port := l.issuer.Port()
	if port == "" {
		port = "443"
	}
	c, err := l.o.Dial(ctx, "tcp", net.JoinHostPort(l.issuer.Hostname(), port))
	if err != nil {
		return shake{err: plain(err)}
	}
	defer c.Close()
	t := tls.Client(c, &tls.Config{
		ServerName: l.issuer.Hostname(), InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: newest, NextProtos: []string{"h2", "http/1.1"},
	})
	if err := t.HandshakeContext(ctx); err != nil {
		return shake{err: plain(err)}
	}
	return shake{state: t.ConnectionState()}
}

// chain is the certificate and what came with it.
func (s shake) chain() (leaf *x509.Certificate, rest *x509.CertPool) {
	rest = x509.NewCertPool()
	for _, c := range s.state.PeerCertificates[1:] {
		rest.AddCert(c)
	}
	return s.state.PeerCertificates[0], rest
}
