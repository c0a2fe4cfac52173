package fetch

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"launchpad/internal/core"
)

// What one document may cost.
const (
	MaxBody   = 64 << 10
	timeLimit = 5 * time.Second // from the look-up of the name to the last byte
	maxHeader = 16 << 10
	// atOnce is how many documents are fetched at a time, ofHost how many of them, and of those that wait, from one host, and
	// mostWaiting how many others may wait for a place. Whoever finds none within the time limit is told to come back. What one
	// address may let us fetch (the limit unknown_documents) fits in twice, so that it cannot take all places from others.
	atOnce      = 64
	ofHost      = 3
	mostWaiting = 256
)

// Options of a client.
type Options struct {
	Clock core.Clock
	// Local lets it fetch from this computer, at any port; for tests, and for a demo on one machine.
	Local bool
	// Roots whose certificates are believed; nil: the system's.
	Roots *x509.CertPool
	// Resolver of names; nil: the system's.
	Resolver *net.Resolver
}

// Client fetches.
type Client struct {
	options Options
	http    *http.Client
	places  chan struct{}
	kept    *kept
}

// Document is what was fetched.
type Document struct {
	Body  []byte
	Until time.Time // how long it may be used without asking again
}

// Failure is why there is no document.
type Failure struct {
	// Why is for whoever supplied the address. It says the same of a machine that is not there, of one that is silent and of
	// one that we do not ask, so that nobody maps a network by what we answer.
	Why string
	// Passing: the server may have the document, and cannot be asked at the moment.
	Passing bool
	cause   error
}

func (f *Failure) Error() string {
	if f.cause == nil {
		return "fetch: " + f.Why
	}
	return "fetch: " + f.Why + ": " + f.cause.Error()
}

// Unwrap gives what is for the log alone.
func (f *Failure) Unwrap() error { return f.cause }

// New makes a client.
func New(o Options) *Client {
	c := &Client{options: o, places: make(chan struct{}, atOnce), kept: newKept()}
	dialer := &net.Dialer{Timeout: timeLimit, Control: c.control, Resolver: o.Resolver}
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext, // and no proxy: it would look the name up by itself
			TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    timeLimit,
			DisableCompression:     true, // a few bytes would become many
			DisableKeepAlives:      true, // strangers' servers are asked once in a while, and hold nothing of ours
			MaxResponseHeaderBytes: maxHeader,
		},
		// A redirect could lead anywhere, and the document is named by its address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Get gives the JSON document at an address, fetched now or before. Its errors are *Failure, and those of a context that ended.
// Many who ask for the same at once share one request.
func (c *Client) Get(ctx context.Context, address string) (Document, error) {
	key := sha256.Sum256([]byte(address))
	if d, err, ok := c.kept.find(key, c.options.Clock.Now()); ok {
		return d, err
	}
	f, first := c.kept.join(key, hostOf(address))
	switch {
	case f == nil:
		return Document{}, busy()
	case first:
		go func() {
			d, err := c.fetch(address)
			c.kept.keep(key, f, d, err, c.options.Clock.Now())
		}()
	}
	select {
	case <-f.done:
		return f.document, f.err
	case <-ctx.Done():
		return Document{}, ctx.Err()
	}
}

// AtHand reports whether Get would send no request of its own: what it would give is known, or being asked for.
func (c *Client) AtHand(address string) bool {
	key := sha256.Sum256([]byte(address))
	_, _, known := c.kept.find(key, c.options.Clock.Now())
	return known || c.kept.underWay(key)
}

// hostOf is who is asked; "" of what is no address, which is asked of nobody.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// fetch asks the server. It belongs to all who wait, so none of their deadlines ends it but its own.
func (c *Client) fetch(address string) (Document, error) {
	if err := c.CheckURL(address); err != nil {
		return Document{}, &Failure{Why: err.Error()}
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return Document{}, busy()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return Document{}, &Failure{Why: "it is not a URL", cause: err}
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("User-Agent", "Launchpad (OAuth client metadata)")
	answer, err := c.http.Do(r)
	if err != nil {
		return Document{}, silent(err)
	}
	defer answer.Body.Close()
	if failure := acceptable(answer); failure != nil {
		return Document{}, failure
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxBody+1))
	// A server that hears us hang up may still end its answer in good order: that is no document that came in time.
	if err = errors.Join(err, ctx.Err()); err != nil {
		return Document{}, silent(err)
	}
	if len(body) > MaxBody {
		return Document{}, &Failure{Why: fmt.Sprintf("the document is over %d bytes", MaxBody)}
	}
	now := c.options.Clock.Now()
	return Document{Body: body, Until: now.Add(freshFor(answer.Header))}, nil
}

func busy() *Failure {
	return &Failure{Why: "too many documents are being fetched at the moment; try again in a minute", Passing: true, cause: core.ErrBusy}
}

func silent(cause error) *Failure {
	return &Failure{Why: "its server could not be reached, or did not answer in time", Passing: true, cause: cause}
}

// acceptable looks at everything but the body.
func acceptable(answer *http.Response) *Failure {
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests:
		return &Failure{Why: fmt.Sprintf("its server answered %d", answer.StatusCode), Passing: true}
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return &Failure{Why: "its server answered with a redirect, which is not followed"}
	case answer.StatusCode != http.StatusOK:
		return &Failure{Why: fmt.Sprintf("its server answered %d and not 200", answer.StatusCode)}
	case answer.Header.Get("Content-Encoding") != "" && answer.Header.Get("Content-Encoding") != "identity":
		return &Failure{Why: "its server sent it compressed, which was not asked for"}
	case err != nil || kind != "application/json" && !jsonKind(kind):
		return &Failure{Why: "its server did not call it application/json", cause: errors.Join(err, errors.New(kind))}
	case answer.ContentLength > MaxBody:
		return &Failure{Why: fmt.Sprintf("the document is over %d bytes", MaxBody)}
	}
	return nil
}

// jsonKind: RFC 6839 §3.1: application/something+json is JSON, too.
func jsonKind(kind string) bool {
	return len(kind) > len("application/+json") && kind[:len("application/")] == "application/" && kind[len(kind)-len("+json"):] == "+json"
}
