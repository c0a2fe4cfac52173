package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// CreatePersonalToken keeps a new personal token's digest. core.ErrConflict: it exists, its app is deleted or built by
// others, or its identity locked.
func (s *Store) CreatePersonalToken(ctx context.Context, p core.PersonalToken) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO personal_tokens (id, identity_id, app_id, name, scope, all_accounts, default_account_id, digest, created_at, expires_at)
			SELECT $1, i.id, $3, $4, $5, $6, $7, $8, $9, $10
			FROM identities i
			WHERE i.id = $2 AND i.locked_at IS NULL AND (CAST($3 AS TEXT) IS NULL OR EXISTS (
				SELECT 1 FROM apps WHERE apps.id = $3 AND apps.deleted_at IS NULL AND `+byTeam+`))`,
			p.ID, p.IdentityID, p.AppID, p.Name, p.Scope.String(), truth(p.Reach.All), p.Reach.Default, p.Digest, ms(p.CreatedAt), ms(p.ExpiresAt)); err != nil {
			return err
		}
		if err := t.replaceReach(ofPersonalToken, p.ID, p.Reach); err != nil {
			return err
		}
		return t.log(personalTokenEvent(core.EventPersonalTokenCreated, p.ID, p.IdentityID, p.CreatedAt))
	})
}

func personalTokenEvent(kind core.EventKind, id, identity core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: identity, SubjectID: id, IdentityID: identity}
}

const personalTokenColumns = `id, identity_id, app_id, name, scope, all_accounts, default_account_id, digest, created_at, expires_at, last_used_at, revoked_at`

func scanPersonalToken(p *core.PersonalToken) []any {
	return []any{&p.ID, &p.IdentityID, &p.AppID, &p.Name, scopeOf(&p.Scope), isTrue(&p.Reach.All), &p.Reach.Default, &p.Digest,
		since(&p.CreatedAt), since(&p.ExpiresAt), since(&p.LastUsedAt), since(&p.RevokedAt)}
}

// PersonalToken finds a personal token whose identity is not locked.
func (s *Store) PersonalToken(ctx context.Context, id core.ID) (core.PersonalToken, error) {
	var p core.PersonalToken
	t := s.engine.view(ctx)
	err := t.one(`
		SELECT `+personalTokenColumns+`
		FROM personal_tokens
		WHERE id = $1 AND EXISTS (
			SELECT 1 FROM identities i WHERE i.id = identity_id AND i.locked_at IS NULL)`, args(id), scanPersonalToken(&p)...)
	if err != nil {
		return core.PersonalToken{}, err
	}
	return p, t.readReach(ofPersonalToken, p.ID, &p.Reach)
}

// PersonalTokensOf lists an identity's live tokens made from an app's page, newest first, without their reach.
func (s *Store) PersonalTokensOf(ctx context.Context, identity, app core.ID) ([]core.PersonalToken, error) {
	var list []core.PersonalToken
	err := s.engine.view(ctx).each(`
		SELECT `+personalTokenColumns+`
		FROM personal_tokens
		WHERE identity_id = $1 AND app_id = $2 AND revoked_at IS NULL
		ORDER BY id DESC`, args(identity, app), func(row scanner) error {
		var p core.PersonalToken
		err := row.Scan(scanPersonalToken(&p)...)
		list = append(list, p)
		return err
	})
	return list, err
}

// RevokePersonalToken ends a token. core.ErrNotFound: there is none, or it is somebody else's.
func (s *Store) RevokePersonalToken(ctx context.Context, id, identity core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			UPDATE personal_tokens
			SET revoked_at = $3
			WHERE id = $1 AND identity_id = $2 AND revoked_at IS NULL`, id, identity, ms(now))
		if err != nil {
			return err
		}
		if n == 0 {
			return core.ErrNotFound
		}
		return t.log(personalTokenEvent(core.EventPersonalTokenRevoked, id, identity, now))
	})
}

// SeePersonalTokens moves the last use of tokens forward.
func (s *Store) SeePersonalTokens(ctx context.Context, seen map[core.ID]time.Time) error {
	return s.see(ctx, seen, `
		UPDATE personal_tokens
		SET last_used_at = $2
		WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`)
}
