package limit_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/limit"
	"launchpad/internal/lptest"
)

// patience is long where a test is not about being late: the machine may be busy.
const patience = 10 * time.Second

// counting is a process that asks a Redis.
type counting struct {
	*limit.Rate
	redis *limit.Redis
	log   *bytes.Buffer
}

func newCounting(t *testing.T, address string, most int, patience time.Duration) counting {
	t.Helper()
	c := counting{log: new(bytes.Buffer)}
	table := limit.NewTable(lptest.NewClock())
	c.Rate = limit.NewRate(table, most, 10*time.Second).Shared("calls")
	c.redis = limit.NewRedis(table, address, []byte("key"), patience, slog.New(slog.NewTextHandler(c.log, nil)))
	c.redis.Try(t.Context())
	return c
}

// However many processes and requests at once: the limit, and not one more.
func TestRedisCountsExactly(t *testing.T) {
	lptest.EachRedis(t, func(t *testing.T, r *lptest.Redis) {
		const most = 500
		var processes []counting
		for range 3 {
			processes = append(processes, newCounting(t, r.URL, most, patience))
		}
		var passed atomic.Int64
		var all sync.WaitGroup
		for n := range 64 {
			all.Go(func() {
				for range 20 {
					if processes[n%3].Take(limit.Text("one")) == 0 {
						passed.Add(1)
					}
				}
			})
		}
		all.Wait()
		if passed.Load() != most {
			t.Errorf("%d of 1280 passed, want %d", passed.Load(), most)
		}
		for n, p := range processes {
			if wait := p.Take(limit.Text("one")); wait <= 0 || wait > 10*time.Second {
				t.Errorf("process %d: wait %s", n, wait)
			}
			if wait := p.Take(limit.Text("another")); wait != 0 {
				t.Errorf("process %d, somebody else: wait %s", n, wait)
			}
			if up, fallbacks := p.redis.Figures(); !up || fallbacks != 0 {
				t.Errorf("process %d: up %v, %d fallbacks", n, up, fallbacks)
			}
		}
	})
}

// More at once than there are connections: what is counted without Redis meanwhile, it is told with the next question, also
// about who is at his end; nothing is told twice, and the log says it once.
func TestRedisIsToldWhatWasCountedWhileItWasBusy(t *testing.T) {
	lptest.EachRedis(t, func(t *testing.T, r *lptest.Redis) {
		const short = 500 * time.Millisecond
		a, b := newCounting(t, r.URL, 5, short), newCounting(t, r.URL, 5, patience)
		pass := func(c counting, who string, calls int) (passed int) {
			for range calls {
				if c.Take(limit.Text(who)) == 0 {
					passed++
				}
			}
			return passed
		}
		pass(a, "one", 1)
		letGo := a.redis.Occupy()
		if passed := pass(a, "one", 2) + pass(a, "two", 2) + pass(a, "three", 6); passed != 2+2+5 {
			t.Errorf("%d passed while it was busy, want 9", passed)
		}
		if passed := pass(b, "two", 1); passed != 1 {
			t.Errorf("%d passed elsewhere meanwhile, want 1", passed)
		}
		letGo()
		pass(a, "one", 1)
		pass(a, "two", 1)
		if pass(a, "three", 1) != 0 {
			t.Error("who was at his end passed")
		}
		for who, left := range map[string]int{"one": 5 - 4, "two": 5 - 4, "three": 0} {
			if passed := pass(b, who, 20); passed != left {
				t.Errorf("%s: %d passed elsewhere afterwards, want %d", who, passed, left)
			}
		}
		if up, fallbacks := a.redis.Figures(); !up || fallbacks != 10 {
			t.Errorf("up %v, %d decisions without it, want 10", up, fallbacks)
		}
		if n := strings.Count(a.log.String(), "more is asked at once"); n != 1 {
			t.Errorf("the log says it %d times:\n%s", n, a.log)
		}
	})
}

// Waiting for a connection and waiting for the answer are one patience.
func TestRedisThatIsBusyAndThenHangsCostsOnePatience(t *testing.T) {
	const most = time.Second
	c := newCounting(t, hung(t), 10, most)
	letGo := c.redis.Occupy()
	go func() {
		<-time.After(most * 2 / 5)
		letGo()
	}()
	began := time.Now()
	c.Take(limit.Text("one"))
	// One after the other would come to 1.4 of it.
	if took := time.Since(began); took < most/2 || took > most*13/10 {
		t.Errorf("a decision took %s, want at most %s", took, most)
	}
}

// A decision counts by all of its rules, or by none.
func TestRedisCountsAllOrNothing(t *testing.T) {
	lptest.EachRedis(t, func(t *testing.T, r *lptest.Redis) {
		table := limit.NewTable(lptest.NewClock())
		wide := limit.NewRate(table, 3, 10*time.Second).Shared("wide")
		narrow := limit.NewRate(table, 1, 10*time.Second).Shared("narrow")
		limit.NewRedis(table, r.URL, []byte("key"), patience, slog.New(slog.DiscardHandler)).Try(t.Context())
		both := []limit.Claim{{Rate: wide, Key: limit.Text("a")}, {Rate: narrow, Key: limit.Text("a")}}
		if nearest, s := table.Take(both); s.Wait != 0 || nearest != 1 || s.Left != 0 {
			t.Errorf("the first: %d %+v, want the narrow one with nothing left", nearest, s)
		}
		for range 5 {
			if nearest, s := table.Take(both); s.Wait == 0 || nearest != 1 {
				t.Errorf("the second: %d %+v, want to wait for the narrow one", nearest, s)
			}
		}
		if _, s := table.Take([]limit.Claim{{Rate: wide, Key: limit.Text("a")}}); s.Wait != 0 || s.Left != 1 {
			t.Errorf("the wide one alone: %+v; what was refused was counted", s)
		}
	})
}

// Redis dies midway: nobody gets the limit again, and nobody waits. It comes back, and is asked again.
func TestRedisDiesMidway(t *testing.T) {
	lptest.EachRedis(t, func(t *testing.T, r *lptest.Redis) {
		a, b := newCounting(t, r.URL, 10, patience), newCounting(t, r.URL, 10, patience)
		for range 4 {
			a.Take(limit.Text("one"))
			b.Take(limit.Text("one"))
		}
		r.Kill()
		passed := 0
		for range 20 {
			if a.Take(limit.Text("one")) == 0 {
				passed++
			}
		}
		if passed != 3 { // it last heard of 7; the eighth was the other's
			t.Errorf("%d passed when redis had died, want 3", passed)
		}
		a.redis.Try(t.Context())
		if up, fallbacks := a.redis.Figures(); up || fallbacks != 20 {
			t.Errorf("up %v, %d fallbacks; want 20 decisions without it", up, fallbacks)
		}
		if n := strings.Count(a.log.String(), "redis does not answer"); n != 1 {
			t.Errorf("the log says %d times that it does not answer:\n%s", n, a.log)
		}
		r.Start()
		a.redis.Try(t.Context())
		if up, _ := a.redis.Figures(); !up || strings.Count(a.log.String(), "redis answers") != 2 {
			t.Errorf("up %v after it came back:\n%s", up, a.log)
		}
		if wait := a.Take(limit.Text("two")); wait != 0 {
			t.Errorf("somebody else, afterwards: wait %s", wait)
		}
	})
}

// hung answers what it is asked at first, and then nothing.
func hung(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				if _, err := in.ReadString('\n'); err == nil {
					fmt.Fprintf(conn, "$40\r\n%s\r\n", strings.Repeat("a", 40))
				}
				_, _ = io.Copy(io.Discard, in)
			}()
		}
	}()
	return "redis://" + listener.Addr().String()
}

// A Redis that hangs delays one decision by its patience, and none after it.
func TestRedisHangs(t *testing.T) {
	c := newCounting(t, hung(t), 1_000_000, 0)
	if up, _ := c.redis.Figures(); !up {
		t.Fatalf("not connected:\n%s", c.log)
	}
	began := time.Now()
	const many = 1000
	for range many {
		if wait := c.Take(limit.Text("one")); wait != 0 {
			t.Fatalf("wait %s", wait)
		}
	}
	// Each 5 ms late would come to 5 s.
	if took := time.Since(began); took > time.Second {
		t.Errorf("%d decisions took %s", many, took)
	}
	if up, fallbacks := c.redis.Figures(); up || fallbacks != many {
		t.Errorf("up %v, %d fallbacks; want %d", up, fallbacks, many)
	}
}

func TestNoRedisAtTheStart(t *testing.T) {
	c := newCounting(t, "redis://127.0.0.1:1", 2, 0)
	for _, want := range []bool{true, true, false} {
		if got := c.Take(limit.Text("one")) == 0; got != want {
			t.Errorf("passed: %v, want %v", got, want)
		}
	}
	if !strings.Contains(c.log.String(), "redis does not answer") {
		t.Errorf("the log does not say it:\n%s", c.log)
	}
}
