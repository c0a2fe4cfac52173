package store

import (
	"context"
	"errors"
	"time"

	"launchpad/internal/core"
)

// Ids and clocks are not visible in the order of commits, so a line of the change log gets its number only after its
// fact was committed. Whoever has seen every unnumbered line, and every number up to one, has missed nothing.

// Line is an event as the log keeps it.
type Line struct {
	core.Event
	Seq  int64  // 0 until it is numbered
	Hash string // of the line and the hash before it
}

// End is the last line of the chain; zero if nothing is numbered yet.
type End struct {
	Seq  int64
	Hash string
}

const lineColumns = `COALESCE(seq, 0), COALESCE(hash, ''), ` + eventColumns

func scanLine(row scanner) (l Line, err error) {
	err = row.Scan(append([]any{&l.Seq, &l.Hash}, scanEvent(&l.Event)...)...)
	return l, err
}

// Page is how many lines are read at once; fewer are the last ones.
const (
	Page = 500
	page = "500" // in the text, where the engine's planner sees it
)

// Unsequenced lists committed lines that have no number yet, from the one after another on; the zero Line is before all.
func (s *Store) Unsequenced(ctx context.Context, after Line) ([]Line, error) {
	return s.lines(ctx, `
		SELECT `+lineColumns+`
		FROM events
		WHERE seq IS NULL AND (at, id) > ($1, $2)
		ORDER BY at, id
		LIMIT `+page, args(after.At.UnixMilli(), after.ID.String()))
}

// Lines lists numbered lines, from the one after a number on.
func (s *Store) Lines(ctx context.Context, after int64) ([]Line, error) {
	return s.lines(ctx, `
		SELECT `+lineColumns+`
		FROM events
		WHERE seq > $1
		ORDER BY seq
		LIMIT `+page, args(after))
}

// LastBefore gives the number of the youngest numbered line before a moment; 0: there is none. What is younger than the moment
// has a greater number, unless its neighbour's writer stood still for as long before it committed.
func (s *Store) LastBefore(ctx context.Context, at time.Time) (seq int64, err error) {
	err = s.log.view(ctx).one(`
		SELECT seq
		FROM events
		WHERE id < $1 AND seq IS NOT NULL
		ORDER BY id DESC
		LIMIT 1`, args(firstID(at).String()), &seq)
	if errors.Is(err, core.ErrNotFound) {
		err = nil
	}
	return seq, err
}

func (s *Store) lines(ctx context.Context, query string, values []any) (list []Line, err error) {
	err = s.log.view(ctx).each(query, values, func(row scanner) error {
		line, err := scanLine(row)
		list = append(list, line)
		return err
	})
	return list, err
}

// ChainEnd says where the chain ends.
func (s *Store) ChainEnd(ctx context.Context) (end End, err error) {
	err = s.log.view(ctx).one(`SELECT seq, hash FROM chains WHERE name = 'events'`, nil, &end.Seq, &end.Hash)
	return end, err
}

// Sequence gives lines their numbers and hashes, all or none. core.ErrConflict: the lease is somebody else's by now, or
// the chain does not end any more where these lines begin. So a process that stood still cannot fork the chain.
func (s *Store) Sequence(ctx context.Context, l Lease, from End, lines []Line) error {
	_, err := s.log.fact(ctx, func(t *tx) error {
		if err := t.beat(l); err != nil {
			return err
		}
		last := lines[len(lines)-1]
		if err := t.must(`
			UPDATE chains
			SET seq = $3, hash = $4
			WHERE name = 'events' AND seq = $1 AND hash = $2`, from.Seq, from.Hash, last.Seq, last.Hash); err != nil {
			return err
		}
		for _, line := range lines {
			if err := t.must(`
				UPDATE events
				SET seq = $2, hash = $3
				WHERE id = $1 AND seq IS NULL`, line.ID, line.Seq, line.Hash); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// StartReader gives a named reader of the log a position, unless it has one, and says which it has.
func (s *Store) StartReader(ctx context.Context, name string, from int64) (position int64, err error) {
	err = s.fact(ctx, func(t *tx) error {
		if _, err := t.exec(`
			INSERT INTO log_readers (name, seq)
			VALUES ($1, $2)
			ON CONFLICT DO NOTHING`, name, from); err != nil {
			return err
		}
		return t.one(`SELECT seq FROM log_readers WHERE name = $1`, args(name), &position)
	})
	return position, err
}

// AdvanceReader remembers that a reader has taken in what lies between two numbers. core.ErrConflict: it is not where
// the caller thinks; another process reads under the same name.
func (s *Store) AdvanceReader(ctx context.Context, name string, from, to int64) error {
	return s.hot(ctx, func(t *tx) error {
		return t.must(`
			UPDATE log_readers
			SET seq = $3
			WHERE name = $1 AND seq = $2`, name, from, to)
	})
}
