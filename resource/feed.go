package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// notice is what the feed tells. Its members are described in docs/revocation-feed.md.
type notice struct {
	Type string `json:"type"`
	Of   string `json:"of"`
	ID   string `json:"id"`
}

// beat is what the server says of the moment at which it wrote.
type beat struct {
	Lag   int64  `json:"lag_ms"`         // everything that was acknowledged so long before is told
	Since *int64 `json:"since_hello_ms"` // by the server's stopwatch; nil: it is from before it told
}

// terms is what the server says of the feed.
type terms struct {
	Heartbeat int64  `json:"heartbeat_ms"`
	Keep      int64  `json:"keep_s"`
	Epoch     string `json:"epoch"`
}

// following is where the reader is.
type following struct {
	mu    sync.Mutex
	place string        // to go on from
	asOf  time.Duration // everything that was acknowledged before is known
	ever  bool          // since the last start over
	epoch string
}

const (
	feedPath = "/oauth/revocations"
	// silence is for how long a stream may say nothing before another is tried.
	silence = 3 * time.Second
	// pollFor is how long is polled before a stream is tried again.
	pollFor   = time.Minute
	pollEvery = time.Second
	// rest is the pause after something went wrong.
	rest = 250 * time.Millisecond
)

// current reports whether memory may decide.
func (v *Verifier) current(now time.Duration) bool {
	v.feed.mu.Lock()
	asOf, ever := v.feed.asOf, v.feed.ever
	v.feed.mu.Unlock()
	return ever && now-asOf < v.o.Bound && v.marks.seesAll(now)
}

// Current reports whether the API knows at this moment what was revoked. While it does not, every call asks the server.
func (v *Verifier) Current() bool { return v.current(v.elapsed()) }

func (v *Verifier) sameEpoch(epoch string) bool {
	v.feed.mu.Lock()
	defer v.feed.mu.Unlock()
	return v.feed.epoch == "" || epoch == v.feed.epoch
}

// Run follows the revocation feed until ctx ends: as a stream, and where none comes through, by polling. It returns at once
// if the API has no client id.
func (v *Verifier) Run(ctx context.Context) {
	if !v.asks() {
		return
	}
	lost := false
	for ctx.Err() == nil {
		good, err := v.followStream(ctx)
		if !good && ctx.Err() == nil {
			polled, failed := v.poll(ctx)
			good, err = polled, errors.Join(err, failed)
		}
		if ctx.Err() != nil {
			return
		}
		switch {
		case !good && !lost:
			v.o.Log.Warn("revocation feed: nothing is heard; every call asks the server", "cause", err)
		case good && lost:
			v.o.Log.Info("revocation feed: heard again")
		}
		lost = !good
		pause(ctx, rest)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (v *Verifier) openFeed(ctx context.Context, accept string) (*http.Response, error) {
	r, err := v.request(ctx, "GET", feedPath, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", accept)
	v.feed.mu.Lock()
	if v.feed.place != "" {
		r.Header.Set("Last-Event-ID", v.feed.place)
	}
	v.feed.mu.Unlock()
	client := *v.o.Client
	client.Timeout = 0 // a stream has no end; ctx has
	return client.Do(r)
}

// followStream reads one stream to its end, and reports whether it ever said that it was current.
func (v *Verifier) followStream(ctx context.Context) (good bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(silence, cancel)
	defer watch.Stop()
	opened := v.elapsed()
	res, err := v.openFeed(ctx, "text/event-stream")
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	if res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		return false, fmt.Errorf("the stream was answered %d %s", res.StatusCode, kind)
	}
	err = messages(res.Body, func() { watch.Reset(silence) }, func(m message) error {
		err := v.take(m, opened)
		good = good || m.name == "current" && err == nil
		return err
	})
	return good, err
}

// errLate: what comes through this stream is too old, and what was held back once will be again.
var errLate = errors.New("somebody on the way holds the feed back")

// take takes one message in of the stream that was asked for at a moment. What it cannot read may be a revocation, so
// everything is then in doubt.
func (v *Verifier) take(m message, opened time.Duration) error {
	now := v.elapsed()
	var err error
	switch m.name {
	case "hello":
		var t terms
		if err = json.Unmarshal([]byte(m.data), &t); err == nil {
			v.agree(t, now)
		}
	case "reset":
		v.startOver(now)
	case "current":
		var b beat
		if err = json.Unmarshal([]byte(m.data), &b); err == nil && !v.beats(b, opened, now) {
			return errLate
		}
	case "":
	default:
		var n notice
		if err = json.Unmarshal([]byte(m.data), &n); err == nil {
			v.see(n, now)
		}
	}
	if err != nil {
		v.startOver(now)
		return fmt.Errorf("read %s: %w", m.name, err)
	}
	if m.id != "" {
		v.feed.mu.Lock()
		v.feed.place = m.id
		v.feed.mu.Unlock()
	}
	return nil
}

// beats takes in a beat, and reports whether it came in time. Not its arrival counts but when it was written: the server began its
// stopwatch after we had asked, so it was at that moment or later.
func (v *Verifier) beats(b beat, opened, now time.Duration) bool {
	written := now
	if b.Since != nil {
		written = min(now, opened+milliseconds(*b.Since))
	}
	if b.Lag >= 0 {
		v.heard(written - milliseconds(b.Lag))
	}
	return now-written < v.o.Bound
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

func (v *Verifier) see(n notice, now time.Duration) {
	v.marks.see(n, now)
	if n.Of == "everything" {
		v.keys.doubt()
	}
}

func (v *Verifier) agree(t terms, now time.Duration) {
	v.marks.keepFor(time.Duration(t.Keep)*time.Second, now)
	v.feed.mu.Lock()
	other := v.feed.epoch != "" && v.feed.epoch != t.Epoch
	v.feed.epoch = t.Epoch
	v.feed.mu.Unlock()
	if other {
		v.startOver(now)
	}
}

// startOver: until the feed is current again, nothing is decided from memory.
func (v *Verifier) startOver(now time.Duration) {
	v.marks.startOver(now)
	v.keys.doubt()
	v.feed.mu.Lock()
	defer v.feed.mu.Unlock()
	v.feed.place, v.feed.ever = "", false
}

func (v *Verifier) heard(asOf time.Duration) {
	v.feed.mu.Lock()
	defer v.feed.mu.Unlock()
	v.feed.asOf, v.feed.ever = asOf, true
}

// poll asks for pages for a while, and reports whether any came.
func (v *Verifier) poll(ctx context.Context) (good bool, err error) {
	for begun := v.elapsed(); v.elapsed()-begun < pollFor && ctx.Err() == nil; {
		more, err := v.pollOnce(ctx)
		if err != nil {
			return good, err
		}
		good = true
		if !more {
			pause(ctx, pollEvery)
		}
	}
	return good, nil
}

func (v *Verifier) pollOnce(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	asked := v.elapsed()
	res, err := v.openFeed(ctx, "application/json")
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	switch {
	case err != nil:
		return false, err
	case res.StatusCode == http.StatusGone:
		v.startOver(asked)
		return true, nil
	case res.StatusCode != http.StatusOK:
		return false, fmt.Errorf("the page was answered %d", res.StatusCode)
	}
	var p struct {
		Events []notice `json:"events"`
		Next   string   `json:"next"`
		More   bool     `json:"more"`
		terms
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Next == "" {
		return false, errors.Join(errors.New("the page is none"), err)
	}
	now := v.elapsed()
	v.agree(p.terms, now)
	for _, n := range p.Events {
		v.see(n, now)
	}
	v.feed.mu.Lock()
	v.feed.place = p.Next
	v.feed.mu.Unlock()
	if !p.More {
		v.heard(asked)
	}
	return p.More, nil
}
