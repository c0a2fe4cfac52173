package feed

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/store"
)

const (
	// longest is how long a stream stays open. Its reader comes back to any node, and shows that it still may.
	longest = time.Hour
	// unread is how long a reader may keep bytes waiting.
	unread = 10 * time.Second
	// remembered is how many lines a stream knows to have told before they had a number.
	remembered = 4096
)

func isGone(err error) bool { return errors.Is(err, events.ErrGone) }

// stream writes Server-Sent Events: what came after the place, and then what comes.
func (f *Room) stream(w http.ResponseWriter, r *http.Request, app core.App, rights uint64, from events.Place) error {
	one, err := f.Streams.join(r.Context(), app, rights)
	if err != nil {
		return unavailable(err)
	}
	defer f.Streams.leave(one)
	found, err := f.Log.After(r.Context(), from)
	gone := isGone(err)
	if gone {
		from = events.Place{}
		found, err = f.Log.After(r.Context(), from)
	}
	if err != nil {
		return unavailable(err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx keeps answers back otherwise
	out := &teller{w: w, control: http.NewResponseController(w), place: from, early: map[core.ID]bool{}, hello: f.Streams.watch.Elapsed()}
	out.buffer = append(out.buffer, "retry: 1000\n"...) // how long EventSource waits before it comes back
	out.event("hello", "", f.terms())
	if gone {
		out.event("reset", "", struct{}{})
	}
	// The answer has begun. Whatever ends it from here on, the reader comes back and goes on from its place.
	for {
		out.lines(found.Lines)
		if !found.More {
			break
		}
		if out.flush() != nil {
			return nil
		}
		if found, err = f.Log.After(r.Context(), out.place); err != nil {
			return nil
		}
	}
	out.lines(found.Waiting)
	if f.Log.Hearing() == nil {
		out.beat(f.Log.State().Lag, f.Streams.watch.Elapsed())
	}
	out.follow(r, one)
	return nil
}

// teller writes one stream.
type teller struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buffer  []byte
	place   events.Place // everything up to it is told
	early   map[core.ID]bool
	hello   time.Duration // when it was said
}

// follow tells what comes, until either side ends it.
func (t *teller) follow(r *http.Request, one *stream) {
	over := time.NewTimer(longest)
	defer over.Stop()
	for t.flush() == nil {
		select {
		case i := <-one.lines:
			t.item(i)
			for more := len(one.lines); more > 0; more-- {
				t.item(<-one.lines)
			}
		case <-one.end:
			// What ended it may be what its reader has to know.
			for more := len(one.lines); more > 0; more-- {
				t.item(<-one.lines)
			}
			_ = t.flush()
			return
		case <-over.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (t *teller) item(i *item) {
	if i.beat {
		t.beat(i.lag, i.at)
		return
	}
	t.line(i.line)
}

func (t *teller) lines(lines []store.Line) {
	for _, line := range lines {
		t.line(line)
	}
}

// line tells a line once, as a rule. One without a number has no id, so that a reader who is cut off before the number
// came is told again.
func (t *teller) line(line store.Line) {
	n, told := noticeOf(line.Event)
	if line.Seq == 0 {
		if told && !t.early[line.ID] {
			if len(t.early) == remembered {
				clear(t.early) // they are told twice
			}
			t.early[line.ID] = true
			t.event(n.Type, "", n)
		}
		return
	}
	if line.Seq <= t.place.Seq {
		return
	}
	t.place = events.PlaceOf(line)
	if told && !t.early[line.ID] {
		t.event(n.Type, t.place.String(), n)
	}
	delete(t.early, line.ID)
}

// beat says where the reader is, and as of when that is everything. When it is read nobody here knows, so it says when it was
// made: by a stopwatch that began with hello, since the clocks of two machines are never the same.
func (t *teller) beat(lag, at time.Duration) {
	t.event("current", t.place.String(), struct {
		Lag   int64 `json:"lag_ms"`
		Since int64 `json:"since_hello_ms"`
	}{lag.Milliseconds(), max(0, at-t.hello).Milliseconds()})
}

// event appends one event. WHATWG HTML, "Server-sent events": fields, each a line, and an empty line.
func (t *teller) event(name, id string, data any) {
	if id != "" {
		t.buffer = append(append(append(t.buffer, "id: "...), id...), '\n')
	}
	body, _ := json.Marshal(data) // text and numbers cannot fail
	t.buffer = append(append(append(t.buffer, "event: "...), name...), "\ndata: "...)
	t.buffer = append(append(t.buffer, body...), "\n\n"...)
}

// flush sends what is written. The server's own deadline for an answer is moved on each time: it is about readers who
// take nothing.
func (t *teller) flush() error {
	if len(t.buffer) == 0 {
		return nil
	}
	_ = t.control.SetWriteDeadline(core.SystemClock{}.Now().Add(unread))
	_, err := t.w.Write(t.buffer)
	t.buffer = t.buffer[:0]
	if err != nil {
		return err
	}
	return t.control.Flush()
}
