package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// target is a server under load and how its CPU time is read.
type target struct {
	address string
	usage   func() (server, database cpuTime, err error)
}

// round is what one round came to, for each operation.
type round struct {
	cpu      cpuTime // of the server and its database
	database cpuTime
	rate     float64 // operations in a second
	p50, p99 time.Duration
	failed   int
	first    error
}

// measured is an operation with a number of connections, round by round.
type measured struct {
	operation
	connections      int
	floor, launchpad []round
}

// warmUp is the part of a round that goes before the first and does not count.
const warmUp = 10

// measureSpeed measures everything that was asked for and prints the report.
func (b *bench) measureSpeed(ctx context.Context) (bool, error) {
	host := describeHost(b)
	floors := map[string]*process{}
	for beside, flags := range map[string][]string{"": nil, besideDutiful: {"-dutiful"}} {
		floor, err := b.startFloor(ctx, flags...)
		if err != nil {
			return false, err
		}
		defer floor.kill()
		floors[beside] = floor
	}
	upstream, proxy, err := b.startProxied(ctx)
	if err != nil {
		return false, err
	}
	defer upstream.kill()
	defer proxy.kill()
	floors[besideProxy] = proxy
	launchpad, err := b.startDemo(ctx)
	if err != nil {
		return false, err
	}
	defer launchpad.close()
	list, err1 := b.measureAll(ctx, floors, launchpad)
	waits, err2 := b.measureDurable(ctx, launchpad)
	err = errors.Join(err1, err2, launchpad.stop())
	// What was measured before something went wrong may have taken an hour.
	return reportSpeed(os.Stdout, b, host, list, waits) && err == nil, err
}

// measureAll goes on after an operation that cannot be measured.
func (b *bench) measureAll(ctx context.Context, floors map[string]*process, launchpad *site) (list []measured, err error) {
	for _, o := range operations {
		for _, connections := range b.settings.connections {
			if !b.settings.wants(o.name) || ctx.Err() != nil {
				continue
			}
			m, failure := b.measure(ctx, o, floors[o.beside], launchpad, connections)
			if failure != nil {
				err = errors.Join(err, fmt.Errorf("%s with %d connections: %w", o.name, connections, failure))
			}
			if len(m.launchpad) > 0 {
				list = append(list, m)
			}
		}
	}
	return list, err
}

// measure interleaves rounds of the two servers, so that what else happens on the computer happens to both.
func (b *bench) measure(ctx context.Context, o operation, floor *process, launchpad *site, connections int) (measured, error) {
	m := measured{operation: o, connections: connections}
	p, err := o.ready(ctx, b, launchpad, floor.address, connections)
	if err != nil {
		return m, err
	}
	bare := target{floor.address, func() (server, database cpuTime, err error) {
		server, err = floor.usage()
		return server, 0, err
	}}
	ours := target{launchpad.address, func() (server, database cpuTime, err error) {
		server, err1 := launchpad.usage()
		database, err2 := b.storage.usage()
		return server, database, errors.Join(err1, err2)
	}}
	if _, _, err := pair(ctx, p, bare, ours, o, max(b.settings.requests/warmUp, connections)); err != nil {
		return m, err
	}
	for n := range b.settings.rounds {
		f, l, err := pair(ctx, p, bare, ours, o, b.settings.requests)
		if err != nil {
			return m, err
		}
		m.floor, m.launchpad = append(m.floor, f), append(m.launchpad, l)
		progress("%-20s %3d connections, round %d: %6.1f µs to %6.1f µs, ratio %.2f, %.0f/s to %.0f/s",
			o.name, connections, n+1, micros(f.cpu), micros(l.cpu), float64(l.cpu)/float64(f.cpu), f.rate, l.rate)
	}
	return m, nil
}

// pair is a round of the floor and one of Launchpad, each of at least so many requests.
func pair(ctx context.Context, p plan, floor, launchpad target, o operation, requests int) (f, l round, err error) {
	if p.fresh != nil {
		if err := p.fresh(ctx, requests); err != nil {
			return f, l, err
		}
	}
	if f, err = floor.round(ctx, p.floor, requests); err != nil {
		return f, l, fmt.Errorf("floor: %w", err)
	}
	l, err = launchpad.round(ctx, p.launchpad, (requests+o.requests-1)/o.requests)
	return f, l, err
}

// round connects anew, because a server may close a connection that was idle during the other one's round.
func (t target) round(ctx context.Context, workers []worker, count int) (round, error) {
	l, err := openLoad(t.address, workers)
	if err != nil {
		return round{}, err
	}
	defer l.close()
	server, database, err := t.usage()
	if err != nil {
		return round{}, err
	}
	r := l.run(ctx, count)
	serverAfter, databaseAfter, err := t.usage()
	if err != nil {
		return round{}, err
	}
	if r.first != nil {
		progress("%d requests failed, the first: %v", r.failed, r.first)
	}
	if r.failed > failureLimit {
		return round{}, fmt.Errorf("%d requests failed, the first: %w", r.failed, r.first)
	}
	done := time.Duration(len(r.latency))
	return round{
		cpu: (serverAfter - server + databaseAfter - database) / done, database: (databaseAfter - database) / done,
		rate: float64(done) / r.elapsed.Seconds(), p50: quantile(r.latency, 0.5), p99: quantile(r.latency, 0.99),
		failed: r.failed, first: r.first,
	}, ctx.Err()
}
