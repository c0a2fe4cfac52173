package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"launchpad/bench/drive"
	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// How long the late writer stands still, and how many others commit meanwhile.
const (
	held     = 3 * time.Second
	meantime = 200
)

// late holds a transaction open that has inserted the line of a revocation, and commits it long after.
func (p *pair) late(ctx context.Context, o options) error {
	var here, over []time.Duration
	for range o.rounds {
		fmt.Fprintln(os.Stderr, "late writer")
		same, other, err := p.commitLate(ctx)
		if err != nil {
			return fmt.Errorf("late writer: %w", err)
		}
		here, over = append(here, same), append(over, other)
	}
	p.times("a writer stood still before its commit, then refused by the first node", within, here)
	p.times("a writer stood still before its commit, then refused by the second node", within, over)
	return nil
}

func (p *pair) commitLate(ctx context.Context) (same, other time.Duration, err error) {
	token, err := p.token()
	if err != nil {
		return 0, 0, err
	}
	known, err := p.persist(func() (drive.Answer, error) { return p.a.Introspect(p.facts.Apps.Machine, token) })
	if err != nil {
		return 0, 0, err
	}
	conn, err := pgx.Connect(ctx, p.database)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	writer, err := conn.Begin(ctx)
	if err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	if _, err := writer.Exec(ctx, `
		INSERT INTO events (id, at, kind, subject_id, data)
		VALUES ($1, $2, $3, $4, '{}')`, secret.NewID(begun).String(), begun.UnixMilli(), string(core.EventTokenRevoked), known.ID); err != nil {
		return 0, 0, err
	}
	for range meantime {
		other, err := p.token()
		if err != nil {
			return 0, 0, err
		}
		if _, err := p.revoke(p.a, other); err != nil {
			return 0, 0, err
		}
	}
	time.Sleep(held - time.Since(begun))
	if err := p.accepted(token); err != nil {
		return 0, 0, fmt.Errorf("before the commit: %w", err)
	}
	if err := writer.Commit(ctx); err != nil {
		return 0, 0, err
	}
	committed := time.Now()
	var both sync.WaitGroup
	var failed error
	both.Go(func() { same, failed = p.untilRefused(p.a, token, committed) })
	other, err = p.untilRefused(p.b, token, committed)
	both.Wait()
	if err == nil {
		err = failed
	}
	return same, other, err
}
