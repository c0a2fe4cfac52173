package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// AddSecret gives an app a second secret; secret.MadeBy adds it. core.ErrConflict: two live already, it exists, or the
// app is gone or not his to change. The slots, not a count, keep a third one out.
func (s *Store) AddSecret(ctx context.Context, app core.ID, secret core.AppSecret) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO app_secrets (id, app_id, slot, digest, hint, made_by, created_at)
			SELECT $3, apps.id, CASE WHEN EXISTS (SELECT 1 FROM app_secrets s WHERE s.app_id = apps.id AND s.slot = 1) THEN 2 ELSE 1 END, $4, $5, $2, $6
			FROM apps
			WHERE apps.id = $1 AND apps.deleted_at IS NULL AND `+byTeam,
			app, secret.MadeBy, secret.ID, secret.Digest, secret.Hint, ms(secret.CreatedAt)); err != nil {
			return err
		}
		return t.log(secretEvent(core.EventAppSecretAdded, app, secret.ID, secret.MadeBy, secret.CreatedAt))
	})
}

// EndSecret ends one of two secrets. core.ErrConflict: it is the last, there is none, or the app is not the actor's to
// change.
func (s *Store) EndSecret(ctx context.Context, app, secret, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			DELETE FROM app_secrets
			WHERE id = $3 AND app_id = $1
				AND EXISTS (SELECT 1 FROM app_secrets o WHERE o.app_id = $1 AND o.id <> $3)
				AND EXISTS (SELECT 1 FROM apps WHERE apps.id = $1 AND `+byTeam+`)`, app, actor, secret); err != nil {
			return err
		}
		return t.log(secretEvent(core.EventAppSecretEnded, app, secret, actor, now))
	})
}

func secretEvent(kind core.EventKind, app, secret, actor core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: secret, AppID: app}
}

func (t *tx) readSecrets(app *core.App) error {
	return t.each(`
		SELECT s.id, s.digest, s.hint, s.made_by, COALESCE(i.name, ''), s.created_at, s.last_used_at
		FROM app_secrets s
		LEFT JOIN identities i ON i.id = s.made_by
		WHERE s.app_id = $1
		ORDER BY s.created_at, s.id`, args(app.ID), func(row scanner) error {
		var secret core.AppSecret
		err := row.Scan(&secret.ID, &secret.Digest, &secret.Hint, &secret.MadeBy, &secret.MadeByName, since(&secret.CreatedAt), since(&secret.LastUsedAt))
		app.Secrets = append(app.Secrets, secret)
		return err
	})
}

// SeeSecrets moves the last use of secrets forward.
func (s *Store) SeeSecrets(ctx context.Context, seen map[core.ID]time.Time) error {
	return s.see(ctx, seen, `
		UPDATE app_secrets
		SET last_used_at = $2
		WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`)
}
