package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// figure is one line of the report.
type figure struct {
	what, found, bar string
	ok               bool
}

func (s *siege) note(what string, found any) {
	s.figures = append(s.figures, figure{what: what, found: fmt.Sprint(found), ok: true})
}

func (s *siege) judge(what, found, bar string, ok bool) {
	s.figures = append(s.figures, figure{what, found, bar, ok})
}

func (s *siege) atMost(what string, found, bar int) {
	s.judge(what, fmt.Sprint(found), fmt.Sprint(bar), found <= bar)
}

// within judges a time, unless others may be the reason for it.
func (s *siege) within(what string, found, bar time.Duration) {
	if s.o.noisy {
		s.note(what, short(found))
		return
	}
	s.judge(what, short(found), short(bar), found <= bar)
}

func short(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// report writes the figures, in Markdown, and reports whether all are within their bars.
func (s *siege) report(w io.Writer, o options) bool {
	fmt.Fprintf(w, "### %d guesses at %d people from %d addresses\n\n", o.guesses, o.people, o.addresses)
	fmt.Fprintf(w, "| what | found | at most | |\n|---|---:|---:|---|\n")
	good := true
	for _, f := range s.figures {
		verdict := ""
		switch {
		case !f.ok:
			verdict, good = "OVER", false
		case f.bar != "":
			verdict = "ok"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", f.what, f.found, f.bar, verdict)
	}
	return good
}

// durations is how long things took that succeeded.
type durations struct {
	mu     sync.Mutex
	all    []time.Duration
	failed int
}

func (d *durations) add(took time.Duration, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.failed++
		return
	}
	d.all = append(d.all, took)
}

func (d *durations) quantile(q float64) time.Duration {
	if len(d.all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d.all))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
