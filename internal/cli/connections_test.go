package cli

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
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
	go s.Serve(listener{socket})
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
