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
	database string
	binary   string
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 1000, "how many codes and how many refresh tokens")
	flag.IntVar(&o.parallel, "parallel", 8, "how often each is presented at the same moment")
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
	return race(ctx, o, server.Facts)
}

// race holds both kinds of races and reports.
func race(ctx context.Context, o options, facts drive.Facts) (wrong int, err error) {
	t, err := newTrack(facts, o.parallel)
	if err != nil {
		return 0, err
	}
	defer t.close()
	for _, r := range []struct {
		name string
		run  func(*track, drive.App) error
	}{
		{"codes", (*track).code},
		{"refresh tokens", (*track).refresh},
	} {
		if err := t.repeat(ctx, r.name, o.n, r.run); err != nil {
			return len(t.wrong), err
		}
	}
	t.report(os.Stdout, o)
	return len(t.wrong), nil
}
