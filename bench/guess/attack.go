package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// guessers is how many guesses are under way.
const guessers = 64

// counts of answers, by status.
type counts struct {
	mu sync.Mutex
	of map[int]int
}

func (c *counts) add(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[int]int{}
	}
	c.of[status]++
}

// other is how many answers were none of those that may be.
func (c *counts) other() (n int) {
	for status, count := range c.of {
		if status != lookedAt && status != refused && status != later {
			n += count
		}
	}
	return n
}

// attack guesses: each round tries everybody once, each time from another address. One of them is the owner, who signs in
// all the while.
func (s *siege) attack(ctx context.Context) error {
	people := make([]string, s.o.people)
	for n := range people {
		people[n] = somebody(n)
	}
	people[0] = s.facts.Identity.Email
	var answers counts
	evaluated := make([]atomic.Int64, len(people))
	var failure atomic.Pointer[error]
	done := make(chan struct{})
	var owner sync.WaitGroup
	var signIns *durations
	owner.Go(func() { signIns = s.signInUntil(done) })
	began := time.Now()
	each(s.o.guesses, guessers, func(n int) {
		status, err := s.guess(ctx, people[n%len(people)], n+n/len(people))
		if err != nil {
			failure.Store(&err)
			return
		}
		answers.add(status)
		if status == lookedAt {
			evaluated[n%len(people)].Add(1)
		}
	})
	took := time.Since(began)
	close(done)
	owner.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	var most int64
	for i := range evaluated {
		most = max(most, evaluated[i].Load())
	}
	s.note(fmt.Sprintf("guesses at %d people from %d addresses, in %s", s.o.people, s.o.addresses, took.Round(time.Second)), s.o.guesses)
	s.note("of these looked at", answers.of[lookedAt])
	s.atMost("answered neither as wrong nor as too many", answers.other(), 0)
	s.atMost("looked at for any one person", int(most), 10)
	s.note("sign-ins of the owner meanwhile, in a browser that knows them", len(signIns.all)+signIns.failed)
	s.atMost("of these refused", signIns.failed, 0)
	s.within("the slowest of these", signIns.quantile(1), 2*time.Second)
	return nil
}

// signInUntil signs the owner in, again and again.
func (s *siege) signInUntil(done <-chan struct{}) *durations {
	var d durations
	for {
		began := time.Now()
		err := s.owner.SignIn(s.facts)
		d.add(time.Since(began), err)
		select {
		case <-done:
			return &d
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// crowd sends a thousand sign-ins at the same moment. Most find the queue full and are asked to come later.
func (s *siege) crowd(ctx context.Context) error {
	const crowd = 1000
	var answers counts
	var failure atomic.Pointer[error]
	each(crowd, crowd, func(n int) {
		status, err := s.guess(ctx, fmt.Sprintf("crowd%04d@example.com", n), n)
		if err != nil {
			failure.Store(&err)
			return
		}
		answers.add(status)
	})
	if err := failure.Load(); err != nil {
		return *err
	}
	memory, err := s.server.Memory()
	if err != nil {
		return err
	}
	s.note("of 1,000 sign-ins at once looked at, the others asked to come later", answers.of[lookedAt])
	s.atMost("answered in any other way", answers.other()+answers.of[refused], 0)
	s.atMost("the most memory that the server had until then, MB", int(memory.Most>>20), peakMemory)
	return nil
}
