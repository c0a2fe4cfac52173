package cli

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// serveWith serves on a free port until the test ends, and gives a connection to it.
func serveWith(t *testing.T, l limits, handler http.HandlerFunc) net.Conn {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := l.server(handler)
	go s.Serve(watched(socket))
	t.Cleanup(func() { s.Close() })
	c, err := net.Dial("tcp", socket.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // a failing test ends, too
	return c
}

// short limits, of which each test makes one count; patient ones are never reached.
const short, patient = 200 * time.Millisecond, time.Minute

func wantClosed(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}

// HT01: who is slow to ask is not waited for.
func TestSlowConnectionsAreClosed(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "fine")
	}
	for name, c := range map[string]struct {
		limits limits
		sent   string
	}{
		"nothing is sent":   {limits{header: short, body: patient, write: patient, idle: patient}, ""},
		"half a head":       {limits{header: short, body: patient, write: patient, idle: patient}, "GET / HTTP/1.1\r\nHost: a\r\n"},
		"half a body":       {limits{header: patient, body: short, write: patient, idle: patient}, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"},
		"no second request": {limits{header: patient, body: patient, write: patient, idle: short}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
		"half a second one": {limits{header: short, body: patient, write: patient, idle: patient}, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := serveWith(t, c.limits, answer)
			_, _ = io.WriteString(conn, c.sent)
			wantClosed(t, conn)
		})
	}
}

// HT01: answers that nobody takes end the connection, however many requests ask for them.
func TestAnswersMustBeTaken(t *testing.T) {
	failed := make(chan error, 1)
	conn := serveWith(t, limits{header: patient, body: patient, write: short, idle: patient}, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				failed <- err
				return
			}
		}
	})
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	select {
	case <-failed:
	case <-time.After(10 * time.Second):
		t.Error("the server still tries to write")
	}
}

// What a handler takes its time for is not cut off, and the connection is good for the next request.
func TestSlowHandlersAreNotCutOff(t *testing.T) {
	tight := limits{header: short, body: short, write: patient, idle: patient}
	conn := serveWith(t, tight, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(2 * short):
			_, _ = io.WriteString(w, "fine")
		}
	})
	read := bufio.NewReader(conn)
	for range 2 {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		a, err := http.ReadResponse(read, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(a.Body)
		if string(body) != "fine" {
			t.Errorf("answered %q", body)
		}
	}
}

// A client that goes away ends the handler's context, also behind connections that save deadlines.
func TestDepartedClientsAreNoticed(t *testing.T) {
	began, noticed := make(chan bool), make(chan bool)
	conn := serveWith(t, defaultLimits, func(_ http.ResponseWriter, r *http.Request) {
		began <- true
		<-r.Context().Done()
		noticed <- true
	})
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-began
	conn.Close()
	select {
	case <-noticed:
	case <-time.After(10 * time.Second):
		t.Error("the handler still works for nobody")
	}
}

func TestHeadersAreBounded(t *testing.T) {
	conn := serveWith(t, defaultLimits, func(http.ResponseWriter, *http.Request) {})
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	a, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || a.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%v, %v; want 431", a, err)
	}
}

// pairOf is a connection of ours and the client's end of it.
func pairOf(t *testing.T) (ours *connection, client net.Conn) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	if client, err = net.Dial("tcp", socket.Addr().String()); err != nil {
		t.Fatal(err)
	}
	c, err := watched(socket).Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); client.Close() })
	return c.(*connection), client
}

// What the HTTP server asks of a connection that saves deadlines.
func TestDeadlinesAreKept(t *testing.T) {
	ours, client := pairOf(t)
	buffer := make([]byte, 8)
	var result error
	read := func() chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, result = ours.Read(buffer)
		}()
		return done
	}
	ends := func(done chan struct{}, want error, what string) {
		t.Helper()
		select {
		case <-done:
			if !errors.Is(result, want) {
				t.Fatalf("%s: %v, want %v", what, result, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatal(what, "does not end")
		}
	}
	set := func(at time.Time) {
		t.Helper()
		if err := ours.SetReadDeadline(at); err != nil {
			t.Fatal(err)
		}
	}

	set(longAgo)
	ends(read(), os.ErrDeadlineExceeded, "a wait that begins after its time")
	set(time.Now().Add(2 * lookEvery))
	ends(read(), os.ErrDeadlineExceeded, "a wait that lasts too long")
	ends(read(), os.ErrDeadlineExceeded, "the next one")

	set(time.Time{})
	done := read()
	for ours.reads.waiting.Load() == 0 {
		runtime.Gosched()
	}
	set(longAgo)
	ends(done, os.ErrDeadlineExceeded, "a wait that is interrupted")

	set(time.Now().Add(lookEvery))
	done = read()
	for ours.reads.waiting.Load() == 0 {
		runtime.Gosched()
	}
	set(time.Now().Add(time.Minute))
	time.AfterFunc(3*lookEvery, func() { _, _ = client.Write([]byte("late")) })
	ends(done, nil, "a wait whose time was moved")
	if string(buffer[:4]) != "late" {
		t.Errorf("read %q", buffer)
	}
}

// A wait may begin at the very moment in which it is interrupted, or find its time moved just then.
func TestInterruptionsMissNoWait(t *testing.T) {
	ours, client := pairOf(t)
	ours.watch.end(ours) // it would help late
	for i := range 2000 {
		done := make(chan error, 1)
		go func() {
			_, err := ours.Read(make([]byte, 1))
			done <- err
		}()
		for i%2 == 0 && ours.reads.waiting.Load() == 0 {
			runtime.Gosched()
		}
		_ = ours.SetReadDeadline(longAgo)
		select {
		case err := <-done:
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a wait was not interrupted")
		}
		_ = ours.SetReadDeadline(time.Time{})
	}
	_, _ = client.Write([]byte("x"))
	if n, err := ours.Read(make([]byte, 1)); n != 1 {
		t.Error(err)
	}
}

// A wait can be ended for a time that was moved at the same moment: it goes on, and nothing is lost or comes twice.
func TestWaitsEndedTooSoonGoOn(t *testing.T) {
	ours, client := pairOf(t)
	tooSoon := func(d *deadline) {
		for d.waiting.Load() == 0 {
			runtime.Gosched()
		}
		d.struck.Store(true)
		_ = d.tell(longAgo)
	}
	go func() {
		tooSoon(&ours.reads)
		_, _ = client.Write([]byte("here"))
	}()
	buffer := make([]byte, 8)
	if n, err := ours.Read(buffer); string(buffer[:n]) != "here" {
		t.Errorf("read %q, %v", buffer[:n], err)
	}

	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	go func() {
		tooSoon(&ours.writes)
		tooSoon(&ours.writes)
	}()
	written := make(chan error, 1)
	go func() {
		n, err := ours.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		written <- errors.Join(err, ours.CloseWrite())
	}()
	received, err := io.ReadAll(client)
	if err := errors.Join(err, <-written); err != nil || !bytes.Equal(received, sent) {
		t.Errorf("%d bytes arrived of %d, %v", len(received), len(sent), err)
	}
}

// The watch goes with the last connection, and comes with the next.
func TestNobodyWatchesNothing(t *testing.T) {
	ours, _ := pairOf(t)
	w := ours.watch
	running := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.running
	}
	if !running() {
		t.Error("nobody watches the connection")
	}
	ours.Close()
	for deadline := time.Now().Add(10 * time.Second); running(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("somebody still watches")
		}
	}
	w.begin(ours)
	if !running() {
		t.Error("nobody watches the next connection")
	}
	w.end(ours)
}

// The HTTP server ends an answer early by closing half of the connection, if it can.
var _ interface{ CloseWrite() error } = (*connection)(nil)
