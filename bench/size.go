package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// What size, start and storage may come to.
const (
	megabyte      = 1 << 20
	binaryBudget  = 35 * megabyte
	idleBudget    = 40 * megabyte
	startBudget   = 60 * time.Millisecond
	storageBudget = megabyte

	starts        = 11
	idleWait      = 10 * time.Second
	storageChains = 64
)

// measureSize measures what does not depend on a floor, and prints the report.
func (b *bench) measureSize(ctx context.Context) (bool, error) {
	r := sizes{host: describeHost(b)}
	info, err := os.Stat(b.launch.Binary)
	if err != nil {
		return false, err
	}
	r.add("stripped binary", megabytes(info.Size()), megabytes(binaryBudget), info.Size() <= binaryBudget)
	chains, before, err := b.prepareStorage(ctx)
	if err != nil {
		return false, err
	}
	if err := b.measureStart(ctx, &r); err != nil {
		return false, err
	}
	if err := b.measureIdle(ctx, &r); err != nil {
		return false, err
	}
	if err := b.useStorage(ctx, chains); err != nil {
		return false, err
	}
	after, err := b.storage.bytes(ctx)
	if err != nil {
		return false, err
	}
	r.add(fmt.Sprintf("storage after %d refreshes and %d `client_credentials`, %s before", b.settings.stored, b.settings.stored, megabytes(before)),
		fmt.Sprintf("%+.2f MB", float64(after-before)/megabyte), megabytes(storageBudget), after-before <= storageBudget)
	return r.print(os.Stdout), nil
}

// prepareStorage makes a database with what the growth is measured on.
func (b *bench) prepareStorage(ctx context.Context) ([]*chain, int64, error) {
	s, err := b.startDemo(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	chains, err := s.chains(storageChains)
	if err != nil {
		return nil, 0, err
	}
	if err := s.stop(); err != nil {
		return nil, 0, err
	}
	before, err := b.storage.bytes(ctx)
	return chains, before, err
}

// measureStart takes the time from the start of the process to its first answer.
func (b *bench) measureStart(ctx context.Context, r *sizes) error {
	var times []float64
	for range starts {
		began := time.Now()
		p, err := b.startServe(ctx)
		if err != nil {
			return err
		}
		if err := p.answers(ctx, "/readyz"); err != nil {
			return err
		}
		times = append(times, millis(time.Since(began)))
		if err := p.stop(); err != nil {
			return err
		}
	}
	s := over(times, func(t float64) float64 { return t })
	r.add(fmt.Sprintf("`serve` on an existing database, until it answers, median of %d", starts),
		fmt.Sprintf("%.1f ms (%.1f–%.1f)", s.median, s.least, s.most), fmt.Sprint(startBudget), s.median < millis(startBudget))
	return nil
}

func (b *bench) measureIdle(ctx context.Context, r *sizes) error {
	p, err := b.startServe(ctx)
	if err != nil {
		return err
	}
	defer p.kill()
	if err := p.answers(ctx, "/readyz"); err != nil {
		return err
	}
	progress("idle for %s", idleWait)
	select {
	case <-time.After(idleWait):
	case <-ctx.Done():
		return ctx.Err()
	}
	resident, err := p.residentBytes()
	if err != nil {
		return err
	}
	r.add(fmt.Sprintf("resident memory of `serve`, idle for %s", idleWait), megabytes(resident), megabytes(idleBudget), resident <= idleBudget)
	return p.stop()
}

// useStorage does what must leave the database as it is.
func (b *bench) useStorage(ctx context.Context, chains []*chain) error {
	s, err := b.startDemo(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	progress("%d refreshes", b.settings.stored)
	if err := once(ctx, s.address, refreshing(chains), b.settings.stored); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	progress("%d client_credentials", b.settings.stored)
	tokens := repeated(storageChains, post(s.address, "/oauth/token", clientCredentials, basic(s.facts.Apps.Machine)))
	if err := once(ctx, s.address, tokens, b.settings.stored); err != nil {
		return fmt.Errorf("client_credentials: %w", err)
	}
	return s.stop()
}
