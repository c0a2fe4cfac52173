package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/store"
)

// row is one line of the report.
type row struct {
	what   string
	atMost time.Duration
	times  []time.Duration
}

// times notes how long something took, and that none took longer than it may.
func (p *pair) times(what string, atMost time.Duration, took []time.Duration) {
	slices.Sort(took)
	p.rows = append(p.rows, row{what, atMost, took})
	p.expect(len(took) > 0 && took[len(took)-1] < atMost, "%s: the longest of %d took %s", what, len(took), took[max(0, len(took)-1):])
}

// loudest is how many violations are printed when they are found.
const loudest = 20

// expect notes a violation unless what should hold does.
func (p *pair) expect(holds bool, format string, args ...any) {
	if holds {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if p.wrong = append(p.wrong, text); len(p.wrong) <= loudest {
		fmt.Fprintln(os.Stderr, "VIOLATION:", text)
	}
}

// chain verifies the log that all of this left behind.
func (p *pair) chain(ctx context.Context, _ options) error {
	s, err := store.Open(ctx, p.database, core.SystemClock{})
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		left, err := s.Unsequenced(ctx, store.Line{})
		if err != nil {
			return err
		}
		if len(left) == 0 {
			break
		}
		time.Sleep(pause)
	}
	end, err := events.VerifyChain(ctx, s, store.End{})
	p.expect(err == nil, "%v", err)
	p.verified = end.Seq
	return nil
}

// report writes the figures, in Markdown.
func (p *pair) report(w io.Writer) {
	fmt.Fprintf(w, "| two nodes, PostgreSQL | count | p50, ms | p99, ms | p100, ms | less than |\n|---|---:|---:|---:|---:|---:|\n")
	for _, r := range p.rows {
		fmt.Fprintf(w, "| %s | %d | %s | %s | **%s** | %s |\n", r.what, len(r.times), ms(r.times, 50), ms(r.times, 99), ms(r.times, 100), r.atMost)
	}
	fmt.Fprintf(w, "\n%d lines of the change log verified, %d violations", p.verified, len(p.wrong))
	if p.givenUp > 0 {
		fmt.Fprintf(w, "; %d revocations were answered 503 by the node that had stood still", p.givenUp)
	}
	if p.asked > 0 {
		fmt.Fprintf(w, "; %d questions had to be asked again, though nothing was disturbed", p.asked)
	}
	fmt.Fprintln(w, ".")
}

// ms reads a percentile of sorted times.
func ms(sorted []time.Duration, percent int) string {
	if len(sorted) == 0 {
		return "–"
	}
	at := max(0, (len(sorted)*percent+99)/100-1)
	return fmt.Sprintf("%.1f", float64(sorted[at].Microseconds())/1000)
}
