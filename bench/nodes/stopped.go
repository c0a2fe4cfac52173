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
	var running sync.WaitGroup
	for i, token := range tokens {
		running.Go(func() { answered[i] = p.caught(token) })
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
	for _, took := range answered {
		if took > 0 {
			over = append(over, took)
		} else {
			p.givenUp++
		}
	}
	return over, here, err
}

// caught revokes at the node that is about to stand still, and says how long after the answer the other one refused. 0:
// it was answered that it cannot be done now; what it needed may have been given up meanwhile.
func (p *pair) caught(token string) time.Duration {
	revoked, err := p.a.Revoke(p.facts.Apps.Machine, token)
	at := time.Now()
	if err == nil && revoked.Passing() {
		return 0
	}
	p.expect(err == nil && revoked.OK(), "a revocation by a node that stood still was answered %s, %v", revoked, err)
	took, err := p.untilRefused(p.b, token, at)
	p.expect(err == nil, "a node stood still: %v", err)
	return took
}
