package resource

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// feedServer tells what a test wants it to.
type feedServer struct {
	*httptest.Server
	mu     sync.Mutex
	stream func(w http.ResponseWriter, r *http.Request)
	page   func(w http.ResponseWriter, r *http.Request)
}

func newFeedServer(t *testing.T, change ...func(*Options)) (*feedServer, *Verifier) {
	t.Helper()
	f := &feedServer{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		answer := f.stream
		if r.Header.Get("Accept") == "application/json" {
			answer = f.page
		}
		f.mu.Unlock()
		if answer == nil {
			http.Error(w, "not here", http.StatusBadGateway)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	o := Options{Issuer: f.URL, ClientID: "api", ClientSecret: "secret", Resource: here}
	for _, c := range change {
		c(&o)
	}
	v, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f, v
}

// run follows the feed until the test ends, or end is called; then nothing of it is left.
func run(t *testing.T, v *Verifier) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { v.Run(ctx) })
	end = func() { cancel(); running.Wait(); v.o.Client.CloseIdleConnections() }
	t.Cleanup(end)
	return end
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); runtime.Gosched() {
		if time.Since(begun) > 20*time.Second {
			t.Fatalf("never: %s", what)
		}
	}
}

const hello = "retry: 1000\nevent: hello\ndata: {\"heartbeat_ms\":1000,\"keep_s\":14400,\"epoch\":\"e\"}\n\n"

func send(w http.ResponseWriter, text string) {
	fmt.Fprint(w, text)
	_ = http.NewResponseController(w).Flush()
}

// AT18: a stream is gone on with from the last id; what it told is obeyed; nothing is left of it in the end.
func TestTheStreamIsGoneOnWith(t *testing.T) {
	before := runtime.NumGoroutine()
	f, v := newFeedServer(t)
	places := make(chan string, 100)
	f.stream = func(w http.ResponseWriter, r *http.Request) {
		places <- r.Header.Get("Last-Event-ID")
		w.Header().Set("Content-Type", "text/event-stream")
		send(w, hello+"id: 7.0123456789abcdef\nevent: revoked\ndata: {\"type\":\"revoked\",\"of\":\"token\",\"id\":\"t\",\"at\":1}\n\n")
		send(w, "id: 8.0123456789abcdef\nevent: current\ndata: {\"lag_ms\":0}\n\n")
	}
	end := run(t, v)
	for _, want := range []string{"", "8.0123456789abcdef", "8.0123456789abcdef"} {
		if got := <-places; got != want {
			t.Fatalf("went on from %q, want %q", got, want)
		}
	}
	if !v.marks.dead(&Token{names: []name{{"token", "t"}}}) || !v.Current() || v.sameEpoch("f") || !v.sameEpoch("e") {
		t.Error("what it was told is not known")
	}
	end()
	f.CloseClientConnections()
	f.Close()
	settled(t, before)
}

// AT18: where no stream comes through, and where one comes that says nothing, pages are asked for.
func TestWithoutAStreamItPolls(t *testing.T) {
	for what, stream := range map[string]func(w http.ResponseWriter, r *http.Request){
		"refused": nil,
		"held back": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			send(w, "")
			<-r.Context().Done()
		},
		"a page": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f, v := newFeedServer(t)
			f.stream = stream
			gone := false
			f.page = func(w http.ResponseWriter, r *http.Request) {
				switch place := r.Header.Get("Last-Event-ID"); {
				case place == "":
					fmt.Fprint(w, `{"events":[{"type":"revoked","of":"token","id":"t","at":1}],"next":"1.a","more":true,"heartbeat_ms":1000,"keep_s":1,"epoch":"e"}`)
				case place == "1.a" && !gone:
					gone = true
					http.Error(w, "gone", http.StatusGone)
				default:
					fmt.Fprint(w, `{"events":[],"next":"2.a","more":false,"heartbeat_ms":1000,"keep_s":14400,"epoch":"e"}`)
				}
			}
			run(t, v)
			eventually(t, "current", v.Current)
			if !v.marks.dead(&Token{names: []name{{"token", "t"}}}) {
				t.Error("what the page said is not known")
			}
		})
	}
}

// AT18: whoever is told to start over decides nothing from memory until it knows again.
func TestItStartsOver(t *testing.T) {
	f, v := newFeedServer(t)
	next := make(chan string)
	f.stream = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case text := <-next:
				send(w, text)
			case <-r.Context().Done():
				return
			}
		}
	}
	run(t, v)
	next <- hello + "event: current\nid: 5.0123456789abcdef\ndata: {\"lag_ms\":0}\n\n"
	eventually(t, "current", v.Current)
	kept := &Token{names: []name{{"token", "kept"}}}
	asked := v.elapsed()
	next <- "event: reset\ndata: {}\n\n"
	eventually(t, "in doubt", func() bool { return !v.Current() })
	if v.marks.holds(kept, asked, false) {
		t.Error("what was known before still counts")
	}
	next <- "event: current\ndata: {\"lag_ms\":0}\n\n"
	eventually(t, "current", v.Current)

	next <- "event: revoked\ndata: {nonsense\n\n"
	eventually(t, "in doubt", func() bool { return !v.Current() })
}

// AT18: a node that has not heard of the others for a while is as current as it says.
func TestTheLagCounts(t *testing.T) {
	_, v := newFeedServer(t)
	if err := v.take(message{name: "current", data: `{"lag_ms":5000}`}, 0); err != nil || v.Current() {
		t.Errorf("current in spite of the lag: %v", err)
	}
	if err := v.take(message{name: "current", data: `{"lag_ms":100}`}, 0); err != nil || !v.Current() {
		t.Errorf("not current: %v", err)
	}
}

// AT18: news that somebody on the way holds back is not new. What a beat says is as old as the server's own time in it, counted
// from when the stream was asked for: a delay that is always the same shows like one that grows.
func TestNewsThatComesLateIsOld(t *testing.T) {
	for _, c := range []struct {
		delay   time.Duration
		current bool
	}{{0, true}, {DefaultBound - time.Millisecond, true}, {DefaultBound, false}, {time.Hour, false}} {
		t.Run(c.delay.String(), func(t *testing.T) {
			var now atomic.Int64
			f, v := newFeedServer(t, func(o *Options) { o.Now = func() time.Time { return time.UnixMilli(now.Load()) } })
			opened, sent := make(chan bool, 100), make(chan string)
			f.stream = func(w http.ResponseWriter, r *http.Request) {
				opened <- true
				w.Header().Set("Content-Type", "text/event-stream")
				for {
					select {
					case text := <-sent:
						send(w, text)
					case <-r.Context().Done():
						return
					}
				}
			}
			run(t, v)
			<-opened
			sent <- hello + "event: current\ndata: {\"lag_ms\":0,\"since_hello_ms\":0}\n\n"
			eventually(t, "current", v.Current)
			now.Add(2 * time.Hour.Milliseconds())
			made := 2*time.Hour - c.delay
			sent <- fmt.Sprintf("event: current\ndata: {\"lag_ms\":0,\"since_hello_ms\":%d}\n\n", made.Milliseconds())
			if c.current {
				eventually(t, "current", v.Current)
				return
			}
			<-opened // it looks for a better way
			if v.Current() {
				t.Error("old news made it current")
			}
			sent <- hello + "event: current\ndata: {\"lag_ms\":0,\"since_hello_ms\":0}\n\n"
			eventually(t, "current on another way", v.Current)
		})
	}
}

// AT18: a server that does not tell its time is one from before it did; the arrival counts.
func TestBeatsWithoutATime(t *testing.T) {
	var now atomic.Int64
	_, v := newFeedServer(t, func(o *Options) { o.Now = func() time.Time { return time.UnixMilli(now.Load()) } })
	now.Add(time.Hour.Milliseconds())
	if err := v.take(message{name: "current", data: `{"lag_ms":0}`}, 0); err != nil || !v.Current() {
		t.Errorf("not current: %v", err)
	}
	if _ = v.take(message{name: "current", data: `{"lag_ms":0,"since_hello_ms":"x"}`}, v.elapsed()); v.Current() {
		t.Error("what cannot be read makes it current")
	}
	// Its clock may run a little faster than ours.
	if err := v.take(message{name: "current", data: `{"lag_ms":5000,"since_hello_ms":99000000}`}, 0); err != nil || v.Current() {
		t.Errorf("news from the future: %v", err)
	}
}

// AT18: more than can be kept is not forgotten: everything is asked about.
func TestTooManyMarks(t *testing.T) {
	_, v := newFeedServer(t)
	v.heard(v.elapsed())
	for n := range mostMarks + 2 {
		v.marks.see(notice{Type: "revoked", Of: "token", ID: fmt.Sprint(n)}, v.elapsed())
	}
	if v.Current() {
		t.Error("it takes itself for current")
	}
}
