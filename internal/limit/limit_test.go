package limit

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type clock struct{ ms atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(1_900_000_000_000)
	return c
}

func number(n int) Key {
	var k Key
	binary.LittleEndian.PutUint64(k[:], uint64(n))
	return k
}

func TestFiveHundredInTenSeconds(t *testing.T) {
	c := newClock()
	r := NewRate(NewTable(c), 500, 10*time.Second)
	for n := range 500 {
		if wait := r.Take(number(1)); wait != 0 {
			t.Fatalf("request %d must wait %s", n+1, wait)
		}
		c.advance(10 * time.Millisecond)
	}
	if wait := r.Take(number(1)); wait != 5*time.Second {
		t.Errorf("request 501, five seconds after the first: wait %s, want 5s", wait)
	}
	if wait := r.Take(number(2)); wait != 0 {
		t.Errorf("somebody else must wait %s", wait)
	}
	c.advance(5*time.Second - time.Millisecond)
	if wait := r.Take(number(1)); wait != time.Millisecond {
		t.Errorf("just before the end: wait %s, want 1ms", wait)
	}
	c.advance(time.Millisecond)
	if wait := r.Take(number(1)); wait != 0 {
		t.Errorf("after the wait that was told: wait %s", wait)
	}
}

func TestWhatWasReturnedDoesNotCount(t *testing.T) {
	r := NewRate(NewTable(newClock()), 1, time.Hour)
	for range 3 {
		if wait := r.Take(number(1)); wait != 0 {
			t.Fatalf("wait %s", wait)
		}
		r.Return(number(1))
	}
	r.Return(number(1)) // one too many gives nothing
	r.Take(number(1))
	if r.Take(number(1)) == 0 {
		t.Error("a second one passed")
	}
}

func TestRulesCountApart(t *testing.T) {
	table := NewTable(newClock())
	one, other := NewRate(table, 1, time.Hour), NewRate(table, 1, time.Hour)
	one.Take(number(1))
	if wait := other.Take(number(1)); wait != 0 {
		t.Errorf("another rule's count: wait %s", wait)
	}
}

func TestParallelRequestsAreAllCounted(t *testing.T) {
	r := NewRate(NewTable(newClock()), 1000, time.Hour)
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for range 20 {
				if r.Take(number(1)) == 0 {
					passed.Add(1)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != 1000 {
		t.Errorf("%d passed, want 1000", passed.Load())
	}
}

// LG01: ten in any hour, and each wait is longer than the one before.
func TestGuessesInAnyHour(t *testing.T) {
	c := newClock()
	g := NewGuesses(NewTable(c))
	var evaluated []time.Time
	var longest time.Duration
	for range 6 * 60 * 60 { // once a second, for six hours
		wait := g.Take(number(1))
		if wait == 0 {
			evaluated = append(evaluated, c.Now())
		}
		longest = max(longest, wait)
		c.advance(time.Second)
	}
	if len(evaluated) < 5+5+10 || longest != longestPause-time.Second {
		t.Errorf("%d guesses in six hours, the longest wait %s", len(evaluated), longest)
	}
	for i := range evaluated[:len(evaluated)-10] {
		if gap := evaluated[i+10].Sub(evaluated[i]); gap < time.Hour {
			t.Errorf("11 guesses within %s", gap)
		}
	}
	var pauses []time.Duration
	for i := range evaluated[:10] {
		pauses = append(pauses, evaluated[i+1].Sub(evaluated[i]))
	}
	want := []time.Duration{1, 1, 1, 1, 60, 120, 240, 480, 960, 3600}
	for i, p := range pauses {
		if p != want[i]*time.Second {
			t.Errorf("pause %d: %s, want %s", i+1, p, want[i]*time.Second)
		}
	}
}

// A flood of names takes no memory, and resets nobody.
func TestAFloodResetsNobody(t *testing.T) {
	c := newClock()
	table := NewTable(c)
	g, r := NewGuesses(table), NewRate(table, 100, time.Hour)
	const victim = -1
	for range 5 {
		g.Take(number(victim))
	}
	for range 100 {
		r.Take(number(victim))
	}
	for n := range 1_000_000 {
		r.Take(number(n))
	}
	if g.Take(number(victim)) == 0 {
		t.Error("the flood gave the guesser another try")
	}
	if r.Take(number(victim)) == 0 {
		t.Error("the flood gave the fast one another request")
	}
	c.advance(time.Hour)
	if wait := r.Take(number(victim)); wait != 0 {
		t.Errorf("after the hour: wait %s", wait)
	}
}

func TestANetworkIsOneAddress(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"::1", "192.0.2.1", false},
		{"0.0.0.0", "::", false},
	} {
		if got := Address(netip.MustParseAddr(c.a)) == Address(netip.MustParseAddr(c.b)); got != c.same {
			t.Errorf("%s and %s counted together: %v, want %v", c.a, c.b, got, c.same)
		}
	}
}

func TestTakingAllocatesNothing(t *testing.T) {
	r := NewRate(NewTable(newClock()), 1_000_000_000, 10*time.Second)
	address := netip.MustParseAddr("2001:db8::1")
	if n := testing.AllocsPerRun(1000, func() { r.Take(Address(address)) }); n != 0 {
		t.Errorf("%v allocations for each, want none", n)
	}
}

func BenchmarkTake(b *testing.B) {
	r := NewRate(NewTable(newClock()), 1_000_000_000, 10*time.Second)
	address := netip.MustParseAddr("192.0.2.1")
	for b.Loop() {
		r.Take(Address(address))
	}
}

func BenchmarkTakeOfMany(b *testing.B) {
	r := NewRate(NewTable(newClock()), 1_000_000_000, 10*time.Second)
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n += 7919 {
			r.Take(number(n))
		}
	})
}
