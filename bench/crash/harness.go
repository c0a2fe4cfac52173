package main

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

// The moment of the kill, from the start of the load; and how often, and how late, a restart is killed as well.
const (
	shortestLoad   = 300 * time.Millisecond
	longestLoad    = 2 * time.Second
	killedRestarts = 0.25
	latestRestart  = 80 * time.Millisecond
)

// harness is one run.
type harness struct {
	o       options
	dir     string
	launch  drive.Launch
	scratch *drive.Scratch // nil: SQLite
	server  *drive.Server
	rand    *rand.Rand

	ledger  *ledger
	clients []*client
	checker *checker

	cycles  int
	slowest time.Duration // restart
}

func newHarness(ctx context.Context, o options, dir string) (*harness, error) {
	launch, scratch, err := drive.Prepare(ctx, dir, o.binary, o.database)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{journalDir, checkerDir} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, errors.Join(err, scratch.Drop(ctx))
		}
	}
	return &harness{o: o, dir: dir, launch: launch, scratch: scratch, rand: rand.New(rand.NewPCG(o.seed, 0))}, nil
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
	for n := 1; n <= h.o.cycles; n++ {
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
	if h.clients, err = openClients(h.server.Facts, filepath.Join(h.dir, journalDir), h.o.seed); err != nil {
		return err
	}
	h.checker, err = newChecker(h.ledger, h.server.Facts, filepath.Join(h.dir, checkerDir), h.o)
	return err
}

// cycle is one life of the server and the questions after it.
func (h *harness) cycle(ctx context.Context, n int) error {
	h.ledger.cycle = n
	load := shortestLoad + time.Duration(h.rand.Int64N(int64(longestLoad-shortestLoad)))
	err := runLoad(ctx, h.clients, h.ledger, h.server, n, load)
	died := time.Now()
	if err := errors.Join(err, h.ledger.read(filepath.Join(h.dir, journalDir))); err != nil {
		return err
	}
	if h.rand.Float64() < killedRestarts {
		if err := h.launch.StartAndKill(time.Duration(h.rand.Int64N(int64(latestRestart)))); err != nil {
			return err
		}
		died = time.Now()
	}
	if h.scratch == nil {
		if err := h.integrity(ctx); err != nil {
			h.ledger.violate(corrupt, "the database", err.Error())
		}
	}
	if err := h.restart(ctx, died); err != nil {
		return err
	}
	before := time.Now()
	asked := h.checker.cycle(ctx)
	fmt.Fprintf(os.Stderr, "cycle %d/%d: killed after %s, %s; ready again in %s; %d questions in %s, %d wrong answers\n",
		n, h.o.cycles, load.Round(time.Millisecond), h.ledger.news(), h.server.Ready.Round(time.Millisecond),
		asked, time.Since(before).Round(time.Millisecond), len(h.ledger.violations))
	return ctx.Err()
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
	text := fmt.Sprintf("kept: %s (journals in %s), seed %d", h.dir, filepath.Join(h.dir, journalDir), h.o.seed)
	if h.scratch != nil {
		text += ", database " + h.scratch.Database
	}
	return text
}
