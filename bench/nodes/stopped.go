package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// How many revocations are under way when the first node is stopped, and for how long it stands still: longer than a
// sequencer's lease.
const (
	underWay = 40
	still    = 4 * time.Second
)

// stopped stops the first node while it has facts under way.
func (p *pair) stopped(ctx context.Context, o options) error {
	var over, here []time.Duration
	for range o.rounds {
		fmt.Fprintln(os.Stderr, "first node stopped")
		refused, back, err := p.stop(ctx)
		if err != nil {
			return fmt.Errorf("first node stopped: %w", err)
		}
		over, here = append(over, refused...), append(here, back)
	}
	p.times("first node stopped with facts under way, then refused by the second node", within, over)
	p.times("revoked while the first node stood still, refused when it went on", within, here)
	return nil
}

func (p *pair) stop(ctx context.Context) (over []time.Duration, here time.Duration, err error) {
	tokens := make([]string, underWay+2)
	for i := range tokens {
		if tokens[i], err = p.token(); err != nil {
			return nil, 0, err
		}
	}
	good, meanwhile, tokens := tokens[0], tokens[1], tokens[2:]
	answered := make([]time.Duration, len(tokens))
	errs := make([]error, len(tokens))
	var running sync.WaitGroup
	for i, token := range tokens {
		running.Go(func() {
			// Those whose answer was held up count from when it came.
			at, err := p.revoke(p.a, token)
			if err == nil {
				answered[i], err = p.untilRefused(p.b, token, at)
			}
			errs[i] = err
		})
	}
	time.Sleep(rand.N(20 * time.Millisecond))
	if err := p.a.process.Stop(); err != nil {
		return nil, 0, err
	}
	stood := time.Now()
	revokedAt, err := p.revoke(p.b, meanwhile)
	for err == nil && time.Since(stood) < still && ctx.Err() == nil {
		called, wrong := p.b.Call(good, p.account())
		p.expect(wrong == nil && called.OK(), "while the first node stood still, the second answered a good token %s, %v", called, wrong)
		time.Sleep(10 * pause)
	}
	if err := errors.Join(err, p.a.process.Continue()); err != nil {
		return nil, 0, err
	}
	went := time.Now()
	called, err := p.a.Call(meanwhile, p.account())
	here = time.Since(went)
	p.expect(err == nil && (called.Status == 401 || called.Passing()), "a token that was revoked %s ago was answered %s by a node that had stood still", time.Since(revokedAt), called)
	running.Wait()
	// A fact that stood still in the middle of its transaction may have been given up: its caller was told so.
	for i, lost := range errs {
		if lost == nil {
			over = append(over, answered[i])
		} else {
			p.givenUp++
		}
	}
	return over, here, err
}
