package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// StartSession records a sign-in. It stands only on an unlocked identity: else core.ErrConflict. previous, if not
// zero, ends in the same moment: a browser holds one session.
func (s *Store) StartSession(ctx context.Context, session core.Session, previous core.ID) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO sessions (id, identity_id, digest, created_at, last_seen_at, expires_at)
			SELECT $1, i.id, $3, $4, $5, $6
			FROM identities i
			WHERE i.id = $2 AND i.locked_at IS NULL`,
			session.ID, session.IdentityID, session.Digest, ms(session.CreatedAt), ms(session.LastSeenAt), ms(session.ExpiresAt)); err != nil {
			return err
		}
		if _, err := t.exec(`
			UPDATE sessions
			SET ended_at = $2
			WHERE id = $1 AND ended_at IS NULL`, previous, ms(session.CreatedAt)); err != nil {
			return err
		}
		return t.log(core.Event{At: session.CreatedAt, Kind: core.EventSessionStarted, ActorID: session.IdentityID, SubjectID: session.ID, IdentityID: session.IdentityID})
	})
}

// Session finds a session and its identity.
func (s *Store) Session(ctx context.Context, id core.ID) (session core.Session, i core.Identity, err error) {
	dest := []any{&session.ID, &session.IdentityID, &session.Digest, since(&session.CreatedAt), since(&session.LastSeenAt), since(&session.ExpiresAt), since(&session.EndedAt)}
	err = s.engine.view(ctx).one(`
		SELECT s.id, s.identity_id, s.digest, s.created_at, s.last_seen_at, s.expires_at, s.ended_at,
			i.id, i.email, i.name, i.password_hash, i.operator, i.created_at, i.locked_at, i.deleted_at
		FROM sessions s
		JOIN identities i ON i.id = s.identity_id
		WHERE s.id = $1`, args(id), append(dest, scanIdentity(&i)...)...)
	return session, i, err
}

// SeeSession moves the idle end of a session.
func (s *Store) SeeSession(ctx context.Context, id core.ID, now time.Time) error {
	return s.hot(ctx, func(t *tx) error {
		_, err := t.exec(`
			UPDATE sessions
			SET last_seen_at = $2
			WHERE id = $1 AND ended_at IS NULL AND last_seen_at < $2`, id, ms(now))
		return err
	})
}

// EndSession signs a browser out. Ending it twice is the same as once.
func (s *Store) EndSession(ctx context.Context, session core.Session, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			UPDATE sessions
			SET ended_at = $2
			WHERE id = $1 AND ended_at IS NULL`, session.ID, ms(now))
		if err != nil || n == 0 {
			return err
		}
		return t.log(core.Event{At: now, Kind: core.EventSessionEnded, ActorID: session.IdentityID, SubjectID: session.ID, IdentityID: session.IdentityID})
	})
}
