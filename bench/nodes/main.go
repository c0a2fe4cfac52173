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
	rounds   int
	database string
	binary   string
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 1000, "how many revocations are timed")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each disturbance is repeated")
	flag.StringVar(&o.database, "database", "", "postgres://… `server` on which a database may be made")
	flag.StringVar(&o.binary, "binary", "", "server `program` to run; default: built from this source")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	wrong, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "nodes:", err)
	}
	if err != nil || wrong > 0 {
		os.Exit(1)
	}
}

// run prepares two nodes, disturbs them, reports, and cleans up.
func run(ctx context.Context, o options) (wrong int, err error) {
	if o.database == "" {
		return 0, errors.New("-database is missing: an embedded database has one process")
	}
	dir, err := os.MkdirTemp("", "launchpad-nodes-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	launch, scratch, err := drive.Prepare(ctx, dir, o.binary, o.database)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, scratch.Drop(context.WithoutCancel(ctx))) }()
	p, err := open(ctx, dir, launch)
	if err != nil {
		return 0, err
	}
	defer p.close()
	for _, part := range []func(*pair, context.Context, options) error{(*pair).hear, (*pair).lines, (*pair).late, (*pair).stopped, (*pair).chain} {
		if err := errors.Join(part(p, ctx, o), ctx.Err()); err != nil {
			return len(p.wrong), err
		}
	}
	p.report(os.Stdout)
	return len(p.wrong), nil
}
