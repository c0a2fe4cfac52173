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
		bounds := args(from.String(), next, ms(dead), ms(dead.Add(-h.RefreshIdle)))
		if _, err := t.exec(endImportedBeside, bounds...); err != nil {
			return err
		}
		_, err = t.exec(`
			DELETE FROM authorizations
			WHERE `+over, bounds...)
		return err
	})
	return next, err
}

// over finds the authorizations among the next rows that can never matter again.
const over = `id >= $1 AND id <= $2 AND (revoked_at < $3
				OR expires_at < $3
				OR (generation = 0 AND code_expires_at < $3)
				OR (generation > 0 AND rotated_at < $4))`

// endImportedBeside: a token of another server that never expires outlives an authorization that only nobody refreshed, but
// not one that was revoked, nor a successor. Once the row is gone, nothing else would tell.
const endImportedBeside = `
			UPDATE imported_access_tokens
			SET revoked_at = $3
			WHERE revoked_at IS NULL AND authorization_id IN (
				SELECT id FROM authorizations WHERE (revoked_at IS NOT NULL OR confirmed > 1) AND ` + over + `)`

// How long what is over is kept, and what came along with a sign-in.
const (
	keepEnded      = 24 * time.Hour      // sessions and personal tokens, from their end on
	keepInvitation = 30 * 24 * time.Hour // they name people's addresses
	keepPlace      = 30 * 24 * time.Hour // where a session was begun, and by which program
	keepOldUse     = core.OldUsesKept * 24 * time.Hour
)

// tidying is the statements of SweepRest, each with the moment before which a row is over. The large tables are searched by
// an index: whoever refreshes a token waits while one of these runs.
var tidying = []struct {
	statement string
	before    func(Horizon) time.Time
}{
	{`DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1`, pastEnded},
	{`DELETE FROM decisions WHERE expires_at < $1`, pastKept},
	{`DELETE FROM reaches WHERE holder = 'personal_token' AND holder_id IN (
		SELECT id FROM personal_tokens WHERE expires_at < $1 OR revoked_at < $1)`, pastEnded},
	{`DELETE FROM personal_tokens WHERE expires_at < $1 OR revoked_at < $1`, pastEnded},
	{`DELETE FROM imported_refresh_tokens WHERE expires_at < $1`, pastKept},
	{`DELETE FROM imported_access_tokens WHERE expires_at < $1`, pastKept},
	{`DELETE FROM imported_successors WHERE expires_at < $1`, pastKept},
	{`DELETE FROM invitations WHERE account_id IS NULL AND expires_at < $1`, pastInvited},
	{`DELETE FROM invitations WHERE account_id IS NOT NULL AND (expires_at < $1 OR accepted_at < $1 OR withdrawn_at < $1)`, pastKept},
	{`DELETE FROM old_uses WHERE day < $1`, pastOldUse},
}

func pastEnded(h Horizon) time.Time   { return h.Now.Add(-keepEnded) }
func pastKept(h Horizon) time.Time    { return h.Now.Add(-h.Keep) }
func pastInvited(h Horizon) time.Time { return h.Now.Add(-keepInvitation) }
func pastOldUse(h Horizon) time.Time  { return h.Now.Add(-keepOldUse) }

// oldPlaces finds sessions that began before $1 and of which more is kept than the network.
const oldPlaces = `
		SELECT id, address
		FROM sessions
		WHERE created_at < $1 AND (user_agent <> '' OR (address <> '' AND address NOT LIKE '%/%'))
		LIMIT $2`

// SweepRest deletes sessions, consent decisions, personal tokens, tokens of other servers, invitations and counts of old
// ways that are over, and forgets where old sessions were begun.
func (s *Store) SweepRest(ctx context.Context, h Horizon) error {
	return s.fact(ctx, func(t *tx) error {
		for _, tidy := range tidying {
			if _, err := t.exec(tidy.statement, ms(tidy.before(h))); err != nil {
				return err
			}
		}
		return t.forgetPlaces(h.Now.Add(-keepPlace))
	})
}

// forgetPlaces leaves of an old session's address only the network, and nothing of its browser.
func (t *tx) forgetPlaces(before time.Time) error {
	old := map[core.ID]string{}
	err := t.each(oldPlaces, args(ms(before), sweepBatch), func(row scanner) error {
		var id core.ID
		var address string
		err := row.Scan(&id, &address)
		old[id] = address
		return err
	})
	for id, address := range old {
		if err == nil {
			_, err = t.exec(`
				UPDATE sessions
				SET user_agent = '', address = $2
				WHERE id = $1`, id, core.NetworkOf(address))
		}
	}
	return err
}
