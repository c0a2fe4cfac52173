package events

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"launchpad/internal/store"
)

// Readers outside the house keep their places themselves, so that nothing is stored for them and any node can tell them
// what comes next. The revocation feed is made of this.

// Place is a line of the log as a reader outside names it: by its number and the beginning of its hash. A number alone
// would also fit into another history, after a restore. The zero Place is before everything that still matters.
type Place struct {
	Seq  int64
	Mark string
}

// markLength of the hash, in characters.
const markLength = 16

// PlaceOf names a numbered line.
func PlaceOf(line store.Line) Place {
	return Place{line.Seq, line.Hash[:min(markLength, len(line.Hash))]}
}

// String is how readers keep a place.
func (p Place) String() string {
	if p == (Place{}) {
		return "0"
	}
	return strconv.FormatInt(p.Seq, 10) + "." + p.Mark
}

// ParsePlace reads what String wrote; nothing else has a meaning.
func ParsePlace(s string) (Place, bool) {
	if s == "0" {
		return Place{}, true
	}
	number, mark, _ := strings.Cut(s, ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	p := Place{seq, mark}
	if err != nil || seq < 1 || len(mark) != markLength || p.String() != s {
		return Place{}, false
	}
	return p, true
}

// ErrGone: a place is unknown in this history of the log, or further back than matters. Its reader has missed something.
var ErrGone = errors.New("the log does not go on from this place")

// Page is a part of the log after a place. Unless there is more, whatever was committed when it was asked for is in it.
type Page struct {
	Lines   []store.Line // with numbers, in order
	Waiting []store.Line // without: each comes again once it has one
	More    bool
}

// Numbered reads on from a place, lines with numbers alone. The zero Place is here the beginning of the log.
func (l *Log) Numbered(ctx context.Context, from Place) (lines []store.Line, more bool, err error) {
	if lines, err = l.store.Lines(ctx, max(0, from.Seq-1)); err != nil {
		return nil, false, fmt.Errorf("read on: %w", err)
	}
	if more = len(lines) == store.Page; from == (Place{}) {
		return lines, more, nil
	}
	lines, err = l.follows(lines, from)
	return lines, more, err
}

// After reads on from a place. What has no number yet is read first: a line that gets its number meanwhile is then found
// among the numbers.
func (l *Log) After(ctx context.Context, from Place) (p Page, err error) {
	if p.Waiting, err = l.waiting(ctx); err != nil {
		return p, fmt.Errorf("read on: %w", err)
	}
	if from == (Place{}) {
		p.Lines, err = l.fromWindow(ctx)
		p.More = len(p.Lines) == store.Page
	} else {
		p.Lines, p.More, err = l.Numbered(ctx, from)
	}
	if err != nil {
		return Page{}, fmt.Errorf("read on: %w", err)
	}
	return p, nil
}

// follows takes the line of the place itself off. What lies further back than the window is not told: whoever was away for
// so long has nothing left that the lines between could be about.
func (l *Log) follows(lines []store.Line, from Place) ([]store.Line, error) {
	if len(lines) == 0 || PlaceOf(lines[0]) != from {
		return nil, ErrGone
	}
	lines = lines[1:]
	if len(lines) > 0 && lines[0].At.Before(l.clock.Now().Add(-l.window)) {
		return nil, ErrGone
	}
	return lines, nil
}

// fromWindow begins a little early rather than late: the window is twice as long as a token lives, and no writer stands
// still for so long.
func (l *Log) fromWindow(ctx context.Context) ([]store.Line, error) {
	last, err := l.store.LastBefore(ctx, l.clock.Now().Add(-l.window))
	if err != nil {
		return nil, err
	}
	return l.store.Lines(ctx, last)
}

func (l *Log) waiting(ctx context.Context) (all []store.Line, err error) {
	var after store.Line
	for {
		lines, err := l.store.Unsequenced(ctx, after)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
		if len(lines) < store.Page {
			return all, nil
		}
		after = lines[len(lines)-1]
	}
}

// End is the place of the last line that has a number.
func (l *Log) End(ctx context.Context) (Place, error) {
	end, err := l.store.ChainEnd(ctx)
	if err != nil || end.Seq == 0 {
		return Place{}, err
	}
	return PlaceOf(store.Line{Seq: end.Seq, Hash: end.Hash}), nil
}
