package main

import (
	"context"
	"flag"
	"os"

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
	drive.Main("races", func(ctx context.Context) (bool, error) {
		return drive.OnStage(ctx, "races", o.binary, o.database, func(_ string, launch drive.Launch) (bool, error) {
			return run(ctx, o, launch)
		})
	})
}

// run starts a server, holds the races, and reports.
func run(ctx context.Context, o options, launch drive.Launch) (good bool, err error) {
	server, err := launch.Start(ctx)
	if err != nil {
		return false, err
	}
	defer server.Kill()
	t, err := newTrack(server.Facts, o.parallel)
	if err != nil {
		return false, err
	}
	defer t.close()
	if o.database != "" {
		// An embedded database has one process.
		if err := t.openNodes(ctx, launch, server); err != nil {
			return false, err
		}
	}
	return t.race(ctx, o)
}

// race holds every kind of race and reports.
func (t *track) race(ctx context.Context, o options) (good bool, err error) {
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
			return false, err
		}
	}
	t.report(os.Stdout, o)
	return len(t.wrong) == 0, nil
}
