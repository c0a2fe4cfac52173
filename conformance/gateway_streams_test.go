package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"launchpad/internal/gateway"
	"launchpad/internal/lptest"
)

// endsWithin waits for a stream to end.
func endsWithin(t *testing.T, r io.Reader, most time.Duration) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, r)
	}()
	select {
	case <-ended:
	case <-time.After(most):
		t.Errorf("goes on %s after its token was revoked", most)
	}
}

// GW15: an event stream arrives as it is written, and ends with its token.
func TestGW15_StreamsEndWithTheirToken(t *testing.T) {
	left := make(chan struct{}, 4)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { left <- struct{}{} }()
		w.Header().Set("Content-Type", "text/event-stream")
		for n := range 2 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", n)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tokens := s.Tokens(s.Web)
		r := s.Request("GET", "/v3/dashboards", "")
		r.Header.Set("Authorization", "Bearer "+tokens.Text("access_token"))
		res, err := http.DefaultTransport.RoundTrip(r)
		check(t, err)
		defer res.Body.Close()
		lines := bufio.NewReader(res.Body)
		for _, want := range []string{"data: 0\n", "\n", "data: 1\n"} {
			if line, err := lines.ReadString('\n'); err != nil || line != want {
				t.Fatalf("read %q, %v, want %q", line, err, want)
			}
		}
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", tokens.Text("access_token"))), 200)
		endsWithin(t, lines, 5*time.Second)
		<-left
	}, lptest.WithUpstream(t, api))
}

// HT14: what an upstream says late arrives, however long the server lets answers take: the pause may be before the head, before
// the first event, between events, before the end, or while a call is sent; and what the gateway itself says of it arrives, too.
func TestLateAnswersArriveWhole(t *testing.T) {
	const write, pause = 100 * time.Millisecond, 250 * time.Millisecond // the server's patience, and a longer one
	wait := func() { <-time.After(pause) }
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		flush := func() { _ = http.NewResponseController(w).Flush() }
		switch r.URL.RawQuery {
		case "first-event":
			w.Header().Set("Content-Type", "text/event-stream")
			flush()
			wait()
		case "late-head":
			wait()
			w.Header().Set("Content-Type", "text/event-stream")
			flush()
			wait()
		case "first-part":
			flush()
			wait()
		case "first-byte":
			wait()
		case "later", "length":
			if r.URL.RawQuery == "length" {
				w.Header().Set("Content-Length", "6")
			}
			_, _ = io.WriteString(w, "o")
			flush()
			wait()
			_, _ = io.WriteString(w, "n")
			flush()
			wait()
			_, _ = io.WriteString(w, "time")
			return
		case "empty":
			wait()
			w.WriteHeader(http.StatusNoContent)
			return
		case "refused":
			wait()
			panic(http.ErrAbortHandler)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "ontime")
		if r.URL.RawQuery == "end" {
			flush()
			wait()
		}
	})
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.WithUpstream(t, api), lptest.WithAPI(func(api *gateway.API) { api.MaxBody = 1000 }))
	token := s.Tokens(s.Web).Text("access_token")
	server := s.Hurried(write)
	for query, want := range map[string]int{
		"first-event": 200, "late-head": 200, "first-part": 200, "first-byte": 200, "later": 200, "length": 200, "end": 200, "empty": 204, "refused": 502, "upload": 200, "half-upload": 413,
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			method, body := "GET", io.Reader(http.NoBody)
			if strings.HasSuffix(query, "upload") {
				reader, writer := io.Pipe()
				method, body = "POST", reader
				go func() {
					for range 3 {
						_, _ = io.WriteString(writer, "part")
						wait()
					}
					if query == "half-upload" {
						_, _ = io.WriteString(writer, strings.Repeat("x", 2000))
					}
					_ = writer.Close()
				}()
			}
			r, err := http.NewRequestWithContext(t.Context(), method, server+"/v3/dashboards?"+query, body)
			check(t, err)
			r.Header.Set("Authorization", "Bearer "+token)
			res, err := new(http.Transport).RoundTrip(r)
			check(t, err)
			defer res.Body.Close()
			got, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != want || want == 200 && string(got) != "ontime" {
				t.Errorf("%d %q, %v; want %d and the whole", res.StatusCode, got, err, want)
			}
		})
	}
}

// RFC 9110 §7.5: an upstream may answer before it has heard the whole call. What it says arrives, and so does the rest of the call.
func TestRFC9110_7_5_AnswersThatBeginBeforeTheCallHasEnded(t *testing.T) {
	const parts = 5
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		_ = control.Flush()
		part := make([]byte, 4)
		for {
			if _, err := io.ReadFull(r.Body, part); err != nil {
				_, _ = fmt.Fprint(w, err)
				return
			}
			_, _ = w.Write(part)
			_ = control.Flush()
		}
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		for name, length := range map[string]int64{"length": 4 * parts, "chunked": -1} {
			t.Run(name, func(t *testing.T) {
				reader, writer := io.Pipe()
				r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/v3/dashboards", reader)
				check(t, err)
				r.ContentLength = length
				r.Header.Set("Authorization", "Bearer "+token)
				res, err := new(http.Transport).RoundTrip(r)
				check(t, err)
				defer res.Body.Close()
				for n := range parts {
					said := fmt.Sprintf("%4d", n)
					_, err := io.WriteString(writer, said)
					check(t, err)
					heard := make([]byte, 4)
					if _, err := io.ReadFull(res.Body, heard); err != nil || string(heard) != said {
						t.Fatalf("part %d: heard %q, %v", n, heard, err)
					}
				}
				_ = writer.Close()
				if end, err := io.ReadAll(res.Body); err != nil || string(end) != "EOF" {
					t.Errorf("ended with %q, %v", end, err)
				}
			})
		}
	}, lptest.WithUpstream(t, api))
}

// HT14: a call that never ends keeps its connection no longer than a moment after its answer.
func TestACallThatIsAnsweredIsNotWaitedFor(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack() // a server of Go would read the call first
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
		_, _ = io.Copy(io.Discard, conn)
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		nobody := s.SampleAPI()
		nobody.Prefix, nobody.Upstream = "/gone/", gateway.Proxy(gone(t))
		nobody.Routes = append(nobody.Routes[:0:0], nobody.Routes[0])
		nobody.Routes[0].Method, nobody.Routes[0].Path = "POST", "/gone/x"
		check(t, s.LoadAPIs(s.SampleAPI(), nobody))
		for path, status := range map[string]int{"/v3/dashboards": http.StatusOK, "/gone/x": http.StatusBadGateway} {
			for name, framed := range map[string]string{"length": "Content-Length: 1000\r\n\r\npart", "chunked": "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"} {
				t.Run(path+" "+name, func(t *testing.T) {
					t.Parallel()
					conn, answers := dialRaw(t, s)
					defer conn.Close()
					check(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
					_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s", path, strings.TrimPrefix(s.URL, "http://"), token, framed)
					check(t, err)
					res, err := http.ReadResponse(answers, nil)
					check(t, err)
					body, err := io.ReadAll(res.Body)
					if err != nil || res.StatusCode != status || status == http.StatusOK && string(body) != "no" {
						t.Errorf("answered %d %q, %v", res.StatusCode, body, err)
					}
					if rest, err := io.ReadAll(answers); err != nil || len(rest) > 0 {
						t.Errorf("the connection stays: %q, %v", rest, err)
					}
				})
			}
		}
	}, lptest.WithUpstream(t, api))
}

// echo is an upstream that takes a WebSocket and sends back what comes.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Authorization") != "" {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSet-Cookie: a=b\r\nSec-WebSocket-Accept: x\r\n\r\n")
	_, _ = io.Copy(conn, buffered)
}

// GW15: a WebSocket is opened by a good token from a page that may, passes on what both sides say, and ends with the token.
func TestGW15_WebSocketsEndWithTheirToken(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tokens := s.Tokens(s.Web)
		token := tokens.Text("access_token")
		open := func(headers ...string) (*http.Response, *bufio.Reader, io.Writer, func()) {
			conn, reader := dialRaw(t, s)
			_, err := fmt.Fprintf(conn, "GET /v3/dashboards HTTP/1.1\r\nHost: %s\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n%s\r\n\r\n", strings.TrimPrefix(s.URL, "http://"), strings.Join(headers, "\r\n"))
			check(t, err)
			res, err := http.ReadResponse(reader, nil)
			check(t, err)
			return res, reader, conn, func() { conn.Close() }
		}
		for _, c := range []struct {
			headers []string
			status  int
		}{
			{[]string{"X: y"}, 401}, {[]string{"Authorization: Bearer nonsense"}, 401},
			{[]string{"Authorization: Bearer " + token, "Origin: https://evil.example"}, 403}, {[]string{"Authorization: Bearer " + token, "Origin: null"}, 403},
			{[]string{"Authorization: Bearer " + token, "Origin: https://app.example.com"}, 101}, {[]string{"Authorization: Bearer " + token, "Origin: " + s.URL}, 101},
			{[]string{"Authorization: Bearer " + token, "Origin: https://app.example.com.evil.example"}, 403},
		} {
			res, _, _, done := open(c.headers...)
			if res.StatusCode != c.status {
				t.Errorf("%v: %d, want %d", c.headers, res.StatusCode, c.status)
			}
			done()
		}
		res, reader, conn, done := open("Authorization: Bearer " + token)
		defer done()
		if res.StatusCode != 101 || res.Header.Get("Set-Cookie") != "" || res.Header.Get("Launchpad-Account") != s.First.Slug {
			t.Fatalf("%d %v", res.StatusCode, res.Header)
		}
		_, err := io.WriteString(conn, "hello")
		check(t, err)
		back := make([]byte, 5)
		if _, err := io.ReadFull(reader, back); err != nil || string(back) != "hello" {
			t.Fatalf("%q, %v", back, err)
		}
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", token)), 200)
		endsWithin(t, reader, 5*time.Second)
	}, lptest.WithUpstream(t, http.HandlerFunc(echo)), lptest.WithAPI(func(api *gateway.API) {
		api.WebSocket, api.Origins = true, []string{"https://app.example.com"}
	}))
}

// GW11: a body that is too large is refused while it passes, and nothing waits for the whole of it.
func TestGW11_BodiesAndAnswersAreBounded(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			n, _ := io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprint(w, n)
			return
		}
		if r.URL.RawQuery == "streamed" {
			_ = http.NewResponseController(w).Flush()
		} else {
			w.Header().Set("Content-Length", "200000")
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 200_000))
	})
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		token := s.Tokens(s.Web).Text("access_token")
		send := func(method, path string, body io.Reader) (lptest.Answer, error) {
			r, err := http.NewRequestWithContext(context.Background(), method, s.URL+path, body)
			check(t, err)
			r.Header.Set("Authorization", "Bearer "+token)
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return lptest.Answer{}, err
			}
			defer res.Body.Close()
			text, err := io.ReadAll(res.Body)
			return lptest.Answer{Status: res.StatusCode, Header: res.Header, Body: string(text)}, err
		}
		a, err := send("POST", "/v3/dashboards", strings.NewReader(strings.Repeat("x", 1000)))
		check(t, err)
		wantStatus(t, a, 200)
		a, err = send("POST", "/v3/dashboards", strings.NewReader(strings.Repeat("x", 1001)))
		check(t, err)
		wantStatus(t, a, 413)
		a, err = send("POST", "/v3/dashboards", io.MultiReader(strings.NewReader(strings.Repeat("x", 900)), strings.NewReader(strings.Repeat("x", 900))))
		check(t, err)
		wantStatus(t, a, 413)
		a, err = send("GET", "/v3/dashboards", nil)
		check(t, err)
		wantStatus(t, a, 502)
		if a, err := send("GET", "/v3/dashboards?streamed", nil); err == nil {
			t.Errorf("%d bytes came as if they were the whole", len(a.Body))
		}
	}, lptest.WithUpstream(t, api), lptest.WithAPI(func(api *gateway.API) { api.MaxBody, api.MaxAnswer = 1000, 100_000 }))
}
