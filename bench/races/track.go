package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"launchpad/bench/drive"
)

// track is where the races are held.
type track struct {
	facts    drive.Facts
	parallel int
	programs *drive.Client
	browser  *drive.Browser
	nodes    *nodes // nil on an embedded database

	counts []count
	wrong  []string
}

// count is one line of the report.
type count struct {
	what string
	n    int
}

func newTrack(facts drive.Facts, parallel int) (*track, error) {
	browser, err := drive.NewBrowser(facts.Issuer, "")
	if err != nil {
		return nil, err
	}
	t := &track{facts: facts, parallel: parallel, programs: drive.NewClient(facts.Issuer), browser: browser}
	return t, browser.SignIn(facts)
}

func (t *track) close() {
	t.programs.Close()
	t.browser.Close()
	if t.nodes != nil {
		t.nodes.close()
	}
}

// publicEvery: the consent page of public apps makes their codes dear, so only every n-th race is theirs.
const publicEvery = 5

// repeat holds a race n times, each with a code or token of its own.
func (t *track) repeat(ctx context.Context, name string, n int, race func(*track, drive.App) error) error {
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		app := t.facts.Apps.Web
		if i%publicEvery == 0 {
			app = t.facts.Apps.Public
		}
		if err := race(t, app); err != nil {
			return fmt.Errorf("race %d of %s: %w", i+1, name, err)
		}
		t.count(name+" raced for", 1)
		if (i+1)%100 == 0 {
			fmt.Fprintf(os.Stderr, "%s: %d of %d, %d wrong answers\n", name, i+1, n, len(t.wrong))
		}
	}
	return nil
}

// salvo sends the same request many times at once.
func (t *track) salvo(send func() (drive.Answer, error)) ([]drive.Answer, error) {
	var (
		running sync.WaitGroup
		start   = make(chan struct{})
		answers = make([]drive.Answer, t.parallel)
		errs    = make([]error, t.parallel)
	)
	for i := range t.parallel {
		running.Go(func() {
			<-start
			answers[i], errs[i] = send()
		})
	}
	close(start)
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (t *track) count(what string, by int) {
	for i := range t.counts {
		if t.counts[i].what == what {
			t.counts[i].n += by
			return
		}
	}
	t.counts = append(t.counts, count{what, by})
}

// loudest is how many violations are printed when they are found.
const loudest = 20

// expect notes a violation unless what should hold does.
func (t *track) expect(holds bool, format string, args ...any) {
	if holds {
		return
	}
	text := fmt.Sprintf(format, args...)
	if t.wrong = append(t.wrong, text); len(t.wrong) <= loudest {
		fmt.Fprintln(os.Stderr, "VIOLATION:", text)
	}
}

// report writes the counts, in Markdown.
func (t *track) report(w io.Writer, o options) {
	engine := "SQLite"
	if o.database != "" {
		engine = "PostgreSQL"
	}
	fmt.Fprintf(w, "### %d codes and %d refresh tokens, each presented %d times at once, %s\n\n", o.n, o.n, o.parallel, engine)
	fmt.Fprintf(w, "| what | count |\n|---|---:|\n")
	for _, c := range t.counts {
		fmt.Fprintf(w, "| %s | %d |\n", c.what, c.n)
	}
	fmt.Fprintf(w, "| **violations** | **%d** |\n", len(t.wrong))
}
