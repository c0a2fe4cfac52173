package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"launchpad/bench/drive"
)

// options of a run.
type options struct {
	n        int
	parallel int
	stopped  int
	database string
	binary   string
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 1000, "how many codes and how many refresh tokens")
	flag.IntVar(&o.parallel, "parallel", 8, "how often each is presented at the same moment")
	flag.IntVar(&o.stopped, "stopped", 100, "with -database: how many codes are raced for by two nodes, one of which stands still in the middle")
	flag.StringVar(&o.database, "database", "", "postgres://… `server` on which a database may be made; default: the embedded one")
	flag.StringVar(&o.binary, "binary", "", "server `program` to run; default: built from this source")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	wrong, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "races:", err)
	}
	if err != nil || wrong > 0 {
		os.Exit(1)
	}
}

// run prepares a server, holds the races, reports, and cleans up.
func run(ctx context.Context, o options) (wrong int, err error) {
	dir, err := os.MkdirTemp("", "launchpad-races-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	launch, scratch, err := drive.Prepare(ctx, dir, o.binary, o.database)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, scratch.Drop(context.WithoutCancel(ctx))) }()
	server, err := launch.Start(ctx)
	if err != nil {
		return 0, err
	}
	defer server.Kill()
	t, err := newTrack(server.Facts, o.parallel)
	if err != nil {
		return 0, err
	}
	defer t.close()
	if o.database != "" {
		// An embedded database has one process.
		if err := t.openNodes(ctx, launch, server); err != nil {
			return 0, err
		}
	}
	return t.race(ctx, o)
}

// race holds every kind of race and reports.
func (t *track) race(ctx context.Context, o options) (wrong int, err error) {
	races := []struct {
		name string
		n    int
		run  func(*track, drive.App) error
	}{
		{"codes", o.n, (*track).code},
		{"refresh tokens", o.n, (*track).refresh},
	}
	if t.nodes != nil {
		races = append(races, struct {
			name string
			n    int
			run  func(*track, drive.App) error
		}{"codes, a node standing still,", o.stopped, (*track).stopped})
	}
	for _, r := range races {
		if err := t.repeat(ctx, r.name, r.n, r.run); err != nil {
			return len(t.wrong), err
		}
	}
	t.report(os.Stdout, o)
	return len(t.wrong), nil
}
