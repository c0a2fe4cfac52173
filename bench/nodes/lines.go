package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// What a node without news may do, and when it has to be back.
const (
	deaf      = 5 * time.Second
	recovers  = 10 * time.Second
	disturbed = 7 * time.Second
)

// lines disturbs the second node's line to the database.
func (p *pair) lines(ctx context.Context, o options) error {
	for _, d := range []struct {
		name  string
		state state
	}{{"stalled", stalls}, {"cut", isCut}} {
		var refused, back []time.Duration
		for range o.rounds {
			fmt.Fprintf(os.Stderr, "line %s\n", d.name)
			first, recovered, err := p.disturb(ctx, d.state)
			if err != nil {
				return fmt.Errorf("line %s: %w", d.name, err)
			}
			refused, back = append(refused, first), append(back, recovered)
		}
		p.times("line "+d.name+", until a good token is answered 503", deaf, refused)
		p.times("line "+d.name+" and back, until tokens are accepted", recovers, back)
	}
	return nil
}

func (p *pair) disturb(ctx context.Context, how state) (refused, back time.Duration, err error) {
	good, err := p.token()
	if err != nil {
		return 0, 0, err
	}
	bad, err := p.token()
	if err != nil {
		return 0, 0, err
	}
	p.line.set(how)
	disturbedAt := time.Now()
	defer p.line.set(flows)
	revokedAt, err := p.revoke(p.a, bad)
	if err != nil {
		return 0, 0, err
	}
	for time.Since(disturbedAt) < disturbed && ctx.Err() == nil {
		goodOne, err := p.b.Call(good, p.account())
		if err != nil {
			return 0, 0, err
		}
		since := time.Since(disturbedAt)
		p.expect(goodOne.OK() || goodOne.Passing(), "a good token was answered %s", goodOne)
		if goodOne.Passing() && refused == 0 {
			refused = since
		}
		p.expect(since < deaf || goodOne.Passing(), "a good token was answered %s after %s without news", goodOne, since)
		badOne, err := p.b.Call(bad, p.account())
		if err != nil {
			return 0, 0, err
		}
		p.expect(badOne.Passing() || badOne.OK() && time.Since(revokedAt) < within, "a token was answered %s, %s after it was revoked", badOne, time.Since(revokedAt))
		time.Sleep(pause)
	}
	ready, err := p.b.Ready()
	if err != nil {
		return 0, 0, err
	}
	p.expect(ready.Passing(), "readyz of a node without news answered %s", ready)
	p.line.set(flows)
	back, err = p.untilBack(good, bad, time.Now())
	return refused, back, err
}

// untilBack waits until the node accepts what is good; by then it must know what is not.
func (p *pair) untilBack(good, bad string, since time.Time) (time.Duration, error) {
	for {
		goodOne, err := p.b.Call(good, p.account())
		took := time.Since(since)
		if err != nil {
			return took, err
		}
		badOne, err := p.b.Call(bad, p.account())
		if err != nil {
			return took, err
		}
		p.expect(!badOne.OK(), "a revoked token was accepted when the line was back")
		if goodOne.OK() {
			p.expect(badOne.Status == 401, "a revoked token was answered %s when the line was back", badOne)
			return took, nil
		}
		p.expect(goodOne.Passing(), "a good token was answered %s", goodOne)
		if took > 6*recovers {
			return took, errors.New("the node did not recover")
		}
		time.Sleep(pause)
	}
}
