package core

import (
	"sync"
	"testing"
	"time"
)

type setClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *setClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *setClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func TestASteadyClockDoesNotGoBack(t *testing.T) {
	noon := time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)
	c := &setClock{now: noon}
	s := NewSteadyClock(c)
	for _, step := range []struct{ machine, want, ahead time.Duration }{
		{0, 0, 0},
		{time.Hour + time.Millisecond, time.Hour + time.Millisecond, 0},
		{time.Hour - 5*time.Second, time.Hour, 5 * time.Second},
		{0, time.Hour, time.Hour},
		{time.Hour - time.Second, time.Hour, time.Second},
		{time.Hour + time.Minute, time.Hour + time.Minute, 0},
	} {
		c.set(noon.Add(step.machine))
		if got := s.Now().Sub(noon); got != step.want {
			t.Errorf("machine at %s: %s, want %s", step.machine, got, step.want)
		}
		if got := s.Ahead(); got != step.ahead {
			t.Errorf("machine at %s: ahead by %s, want %s", step.machine, got, step.ahead)
		}
	}
}

// Whoever reads it, and however the machine's clock jumps meanwhile, nobody sees a second before one that was seen.
func TestASteadyClockIsReadByMany(t *testing.T) {
	start := time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)
	c := &setClock{now: start}
	s := NewSteadyClock(c)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			last := int64(0)
			for range 10_000 {
				now := s.Now().Unix()
				if now < last {
					t.Errorf("%d after %d", now, last)
					return
				}
				last = now
			}
		})
	}
	for i := range 10_000 {
		c.set(start.Add(time.Duration(i%100) * time.Second))
	}
	all.Wait()
}

// Times of a clock that can be set and of one that cannot mean the same moment.
func TestElapsedAt(t *testing.T) {
	for name, at := range map[string]time.Time{"of the machine": time.Now().Add(time.Hour), "of ours": SystemClock{}.Now().Add(time.Hour)} {
		if off := ElapsedAt(at) - Elapsed() - time.Hour; off.Abs() > time.Minute {
			t.Errorf("a time %s is off by %s", name, off)
		}
	}
}
