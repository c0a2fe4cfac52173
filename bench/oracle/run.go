package oracle

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"launchpad/bench/drive"
)

// Options of a run.
type Options struct {
	What     string // the disaster, in the plural
	Cycles   int
	Seed     uint64
	Database string
	Sample   int
	Binary   string
	Keep     bool
	Control  bool // the server is broken on purpose: findings are what is wanted, and nothing to keep

	ShortestLoad, LongestLoad time.Duration // before it strikes
}

// Flags declares what every such command can be told.
func (o *Options) Flags(f *flag.FlagSet) {
	f.IntVar(&o.Cycles, "cycles", 50, "how many "+o.What)
	f.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "`seed` of all random choices")
	f.IntVar(&o.Sample, "sample", 100, "how many subjects of earlier cycles are asked about in each cycle")
	f.StringVar(&o.Binary, "binary", "", "server `program` to run; default: built from this source")
	f.BoolVar(&o.Keep, "keep", false, "keep the directory even if all is well")
}

// Disaster is what befalls the server.
type Disaster interface {
	// Prepare is called once, before the first start; it may choose where the server's data lies.
	Prepare(*drive.Launch) error
	// Loading is called when a load begins.
	Loading()
	// Strike ends the server in the middle of what it does, and leaves everything ready for a restart.
	Strike(*drive.Server) error
	// Returns reports whether it strikes once more after the questions that follow the restart: what the server has
	// answered by then must hold, too.
	Returns() bool
	// End is called once, when no server runs any more.
	End() error
}

// Run prepares a directory, a program and a database, goes through the cycles, writes the report, and cleans up what
// need not be looked at again. found counts the violations of each kind; a broken promise is no error.
func Run(ctx context.Context, o Options, disaster Disaster) (found map[string]int, err error) {
	dir, err := os.MkdirTemp("", "launchpad-oracle-")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "seed %d, directory %s\n", o.Seed, dir)
	h, err := newHarness(ctx, o, disaster, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	err = h.run(ctx)
	h.close()
	h.summary(os.Stdout)
	found = h.found()
	if o.Keep || !o.Control && (err != nil || len(found) > 0) {
		fmt.Fprintln(os.Stderr, h.kept())
		return found, errors.Join(err, disaster.End())
	}
	return found, errors.Join(err, disaster.End(), h.discard(context.WithoutCancel(ctx)))
}
