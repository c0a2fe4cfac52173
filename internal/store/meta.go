package store

import (
	"context"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

func newEpoch(clock core.Clock) string { return secret.NewID(clock.Now()).String() }

// once writes a value that is made a single time in the life of the store, and returns whichever was first.
func (s *Store) once(ctx context.Context, name, value string) (string, error) {
	err := s.fact(ctx, func(t *tx) error {
		if _, err := t.exec(`
			INSERT INTO meta (name, value)
			VALUES ($1, $2)
			ON CONFLICT DO NOTHING`, name, value); err != nil {
			return err
		}
		return t.one(`SELECT value FROM meta WHERE name = $1`, args(name), &value)
	})
	return value, err
}
