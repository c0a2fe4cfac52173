package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options of a run.
type options struct {
	cycles   int
	seed     uint64
	database string
	sample   int
	binary   string
	keep     bool
}

func main() {
	var o options
	flag.IntVar(&o.cycles, "cycles", 50, "how often the server is killed")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "`seed` of all random choices")
	flag.StringVar(&o.database, "database", "", "postgres://… `server` on which a database may be made; default: the embedded one")
	flag.IntVar(&o.sample, "sample", 100, "how many subjects of earlier cycles are asked about in each cycle")
	flag.StringVar(&o.binary, "binary", "", "server `program` to run; default: built from this source")
	flag.BoolVar(&o.keep, "keep", false, "keep the directory even if all is well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run prepares a directory, a program and a database, and cleans up what need not be looked at again.
func run(ctx context.Context, o options) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "launchpad-crash-")
	if err != nil {
		return false, err
	}
	fmt.Fprintf(os.Stderr, "seed %d, directory %s\n", o.seed, dir)
	h, err := newHarness(ctx, o, dir)
	if err != nil {
		return false, errors.Join(err, os.RemoveAll(dir))
	}
	err = h.run(ctx)
	h.close()
	h.summary(os.Stdout)
	ok = err == nil && len(h.ledger.violations) == 0
	if !ok || o.keep {
		fmt.Fprintln(os.Stderr, h.kept())
		return ok, err
	}
	return true, h.discard(context.WithoutCancel(ctx))
}
