package events

import (
	"context"
	"fmt"

	"launchpad/internal/store"
)

// Cursor is a reader with a name, whose position is stored: it gets every numbered line in order, and goes on where it
// was after a restart. What it had taken in just before it was killed comes again.
type Cursor struct {
	store    *store.Store
	name     string
	position int64
}

// Resume finds a reader by its name. One that is new begins after the line from; 0 is the beginning of the log.
func Resume(ctx context.Context, s *store.Store, name string, from int64) (*Cursor, error) {
	position, err := s.StartReader(ctx, name, from)
	if err != nil {
		return nil, fmt.Errorf("resume reader %s: %w", name, err)
	}
	return &Cursor{store: s, name: name, position: position}, nil
}

// step is how many lines a reader takes in before its position is stored.
const step = 100

// Next gives the next lines to take, one by one, and remembers those that it took in without an error. It says how
// many that were; 0 is the end of the log for now. core.ErrConflict: somebody else reads under this name, too.
func (c *Cursor) Next(ctx context.Context, take func(context.Context, store.Line) error) (taken int, err error) {
	lines, err := c.store.Lines(ctx, c.position)
	if err != nil {
		return 0, fmt.Errorf("read as %s: %w", c.name, err)
	}
	reached := c.position
	for _, line := range lines[:min(step, len(lines))] {
		if err = take(ctx, line); err != nil {
			err = fmt.Errorf("read line %d as %s: %w", line.Seq, c.name, err)
			break
		}
		reached = line.Seq
		taken++
	}
	if taken > 0 {
		if lost := c.store.AdvanceReader(ctx, c.name, c.position, reached); lost != nil {
			return 0, fmt.Errorf("read as %s: %w", c.name, lost)
		}
		c.position = reached
	}
	return taken, err
}
