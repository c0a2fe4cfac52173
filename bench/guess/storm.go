package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/bench/drive"
)

// The storm: so many sign-ins are always under way, and so many refreshes are due in a second.
const (
	parallelSignIns = 200
	refreshRate     = 300
	families        = 128 // whose newest refresh tokens are used in turn
)

// What memory may come to: during everything, and within a while afterwards.
const (
	peakMemory  = 192 // MB
	restMemory  = 100
	restsWithin = 30 * time.Second
)

func (s *siege) storm(ctx context.Context) error {
	tokens, err := s.families()
	if err != nil {
		return err
	}
	calm := s.refreshes(ctx, tokens, s.o.storm/3)
	done := make(chan struct{})
	var running sync.WaitGroup
	var signIns atomic.Int64
	for n := range parallelSignIns {
		running.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				status, err := s.guess(ctx, fmt.Sprintf("storm%d.%d@example.com", n, i), n*31+i)
				if err == nil && status == lookedAt {
					signIns.Add(1)
				}
			}
		})
	}
	time.Sleep(time.Second)
	stormy := s.refreshes(ctx, tokens, s.o.storm)
	began := time.Now()
	err = s.owner.SignIn(s.facts)
	owner := time.Since(began)
	close(done)
	running.Wait()
	if err != nil {
		return err
	}
	s.note(fmt.Sprintf("refreshes, %d due in a second, quiet: p50, p99", refreshRate), fmt.Sprintf("%s, %s", short(calm.quantile(0.5)), short(calm.quantile(0.99))))
	s.note(fmt.Sprintf("sign-ins looked at while %d were under way for %s", parallelSignIns, s.o.storm), signIns.Load())
	s.note("refreshes meanwhile, p50", short(stormy.quantile(0.5)))
	s.within("refreshes meanwhile, p99", stormy.quantile(0.99), 50*time.Millisecond)
	s.atMost("refreshes that failed", calm.failed+stormy.failed, 0)
	s.within("a sign-in of the owner meanwhile", owner, 2*time.Second)
	return s.rest()
}

// families begins some, by code flows of the demo's person.
func (s *siege) families() (chan string, error) {
	client := drive.NewClient(s.facts.Issuer)
	defer client.Close()
	tokens := make(chan string, families)
	for range families {
		code, err := s.owner.Authorize(s.facts.Apps.Web)
		if err != nil {
			return nil, err
		}
		got, err := client.Redeem(s.facts.Apps.Web, code)
		if err != nil || got.Refresh == "" {
			return nil, fmt.Errorf("redeem: %s, %w", got, err)
		}
		tokens <- got.Refresh
	}
	return tokens, nil
}

// refreshes sends them when they are due, whether or not the earlier ones are answered.
func (s *siege) refreshes(ctx context.Context, tokens chan string, long time.Duration) *durations {
	var d durations
	client := drive.NewClient(s.facts.Issuer)
	defer client.Close()
	var running sync.WaitGroup
	began := time.Now()
	for n := range int(long.Seconds() * refreshRate) {
		due := began.Add(time.Duration(n) * time.Second / refreshRate)
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			token := <-tokens
			got, err := client.Refresh(s.facts.Apps.Web, token)
			took := time.Since(due)
			if err == nil && !got.OK() {
				err = fmt.Errorf("answered %s", got)
			}
			if err == nil {
				token = got.Refresh
			}
			d.add(took, err)
			tokens <- token
		})
	}
	running.Wait()
	return &d
}

// rest waits until the server has given memory back.
func (s *siege) rest() error {
	began := time.Now()
	for {
		memory, err := s.server.Memory()
		if err != nil {
			return err
		}
		if took := time.Since(began); memory.Now < restMemory<<20 || took > restsWithin {
			s.atMost("the most memory that the server ever had, MB", int(memory.Most>>20), peakMemory)
			s.atMost(fmt.Sprintf("its memory %s after the last sign-in, MB", took.Round(time.Second)), int(memory.Now>>20), restMemory)
			return nil
		}
		time.Sleep(500 * time.Millisecond)
	}
}
