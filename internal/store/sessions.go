package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// MostSessions is how many browsers a person is signed in with at once.
const MostSessions = 20

// StartSession records a sign-in. It stands only on an unlocked identity: else core.ErrConflict. previous, if not
// zero, ends in the same moment: a browser holds one session. So does the session that nobody used for longest, if
// there are too many.
func (s *Store) StartSession(ctx context.Context, session core.Session, previous core.ID) error {
	return s.fact(ctx, func(t *tx) error { return t.startSession(session, previous) })
}

func (t *tx) startSession(session core.Session, previous core.ID) error {
	if err := t.must(`
		INSERT INTO sessions (id, identity_id, digest, created_at, last_seen_at, expires_at, user_agent, address)
		SELECT $1, i.id, $3, $4, $5, $6, $7, $8
		FROM identities i
		WHERE i.id = $2 AND i.locked_at IS NULL`,
		session.ID, session.IdentityID, session.Digest, ms(session.CreatedAt), ms(session.LastSeenAt), ms(session.ExpiresAt), session.UserAgent, session.Address); err != nil {
		return err
	}
	if _, err := t.exec(`
		UPDATE sessions
		SET ended_at = $2
		WHERE id = $1 AND ended_at IS NULL`, previous, ms(session.CreatedAt)); err != nil {
		return err
	}
	// The new one stays whatever the order says: two of one millisecond have none.
	if _, err := t.endSessions(session.IdentityID, session.CreatedAt, `id <> $3 AND id NOT IN (
			SELECT id FROM sessions
			WHERE identity_id = $1 AND ended_at IS NULL AND id <> $3
			ORDER BY last_seen_at DESC, id DESC
			LIMIT $4)`, session.ID, MostSessions-1); err != nil {
		return err
	}
	return t.log(core.Event{At: session.CreatedAt, Kind: core.EventSessionStarted, ActorID: session.IdentityID, SubjectID: session.ID, IdentityID: session.IdentityID})
}

// endSessions ends those of an identity's ($1) sessions that the condition picks, and says how many they were. The
// condition's own values begin at $3.
func (t *tx) endSessions(identity core.ID, now time.Time, which string, values ...any) (int, error) {
	var ended []core.ID
	err := t.each(`
		UPDATE sessions
		SET ended_at = $2
		WHERE identity_id = $1 AND ended_at IS NULL AND (`+which+`)
		RETURNING id`, append(args(identity, ms(now)), values...), func(row scanner) error {
		var id core.ID
		err := row.Scan(&id)
		ended = append(ended, id)
		return err
	})
	for _, id := range ended {
		if err == nil {
			err = t.log(core.Event{At: now, Kind: core.EventSessionEnded, ActorID: identity, SubjectID: id, IdentityID: identity})
		}
	}
	return len(ended), err
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

// SessionsOf lists an identity's sessions that live at now, given how long they may lie idle, the one used last first.
func (s *Store) SessionsOf(ctx context.Context, identity core.ID, now time.Time, idle time.Duration) ([]core.Session, error) {
	var list []core.Session
	err := s.engine.view(ctx).each(`
		SELECT id, identity_id, created_at, last_seen_at, expires_at, user_agent, address
		FROM sessions
		WHERE identity_id = $1 AND ended_at IS NULL AND expires_at > $2 AND last_seen_at > $3
		ORDER BY last_seen_at DESC, id DESC`, args(identity, ms(now), ms(now.Add(-idle))), func(row scanner) error {
		var session core.Session
		err := row.Scan(&session.ID, &session.IdentityID, since(&session.CreatedAt), since(&session.LastSeenAt), since(&session.ExpiresAt), &session.UserAgent, &session.Address)
		list = append(list, session)
		return err
	})
	return list, err
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

// EndSession signs one of an identity's browsers out. Ending it twice is the same as once. core.ErrNotFound: the
// session is somebody else's, or none.
func (s *Store) EndSession(ctx context.Context, id, identity core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.endSessions(identity, now, `id = $3`, id)
		if err != nil || n > 0 {
			return err
		}
		return t.one(`SELECT id FROM sessions WHERE id = $1 AND identity_id = $2`, args(id, identity), &id)
	})
}

// EndOtherSessions signs an identity out everywhere but in one browser.
func (s *Store) EndOtherSessions(ctx context.Context, keep, identity core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		_, err := t.endSessions(identity, now, `id <> $3`, keep)
		return err
	})
}
