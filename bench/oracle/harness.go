package oracle

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"launchpad/bench/drive"
)

// Where things lie in the run's directory.
const (
	journalDir = "journals"
	checkerDir = "journals-of-checker"
	copyDir    = "copy"
)

// How often, and how late, the disaster strikes a restart as well.
const (
	struckRestarts = 0.25
	latestRestart  = 80 * time.Millisecond
)

// harness is one run.
type harness struct {
	o        Options
	disaster Disaster
	dir      string
	launch   drive.Launch
	scratch  *drive.Scratch // nil: SQLite
	server   *drive.Server
	rand     *rand.Rand

	ledger  *ledger
	clients []*client
	checker *checker

	cycles  int
	slowest time.Duration // restart
}

func newHarness(ctx context.Context, o Options, disaster Disaster, dir string) (*harness, error) {
	launch, scratch, err := drive.Prepare(ctx, dir, o.Binary, o.Database)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{journalDir, checkerDir} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, errors.Join(err, scratch.Drop(ctx))
		}
	}
	if err := disaster.Prepare(&launch); err != nil {
		return nil, errors.Join(err, scratch.Drop(ctx))
	}
	return &harness{o: o, disaster: disaster, dir: dir, launch: launch, scratch: scratch, rand: rand.New(rand.NewPCG(o.Seed, 0))}, nil
}

// kill ends the server if it runs.
func (h *harness) kill() {
	if h.server != nil {
		h.server.Kill()
	}
}

func (h *harness) close() {
	h.kill()
	for _, c := range h.clients {
		c.close()
	}
	if h.checker != nil {
		h.checker.close()
	}
}

// run goes through the cycles and stops at the first that finds something, so that the data is left as it was found.
func (h *harness) run(ctx context.Context) error {
	if err := h.begin(ctx); err != nil {
		return err
	}
	for n := 1; n <= h.o.Cycles; n++ {
		if err := h.cycle(ctx, n); err != nil {
			return fmt.Errorf("cycle %d: %w", n, err)
		}
		h.cycles = n
		if len(h.ledger.violations) > 0 {
			return nil
		}
	}
	asked := h.checker.everything(ctx)
	fmt.Fprintf(os.Stderr, "at the end, everything: %d questions\n", asked)
	return ctx.Err()
}

// begin starts the server for the first time and opens the clients.
func (h *harness) begin(ctx context.Context) error {
	var err error
	if h.server, err = h.launch.Start(ctx); err != nil {
		return err
	}
	h.ledger = newLedger(h.server.Facts)
	if h.o.Control {
		h.ledger.loud = quietest
		// A start settles what the one before it left, so that the server is not lost with the first facts.
		h.server.Kill()
		if h.server, err = h.launch.Start(ctx); err != nil {
			return err
		}
	}
	if h.clients, err = openClients(h.server.Facts, filepath.Join(h.dir, journalDir), h.o.Seed); err != nil {
		return err
	}
	h.checker, err = newChecker(h.ledger, h.server.Facts, filepath.Join(h.dir, checkerDir), h.o)
	return err
}

// cycle is one life of the server and the questions after it.
func (h *harness) cycle(ctx context.Context, n int) error {
	h.ledger.cycle = n
	load := h.o.ShortestLoad + time.Duration(h.rand.Int64N(int64(h.o.LongestLoad-h.o.ShortestLoad)))
	h.disaster.Loading()
	strike := func() error { return h.disaster.Strike(h.server) }
	err := runLoad(ctx, h.clients, h.ledger, n, load, strike)
	if err := errors.Join(err, h.ledger.read(filepath.Join(h.dir, journalDir))); err != nil {
		return err
	}
	if h.rand.Float64() < struckRestarts {
		if err := h.launch.StartAndStrike(time.Duration(h.rand.Int64N(int64(latestRestart))), h.disaster.Strike); err != nil {
			return err
		}
	}
	took, asked, err := h.recover(ctx)
	if err != nil {
		return err
	}
	again := ""
	if h.disaster.Returns() && len(h.ledger.violations) == 0 {
		again = ", and once more"
		if err := strike(); err != nil {
			return err
		}
		if _, _, err := h.recover(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "cycle %d/%d: struck after %s%s, %s; ready again in %s; %d questions in %s, %d wrong answers\n",
		n, h.o.Cycles, load.Round(time.Millisecond), again, h.ledger.news(), h.server.Ready.Round(time.Millisecond),
		asked, took.Round(time.Millisecond), len(h.ledger.violations))
	return ctx.Err()
}

// recover looks at what was left, starts the server on it, and asks.
func (h *harness) recover(ctx context.Context) (took time.Duration, asked int64, err error) {
	died := time.Now()
	if h.scratch == nil {
		if err := h.integrity(ctx); err != nil {
			h.ledger.violate(corrupt, "the database", err.Error())
		}
	}
	if err := h.restart(ctx, died); err != nil {
		return 0, 0, err
	}
	before := time.Now()
	asked = h.checker.cycle(ctx)
	return time.Since(before), asked, ctx.Err()
}

func (h *harness) restart(ctx context.Context, died time.Time) error {
	server, err := h.launch.Start(ctx)
	if err != nil {
		return err
	}
	h.server = server
	h.slowest = max(h.slowest, server.Ready)
	return h.scratch.Settle(ctx, died)
}

// discard removes what nobody needs to look at again.
func (h *harness) discard(ctx context.Context) error {
	return errors.Join(os.RemoveAll(h.dir), h.scratch.Drop(ctx))
}

// kept says where everything is.
func (h *harness) kept() string {
	text := fmt.Sprintf("kept: %s (journals in %s), seed %d", h.dir, filepath.Join(h.dir, journalDir), h.o.Seed)
	if h.scratch != nil {
		text += ", database " + h.scratch.Database
	}
	return text
}
