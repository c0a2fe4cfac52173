package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"launchpad/oauth"
)

// answer is what an upstream answered, on its way to the caller.
type answer struct {
	w       http.ResponseWriter
	r       *http.Request
	sent    *body
	res     *http.Response
	passage *passage
	ctx     context.Context // of the call to the upstream
	cancel  context.CancelCauseFunc
	late    *time.Timer
}

func (a *answer) write() error {
	if a.res.StatusCode == http.StatusSwitchingProtocols {
		return a.upgrade()
	}
	defer a.res.Body.Close()
	most := a.passage.api.MaxAnswer
	if most > 0 && a.res.ContentLength > most {
		return oauth.BadGateway("upstream_answer_too_large", "the API's answer is larger than the operator lets it be").
			Because(fmt.Errorf("%d bytes, at most %d", a.res.ContentLength, most))
	}
	stream := a.res.ContentLength < 0
	if stream {
		// Nobody knows how long it will be, nor how long it will take: it lasts as long as the token does.
		a.late.Stop()
		defer a.watch()()
	}
	dialogue := !a.sent.over.Load()
	if dialogue {
		// The upstream speaks before it has heard all, and may go on listening: the server must not read the rest away.
		_ = http.NewResponseController(a.w).EnableFullDuplex()
	}
	h := a.w.Header()
	answerHeader(h, a.res.Header)
	a.challenge(h)
	if dialogue {
		h["Connection"] = []string{"close"} // the rest of the call is not read to find the next one
	}
	for name := range a.res.Trailer { // those that are announced
		if !keptBack(name) {
			h.Add("Trailer", name)
		}
	}
	a.w.WriteHeader(a.res.StatusCode)
	if dialogue || eventStream(a.res.Header) {
		renew(a.w)
		_ = http.NewResponseController(a.w).Flush() // the head is news by itself
	}
	if err := a.copy(stream, most); err != nil {
		if cause := context.Cause(a.ctx); cause != nil {
			err = errors.Join(cause, err)
		}
		a.passage.record.Cause = err
		panic(http.ErrAbortHandler) // nobody may take what there is of it for the whole
	}
	for name, values := range a.res.Trailer {
		if !keptBack(name) {
			h[http.TrailerPrefix+name] = values
		}
	}
	if !a.sent.over.Load() {
		_ = http.NewResponseController(a.w).Flush()
		a.sent.abandon(a.w)
		_ = a.r.Body.Close()
	}
	return nil
}

func eventStream(h http.Header) bool {
	if kind := h["Content-Type"]; len(kind) > 0 {
		base, _, _ := mime.ParseMediaType(kind[0])
		return base == "text/event-stream"
	}
	return false
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// copy passes the body on as it comes, and streams without waiting for more. The time to take it begins anew with each part,
// the first, with the head, and the end, too.
func (a *answer) copy(stream bool, most int64) error {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	control := http.NewResponseController(a.w)
	for passed := int64(0); ; {
		n, err := a.res.Body.Read(buffer[:])
		renew(a.w)
		if passed += int64(n); most > 0 && passed > most {
			return fmt.Errorf("the answer is over %d bytes", most)
		}
		if n > 0 {
			if _, err := a.w.Write(buffer[:n]); err != nil {
				return fmt.Errorf("write answer: %w", err)
			}
			if stream {
				_ = control.Flush()
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lookEvery is how often it is looked whether the token of an answer that goes on still lives. What was revoked is ended
// within twice this.
const lookEvery = 2 * time.Second

var errOver = errors.New("the token of this call does not live any more")

// watch ends an answer with its token; stop ends the watch. A fault that passes is borne once.
func (a *answer) watch() (stop func()) {
	var mu sync.Mutex
	var timer *time.Timer
	stopped, faults := false, 0
	look := func() {
		err := a.passage.lasts()
		if err == nil {
			faults = 0
		} else if faults++; faults > 1 || oauth.AsError(err).Status != http.StatusServiceUnavailable {
			a.cancel(errors.Join(errOver, err))
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if !stopped {
			timer.Reset(lookEvery)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(lookEvery, look)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}
