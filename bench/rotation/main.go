package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"time"

	"launchpad/bench/drive"
)

// options of a run.
type options struct {
	rotations   int
	revocations int
	database    string
}

// The schedule of bench/rotation/server.
const (
	every   = 4 * time.Second
	cache   = 2 * time.Second // how long a key set may be kept: two thirds of the lead, as in a release
	life    = 6 * time.Second
	slowest = 3 * every // a replacement on a busy machine
)

func main() {
	var o options
	flag.IntVar(&o.rotations, "rotations", 10, "how many times every key is replaced under load")
	flag.IntVar(&o.revocations, "revocations", 5, "how many sealing and how many signing keys are revoked afterwards")
	flag.StringVar(&o.database, "database", "", "postgres://… `server` on which a database may be made; default: the embedded one")
	flag.Parse()
	drive.Main("rotation", func(ctx context.Context) (bool, error) {
		dir, err := os.MkdirTemp("", "launchpad-rotation-server-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(dir)
		binary := filepath.Join(dir, "server")
		if err := drive.BuildProgram(ctx, binary, "launchpad/bench/rotation/server"); err != nil {
			return false, err
		}
		return drive.OnStage(ctx, "rotation", binary, o.database, func(_ string, launch drive.Launch) (bool, error) {
			return run(ctx, o, launch)
		})
	})
}

func run(ctx context.Context, o options, launch drive.Launch) (good bool, err error) {
	first, err := launch.Start(ctx)
	if err != nil {
		return false, err
	}
	defer first.Kill()
	l, err := newLoad(first.Facts)
	if err != nil {
		return false, err
	}
	if o.database != "" {
		// An embedded database has one process.
		beside, err := launch.Beside(first)
		if err != nil {
			return false, err
		}
		second, err := beside.Start(ctx)
		if err != nil {
			return false, err
		}
		defer second.Kill()
		l.add("http://" + beside.Listen)
	}
	if err := l.run(ctx, o.rotations); err != nil {
		return false, err
	}
	longest, err := l.revoke(ctx, launch, o.revocations)
	if err != nil {
		return false, err
	}
	return l.report(os.Stdout, o, longest), nil
}
