package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// durableBudget is how many times a bare committed UPDATE a refresh may take, with nobody beside it.
const durableBudget = 2

// durablePart of the requests of a round are enough for a median, each of which waits for the disk.
const durablePart = 100

// wait is one round with one connection: half of the answers came within these.
type wait struct{ bare, refresh time.Duration }

// measureDurable interleaves refreshes on one connection with bare updates on the same disk or server.
func (b *bench) measureDurable(ctx context.Context, s *site) (waits []wait, err error) {
	if !b.settings.wants(durable) || ctx.Err() != nil {
		return nil, nil
	}
	chains, err := s.chains(1)
	if err != nil {
		return nil, err
	}
	update, done, err := b.storage.bare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	count := max(b.settings.requests/durablePart, 100)
	for n := range b.settings.rounds {
		var w wait
		if w.bare, err = timeUpdates(update, count); err != nil {
			return waits, err
		}
		if w.refresh, err = timeRefreshes(ctx, s.address, chains, count); err != nil {
			return waits, err
		}
		progress("%-20s   1 connection,  round %d: %.2f ms to %.2f ms", durable, n+1, millis(w.bare), millis(w.refresh))
		waits = append(waits, w)
	}
	return waits, nil
}

func timeUpdates(update func() error, count int) (time.Duration, error) {
	latency := make([]time.Duration, 0, count)
	for range count {
		began := time.Now()
		if err := update(); err != nil {
			return 0, fmt.Errorf("bare update: %w", err)
		}
		latency = append(latency, time.Since(began))
	}
	slices.Sort(latency)
	return quantile(latency, 0.5), nil
}

func timeRefreshes(ctx context.Context, address string, chains []*chain, count int) (time.Duration, error) {
	l, err := openLoad(address, refreshing(chains))
	if err != nil {
		return 0, err
	}
	defer l.close()
	r := l.run(ctx, count)
	if r.failed > 0 {
		return 0, fmt.Errorf("%d requests failed, the first: %w", r.failed, r.first)
	}
	return quantile(r.latency, 0.5), ctx.Err()
}
