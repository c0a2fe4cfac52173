package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// worker does one operation on its connection.
type worker func(*connection) error

// failureLimit ends a run that has become pointless.
const failureLimit = 100

// outcome is what a load came to.
type outcome struct {
	elapsed time.Duration
	latency []time.Duration // of each operation, sorted
	failed  int
	first   error // the first failure
}

// load lets workers, each on a connection of its own, do count operations between them.
type load struct {
	address     string
	workers     []worker
	connections []*connection
	left        atomic.Int64
	failures    atomic.Int64
}

// openLoad connects the workers.
func openLoad(address string, workers []worker) (*load, error) {
	l := &load{address: address, workers: workers}
	for range workers {
		c, err := dial(address)
		if err != nil {
			l.close()
			return nil, err
		}
		l.connections = append(l.connections, c)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.connections {
		c.close()
	}
}

func (l *load) run(ctx context.Context, count int) outcome {
	l.left.Store(int64(count))
	parts := make([]outcome, len(l.workers))
	var running sync.WaitGroup
	began := time.Now()
	for i := range l.workers {
		// Shares differ a little, so there is room for more than an equal one.
		parts[i].latency = make([]time.Duration, 0, 2*count/len(l.workers)+1)
		running.Go(func() { l.work(ctx, i, &parts[i]) })
	}
	running.Wait()
	whole := outcome{elapsed: time.Since(began)}
	for _, part := range parts {
		whole.latency = append(whole.latency, part.latency...)
		whole.failed += part.failed
		if whole.first == nil {
			whole.first = part.first
		}
	}
	slices.Sort(whole.latency)
	return whole
}

func (l *load) work(ctx context.Context, i int, r *outcome) {
	began := time.Now()
	for l.left.Add(-1) >= 0 && ctx.Err() == nil {
		err := l.workers[i](l.connections[i])
		ended := time.Now()
		r.latency = append(r.latency, ended.Sub(began))
		began = ended
		if err == nil {
			continue
		}
		r.failed++
		if r.first == nil {
			r.first = err
		}
		if l.failures.Add(1) > failureLimit || !l.recover(i, err) {
			l.left.Store(0)
		}
	}
}

// recover reports whether the worker can go on. Only a refusal leaves the connection as it was.
func (l *load) recover(i int, err error) bool {
	if _, ok := errors.AsType[refused](err); ok {
		return true
	}
	c, err := dial(l.address)
	if err != nil {
		return false
	}
	l.connections[i].close()
	l.connections[i] = c
	return true
}

// once runs a load for its effect; any failure is its error.
func once(ctx context.Context, address string, workers []worker, count int) error {
	l, err := openLoad(address, workers)
	if err != nil {
		return err
	}
	defer l.close()
	r := l.run(ctx, count)
	if r.failed > 0 {
		return fmt.Errorf("%d of %d requests failed, the first: %w", r.failed, count, r.first)
	}
	return ctx.Err()
}

// repeated makes n workers that send the same request.
func repeated(n int, request []byte) []worker {
	workers := make([]worker, n)
	for i := range workers {
		workers[i] = func(c *connection) error {
			_, err := c.exchange(request)
			return err
		}
	}
	return workers
}
