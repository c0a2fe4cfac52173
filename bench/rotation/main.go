package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "rotation:", err)
	}
	if err != nil || failed {
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (failed bool, err error) {
	dir, err := os.MkdirTemp("", "launchpad-rotation-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "server")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "launchpad/bench/rotation/server").CombinedOutput(); err != nil {
		return false, fmt.Errorf("build server: %w\n%s", err, said)
	}
	launch, scratch, err := drive.Prepare(ctx, dir, binary, o.database)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, scratch.Drop(context.WithoutCancel(ctx))) }()
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
