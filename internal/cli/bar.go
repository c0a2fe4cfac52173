package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"launchpad/internal/core"
)

// bar shows how far long work is: on a terminal as a bar that grows, else as a line now and then.
type bar struct {
	out      io.Writer
	terminal bool
	shown    time.Duration
}

// How often it is drawn anew.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
	barLength = 30
)

func newBar(file *os.File) *bar {
	info, err := file.Stat()
	return &bar{out: file, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (b *bar) show(kind string, done, total int) {
	now, over := core.Elapsed(), done == total && done > 0
	every := lineEvery
	if b.terminal {
		every = barEvery
	}
	if !over && now-b.shown < every {
		return
	}
	b.shown = now
	if !b.terminal {
		fmt.Fprintf(b.out, "%s: %d\n", kind, done)
		return
	}
	full := barLength * done / max(total, 1)
	fmt.Fprintf(b.out, "\r%-12s [%s%s] %d", kind, strings.Repeat("#", full), strings.Repeat(".", barLength-full), done)
	if over {
		fmt.Fprintln(b.out)
	}
}
