package store

import (
	"context"
	"errors"

	"launchpad/internal/core"
)

// Lease is who does, for all processes, a work that only one may do. Its holder keeps its pulse moving; whoever saw it
// stand still for long enough, by a watch of its own, may take it. No two clocks are ever compared.
type Lease struct {
	Name   string
	Holder core.ID // zero: nobody
	Term   int64
	Pulse  int64
}

// Lease reads a lease; one that nobody ever took is zero.
func (s *Store) Lease(ctx context.Context, name string) (Lease, error) {
	l := Lease{Name: name}
	err := s.log.view(ctx).one(`
		SELECT holder, term, pulse
		FROM leases
		WHERE name = $1`, args(name), &l.Holder, &l.Term, &l.Pulse)
	if errors.Is(err, core.ErrNotFound) {
		err = nil
	}
	return l, err
}

// TakeLease takes a lease over as it was seen. core.ErrConflict: it has moved since.
func (s *Store) TakeLease(ctx context.Context, seen Lease, holder core.ID) (Lease, error) {
	taken := Lease{seen.Name, holder, seen.Term + 1, seen.Pulse + 1}
	_, err := s.log.hot(ctx, func(t *tx) error {
		if seen.Term == 0 {
			return t.must(`
				INSERT INTO leases (name, holder, term, pulse)
				VALUES ($1, $2, $3, $4)
				ON CONFLICT DO NOTHING`, taken.Name, taken.Holder, taken.Term, taken.Pulse)
		}
		return t.must(`
			UPDATE leases
			SET holder = $2, term = $3, pulse = $4
			WHERE name = $1 AND term = $5 AND pulse = $6`, taken.Name, taken.Holder, taken.Term, taken.Pulse, seen.Term, seen.Pulse)
	})
	return taken, err
}

// RenewLease moves the pulse. core.ErrConflict: it is somebody else's by now.
func (s *Store) RenewLease(ctx context.Context, l Lease) error {
	_, err := s.log.hot(ctx, func(t *tx) error { return t.beat(l) })
	return err
}

func (t *tx) beat(l Lease) error {
	return t.must(`
		UPDATE leases
		SET pulse = pulse + 1
		WHERE name = $1 AND holder = $2 AND term = $3`, l.Name, l.Holder, l.Term)
}

// ReleaseLease gives a lease back, so that nobody has to wait for it. One that is somebody else's stays so.
func (s *Store) ReleaseLease(ctx context.Context, l Lease) error {
	_, err := s.log.hot(ctx, func(t *tx) error {
		_, err := t.exec(`
			UPDATE leases
			SET holder = NULL, pulse = pulse + 1
			WHERE name = $1 AND holder = $2 AND term = $3`, l.Name, l.Holder, l.Term)
		return err
	})
	return err
}
