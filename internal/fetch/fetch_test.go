package fetch

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/core"
)

// clock moves by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// local starts a server with a certificate and a client that may ask it.
func local(t *testing.T, serve http.HandlerFunc) (*httptest.Server, *Client, *clock) {
	t.Helper()
	server := httptest.NewUnstartedServer(serve)
	server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelDebug)
	server.StartTLS()
	t.Cleanup(server.Close)
	now := &clock{now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	return server, New(Options{Clock: now, Local: true, Roots: roots(server)}), now
}

func roots(server *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

func document(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

func failure(t *testing.T, err error) *Failure {
	t.Helper()
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		t.Fatalf("got %v, want a failure", err)
	}
	return f
}

func TestDC06_AddressesThatAreNotFetched(t *testing.T) {
	c := New(Options{Clock: &clock{}})
	for _, bad := range []string{
		"http://a.example/c", "ftp://a.example/c", "//a.example/c", "https:a.example/c", "https:///c", "HTTPS://a.example/c",
		"https://ann@a.example/c", "https://ann:b@a.example/c", "https://a.example/c#f", "https://a.example:22/c", "https://a.example:443/c", "https://a.example:/c",
		"https://127.0.0.1/c", "https://169.254.169.254/c", "https://[::1]/c", "https://[::ffff:a9fe:a9fe]/c", "https://0/c", "https://0177.0.0.1/c",
		"https://2130706433/c", "https://0x7f000001/c", "https://127.1/c", "https://[fe80::1%25eth0]/c",
		"https://localhost/c", "https://a.localhost/c", "https://db.internal/c", "https://printer.local/c", "https://a.home.arpa/c", "https://single/c", "https://a.example./c",
		"https://a..example/c", "https://a.exa mple/c", "https://a.exam\\ple/c", "https://ex\u0430mple.com/c", "https://a.example/" + strings.Repeat("c", LongestURL),
	} {
		if err := c.CheckURL(bad); err == nil {
			t.Errorf("%.60q: no refusal", bad)
		}
		if f := failure(t, get(c, bad)); f.Passing {
			t.Errorf("%.60q: %v may pass", bad, f)
		}
	}
	for _, good := range []string{"https://a.example/c", "https://agent.example.com/oauth/client.json", "https://xn--bcher-kva.example/c", "https://a-b.c3.example/x?y=1"} {
		if err := c.CheckURL(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func get(c *Client, address string) error {
	_, err := c.Get(context.Background(), address)
	return err
}

func TestDC06_OnlyPublicAddressesAreDialled(t *testing.T) {
	for _, bad := range []string{
		"127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1", "192.0.2.1",
		"::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::1", "2001:0:1::1", "2001:db8::1", "fec0::1", "100::1",
	} {
		if public(netip.MustParseAddr(bad)) {
			t.Errorf("%s counts as public", bad)
		}
	}
	for _, good := range []string{"8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"} {
		if !public(netip.MustParseAddr(good)) {
			t.Errorf("%s does not count as public", good)
		}
	}
}

// A name that was harmless when somebody looked leads into our network when it is dialled: nothing is decided by what a
// resolver said before.
func TestDC07_TheAddressThatIsDialledIsLookedAt(t *testing.T) {
	var asked atomic.Int64
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	go func() {
		for {
			conn, err := inside.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			conn.Close()
		}
	}()
	for _, answer := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.7", "::1", "fd00::7", "::ffff:127.0.0.1", "64:ff9b::7f00:1"} {
		c := New(Options{Clock: &clock{}, Resolver: lying(netip.MustParseAddr(answer))})
		f := failure(t, get(c, "https://rebound.example.com/client.json"))
		if !errors.Is(f, errNotPublic) {
			t.Errorf("%s: %v, want %v", answer, f.cause, errNotPublic)
		}
		if strings.Contains(f.Why, answer) || f.Why != silent(nil).Why {
			t.Errorf("%s: the answer tells what was found: %s", answer, f.Why)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d connections inside", n)
	}
}

// lying answers every question with the same address.
func lying(address netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(there, size[:]); err != nil {
					return
				}
				question := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(there, question); err != nil {
					return
				}
				answer := answerTo(question, address)
				binary.BigEndian.PutUint16(size[:], uint16(len(answer)))
				if _, err := there.Write(append(size[:], answer...)); err != nil {
					return
				}
			}
		}()
		return here, nil
	}}
}

// answerTo writes a message of RFC 1035 §4: the question again, and one record if it asks for the address's family.
func answerTo(question []byte, address netip.Addr) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5
	kind := question[end-3]
	answer := append([]byte{}, question[:end]...)
	answer[2], answer[3] = 0x81, 0x80
	clear(answer[6:12])
	want := byte(1)
	if address.Is6() {
		want = 28
	}
	if kind != want {
		return answer
	}
	answer[7] = 1
	raw := address.AsSlice()
	answer = append(answer, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, byte(len(raw)))
	return append(answer, raw...)
}

func TestDC08_RedirectsAreNotFollowed(t *testing.T) {
	followed := false
	server, c, _ := local(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/inside" {
			followed = true
		}
		http.Redirect(w, r, "/inside", http.StatusFound)
	})
	if f := failure(t, get(c, server.URL+"/c")); f.Passing || followed {
		t.Errorf("%v, followed: %t", f, followed)
	}
}

func TestDC09_HostileServers(t *testing.T) {
	for name, test := range map[string]struct {
		serve   http.HandlerFunc
		passing bool
	}{
		"a body without end": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 1000 {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, false},
		"a body that is announced too large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000000000")
			w.WriteHeader(http.StatusOK)
		}, false},
		"a small body that would become large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			bomb := gzip.NewWriter(w)
			_, _ = bomb.Write(make([]byte, 10<<20))
			_ = bomb.Close()
		}, false},
		"headers without end": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Much", strings.Repeat("x", 1<<20))
			document(w, "{}")
		}, true},
		"a page":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, false},
		"not there": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusNotFound) }, false},
		"broken":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusBadGateway) }, true},
		"silence":   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, true},
		"a byte at a time": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for {
				_, _ = io.WriteString(w, " ")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c, _ := local(t, test.serve)
			begun := time.Now()
			if f := failure(t, get(c, server.URL+"/c")); f.Passing != test.passing {
				t.Errorf("%v: passing %t, want %t", f, f.Passing, test.passing)
			}
			if took := time.Since(begun); took > 2*timeLimit {
				t.Errorf("took %s, want no more than %s", took, timeLimit)
			}
		})
	}
}

func TestDC09_CertificatesMustBeRight(t *testing.T) {
	server, _, now := local(t, func(w http.ResponseWriter, _ *http.Request) { document(w, "{}") })
	strangers := New(Options{Clock: now, Local: true})
	if f := failure(t, get(strangers, server.URL+"/c")); !f.Passing {
		t.Error("a certificate of nobody: the document is said to be gone")
	}
	c := New(Options{Clock: now, Local: true, Roots: roots(server)})
	if err := get(c, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)+"/c"); err == nil {
		t.Error("a certificate with another name was believed")
	}
}

func TestManyShareOneRequest(t *testing.T) {
	var asked atomic.Int64
	arrived := make(chan struct{})
	server, c, _ := local(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-arrived
		document(w, `{"a":1}`)
	})
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			d, err := c.Get(context.Background(), server.URL+"/c")
			if err != nil || string(d.Body) != `{"a":1}` {
				t.Errorf("%d: %s %v", i, d.Body, err)
			}
		})
	}
	close(arrived)
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// DC09: a host that does not answer holds a few places, whatever lies there and whoever asks, and none of those of others.
func TestDC09_OneSlowHostDelaysNobodyElse(t *testing.T) {
	silent := make(chan struct{})
	arrived := make(chan bool, 100)
	slow, _, now := local(t, func(http.ResponseWriter, *http.Request) { arrived <- true; <-silent })
	quick, _, _ := local(t, func(w http.ResponseWriter, _ *http.Request) { document(w, "{}") })
	pool := roots(slow)
	pool.AddCert(quick.Certificate())
	c := New(Options{Clock: now, Local: true, Roots: pool})
	var all sync.WaitGroup
	defer all.Wait()
	defer close(silent)
	for n := range ofHost {
		all.Go(func() { _ = get(c, fmt.Sprintf("%s/%d", slow.URL, n)) })
	}
	for range ofHost {
		<-arrived
	}
	for n := range 2 * mostWaiting {
		f := failure(t, get(c, fmt.Sprintf("%s/more%d", slow.URL, n)))
		if !f.Passing || !errors.Is(f, core.ErrBusy) {
			t.Fatalf("request %d to the slow host: %v", n, f)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit/2)
	defer cancel()
	if _, err := c.Get(ctx, quick.URL+"/c"); err != nil {
		t.Errorf("another host: %v", err)
	}
	if len(arrived) != 0 {
		t.Errorf("%d more requests reached the slow host", len(arrived))
	}
}

// What is at hand costs no request, and what is under way none of its own.
func TestWhatIsAtHand(t *testing.T) {
	arrived, answer := make(chan bool), make(chan bool)
	server, c, now := local(t, func(w http.ResponseWriter, _ *http.Request) { arrived <- true; <-answer; document(w, "{}") })
	address := server.URL + "/c"
	if c.AtHand(address) {
		t.Error("at hand before anybody asked")
	}
	var one sync.WaitGroup
	one.Go(func() { _ = get(c, address) })
	<-arrived
	if !c.AtHand(address) {
		t.Error("not at hand while it is under way")
	}
	answer <- true
	one.Wait()
	if !c.AtHand(address) || c.AtHand(address+"/other") {
		t.Error("not at hand once it is kept, or more than that is")
	}
	if now.advance(ceiling); c.AtHand(address) {
		t.Error("at hand when it is stale")
	}
}

// RFC 9111 §4.2, between a floor and a ceiling.
func TestWhatWasFetchedIsKept(t *testing.T) {
	for control, want := range map[string]time.Duration{
		"":                       unsaid,
		"no-store":               floor,
		"max-age=0":              floor,
		"max-age=600":            10 * time.Minute,
		"public, max-age=600":    10 * time.Minute,
		"max-age=600, no-cache":  floor,
		"max-age=31536000":       ceiling,
		"max-age=nonsense":       unsaid,
		"max-age=99999999999999": unsaid,
	} {
		asked := 0
		server, c, now := local(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Cache-Control", control)
			document(w, fmt.Sprintf("%d", asked))
		})
		for _, step := range []struct {
			passes time.Duration
			asked  int
		}{{0, 1}, {want - time.Second, 1}, {time.Second, 2}} {
			now.advance(step.passes)
			if err := get(c, server.URL+"/c"); err != nil || asked != step.asked {
				t.Errorf("%q, %s later: asked %d times (%v), want %d", control, step.passes, asked, err, step.asked)
			}
		}
	}
}

func TestThatThereIsNoneIsKeptBriefly(t *testing.T) {
	asked := 0
	server, c, now := local(t, func(w http.ResponseWriter, r *http.Request) { asked++; http.NotFound(w, r) })
	for _, step := range []struct {
		passes time.Duration
		asked  int
	}{{0, 1}, {negative - time.Second, 1}, {time.Second, 2}} {
		now.advance(step.passes)
		if err := get(c, server.URL+"/c"); err == nil || asked != step.asked {
			t.Errorf("%s later: asked %d times (%v), want %d", step.passes, asked, err, step.asked)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://a.example/c", "https://ann@a.example/", "https://0x7f.1/", "https://[::1]/", "https://a.example:443/c#x"} {
		f.Add(seed)
	}
	c := New(Options{Clock: &clock{}})
	f.Fuzz(func(t *testing.T, raw string) {
		if c.CheckURL(raw) != nil {
			return
		}
		r, err := http.NewRequest("GET", raw, nil)
		if err != nil {
			t.Fatalf("%q passed, and is no request: %v", raw, err)
		}
		if r.URL.Scheme != "https" || r.URL.Port() != "" || r.URL.User != nil || net.ParseIP(r.URL.Hostname()) != nil || !strings.Contains(r.URL.Hostname(), ".") {
			t.Fatalf("%q passed: %+v", raw, r.URL)
		}
	})
}
