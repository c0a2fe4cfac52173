package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// CreateOperator makes the first identity and its account, once in the life of the store: of many attempts one
// wins, the others get core.ErrConflict.
func (s *Store) CreateOperator(ctx context.Context, operator core.Identity, account core.Account) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO meta (name, value)
			VALUES ('first_operator', $1)
			ON CONFLICT DO NOTHING`, operator.ID); err != nil {
			return err
		}
		if err := t.insertIdentity(operator, core.EventOperatorCreated); err != nil {
			return err
		}
		return t.insertAccount(account, operator.ID)
	})
}

// OperatorExists reports whether the first start is over.
func (s *Store) OperatorExists(ctx context.Context) (bool, error) {
	var id string
	err := s.engine.view(ctx).one(`SELECT value FROM meta WHERE name = 'first_operator'`, nil, &id)
	if err == core.ErrNotFound {
		return false, nil
	}
	return err == nil, err
}

// CreateIdentity adds a person. core.ErrConflict: the e-mail address is taken.
func (s *Store) CreateIdentity(ctx context.Context, identity core.Identity) error {
	return s.fact(ctx, func(t *tx) error {
		return t.insertIdentity(identity, core.EventIdentityCreated)
	})
}

// insertIdentity: core.ErrConflict if the e-mail address is taken; then nothing was done, and the fact may go on.
func (t *tx) insertIdentity(i core.Identity, kind core.EventKind) error {
	if err := t.must(`
		INSERT INTO identities (id, email, name, password_hash, operator, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`,
		i.ID, i.Email, i.Name, i.PasswordHash, truth(i.Operator), ms(i.CreatedAt)); err != nil {
		return err
	}
	return t.log(core.Event{At: i.CreatedAt, Kind: kind, ActorID: i.ID, SubjectID: i.ID, IdentityID: i.ID})
}

const identityColumns = `id, email, name, password_hash, operator, created_at, locked_at, deleted_at`

func scanIdentity(i *core.Identity) []any {
	return []any{&i.ID, &i.Email, &i.Name, &i.PasswordHash, isTrue(&i.Operator), since(&i.CreatedAt), since(&i.LockedAt), since(&i.DeletedAt)}
}

// Identity finds a person by id.
func (s *Store) Identity(ctx context.Context, id core.ID) (i core.Identity, err error) {
	err = s.engine.view(ctx).one(`
		SELECT `+identityColumns+`
		FROM identities
		WHERE id = $1`, args(id), scanIdentity(&i)...)
	return i, err
}

// IdentityByEmail finds a person by normalised e-mail address.
func (s *Store) IdentityByEmail(ctx context.Context, email string) (i core.Identity, err error) {
	err = s.engine.view(ctx).one(`
		SELECT `+identityColumns+`
		FROM identities
		WHERE email = $1`, args(email), scanIdentity(&i)...)
	return i, err
}

// RenameIdentity gives a person another name. core.ErrNotFound: there is no such person, or they are locked.
func (s *Store) RenameIdentity(ctx context.Context, id core.ID, name string, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			UPDATE identities
			SET name = $2
			WHERE id = $1 AND locked_at IS NULL`, id, name)
		if err != nil {
			return err
		}
		if n == 0 {
			return core.ErrNotFound
		}
		return t.log(core.Event{At: now, Kind: core.EventIdentityChanged, ActorID: id, SubjectID: id, IdentityID: id})
	})
}

// ChangePassword replaces the password that the person has proved (who.PasswordHash), ends every session, and starts
// the one given. core.ErrConflict: the password is another one by now, or the person is locked.
func (s *Store) ChangePassword(ctx context.Context, who core.Identity, hash string, session core.Session) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE identities
			SET password_hash = $3
			WHERE id = $1 AND password_hash = $2 AND locked_at IS NULL`, who.ID, who.PasswordHash, hash); err != nil {
			return err
		}
		if _, err := t.endSessions(who.ID, session.CreatedAt, `1 = 1`); err != nil {
			return err
		}
		if err := t.startSession(session, core.ID{}); err != nil {
			return err
		}
		return t.log(core.Event{At: session.CreatedAt, Kind: core.EventPasswordChanged, ActorID: who.ID, SubjectID: who.ID, IdentityID: who.ID})
	})
}

// LockIdentity stops a person from acting: sessions end, and every token stands on a live identity.
func (s *Store) LockIdentity(ctx context.Context, id, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE identities
			SET locked_at = $2
			WHERE id = $1 AND locked_at IS NULL`, id, ms(now)); err != nil {
			return err
		}
		if _, err := t.exec(`
			UPDATE sessions
			SET ended_at = $2
			WHERE identity_id = $1 AND ended_at IS NULL`, id, ms(now)); err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: core.EventIdentityLocked, ActorID: actor, SubjectID: id, IdentityID: id})
	})
}
