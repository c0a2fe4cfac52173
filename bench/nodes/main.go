package main

import (
	"context"
	"errors"
	"flag"
	"os"

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
	drive.Main("nodes", func(ctx context.Context) (bool, error) {
		if o.database == "" {
			return false, errors.New("-database is missing: an embedded database has one process")
		}
		return drive.OnStage(ctx, "nodes", o.binary, o.database, func(dir string, launch drive.Launch) (bool, error) {
			return run(ctx, o, dir, launch)
		})
	})
}

// run starts two nodes, disturbs them, and reports.
func run(ctx context.Context, o options, dir string, launch drive.Launch) (good bool, err error) {
	p, err := open(ctx, dir, launch)
	if err != nil {
		return false, err
	}
	defer p.close()
	for _, part := range []func(*pair, context.Context, options) error{(*pair).hear, (*pair).lines, (*pair).late, (*pair).stopped, (*pair).chain} {
		if err := errors.Join(part(p, ctx, o), ctx.Err()); err != nil {
			return false, err
		}
	}
	p.report(os.Stdout)
	return len(p.wrong) == 0, nil
}
