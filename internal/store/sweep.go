package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// sweepBatch bounds how many rows one fact of the sweep looks at.
const sweepBatch = 500

// Horizon is what the sweep needs to know to call a row over.
type Horizon struct {
	Now         time.Time
	RefreshIdle time.Duration // a refresh token unused for so long is dead
	Keep        time.Duration // how long a dead row is kept: at least the longest life of an access token
}

// SweepAuthorizations deletes, among the next rows from the given id on, those that can never matter again, and
// returns where to go on; the zero ID means that the end was reached. A row must outlive its access tokens.
func (s *Store) SweepAuthorizations(ctx context.Context, from core.ID, h Horizon) (next core.ID, err error) {
	dead := h.Now.Add(-h.Keep)
	err = s.fact(ctx, func(t *tx) error {
		err := t.one(`
			SELECT max(id)
			FROM (SELECT id FROM authorizations WHERE id >= $1 ORDER BY id LIMIT $2) AS next_rows`,
			args(from.String(), sweepBatch+1), &next)
		if err != nil || next.Zero() || next == from {
			next = core.ID{}
			return err
		}
		_, err = t.exec(`
			DELETE FROM authorizations
			WHERE id >= $1 AND id <= $2 AND (revoked_at < $3
				OR expires_at < $3
				OR (generation = 0 AND code_expires_at < $3)
				OR (generation > 0 AND rotated_at < $4))`,
			from.String(), next, ms(dead), ms(dead.Add(-h.RefreshIdle)))
		return err
	})
	return next, err
}

// SweepRest deletes sessions, consent decisions and invitations into accounts that are over.
func (s *Store) SweepRest(ctx context.Context, h Horizon) error {
	return s.fact(ctx, func(t *tx) error {
		dead := ms(h.Now.Add(-h.Keep))
		if _, err := t.exec(`DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1`, dead); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM decisions WHERE expires_at < $1`, dead); err != nil {
			return err
		}
		_, err := t.exec(`
			DELETE FROM invitations
			WHERE account_id IS NOT NULL AND (expires_at < $1 OR accepted_at < $1 OR withdrawn_at < $1)`, dead)
		return err
	})
}
