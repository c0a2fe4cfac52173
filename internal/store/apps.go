package store

import (
	"context"
	"strings"
	"time"

	"launchpad/internal/core"
)

// RegisterApp adds an app with its first secret, if it has one. core.ErrConflict: it exists, or its owner does not.
func (s *Store) RegisterApp(ctx context.Context, app core.App, actor core.ID) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO apps (id, client_id, name, homepage_url, kind, profile, token_format, redirect_uris, scope,
				account_id, owner_id, client_credentials, introspection, created_at)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, i.id, $12, $13, $14
			FROM identities i
			WHERE i.id = $11 AND i.deleted_at IS NULL`,
			app.ID, app.ClientID, app.Name, app.HomepageURL, string(app.Kind), string(app.Profile), string(app.TokenFormat),
			strings.Join(app.RedirectURIs, "\n"), app.Scope.String(), app.Publisher.ID, app.OwnerID,
			truth(app.ClientCredentials), truth(app.Introspection), ms(app.CreatedAt)); err != nil {
			return err
		}
		for _, secret := range app.Secrets {
			if err := t.insertSecret(app.ID, secret); err != nil {
				return err
			}
		}
		return t.log(appEvent(core.EventAppRegistered, app.ID, actor, app.CreatedAt))
	})
}

func (t *tx) insertSecret(app core.ID, secret core.AppSecret) error {
	_, err := t.exec(`
		INSERT INTO app_secrets (id, app_id, digest, created_at)
		VALUES ($1, $2, $3, $4)`, secret.ID, app, secret.Digest, ms(secret.CreatedAt))
	return err
}

func appEvent(kind core.EventKind, app, actor core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: app, AppID: app}
}

// ChangeApp replaces what the developer may edit. core.ErrConflict: the app is gone.
func (s *Store) ChangeApp(ctx context.Context, app core.App, actor core.ID, now time.Time) error {
	return s.changeApp(ctx, app.ID, actor, now, `
		UPDATE apps
		SET name = $2, homepage_url = $3, redirect_uris = $4, scope = $5
		WHERE id = $1 AND deleted_at IS NULL`,
		app.ID, app.Name, app.HomepageURL, strings.Join(app.RedirectURIs, "\n"), app.Scope.String())
}

// SwitchApp replaces what the operator alone may set, so that neither undoes what the other did meanwhile.
func (s *Store) SwitchApp(ctx context.Context, app core.App, actor core.ID, now time.Time) error {
	return s.changeApp(ctx, app.ID, actor, now, `
		UPDATE apps
		SET token_format = $2, client_credentials = $3, introspection = $4
		WHERE id = $1 AND deleted_at IS NULL`,
		app.ID, string(app.TokenFormat), truth(app.ClientCredentials), truth(app.Introspection))
}

func (s *Store) changeApp(ctx context.Context, app, actor core.ID, now time.Time, change string, values ...any) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(change, values...); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppChanged, app, actor, now))
	})
}

// DeleteApp ends an app with everything that hangs on it: its secrets, grants and personal tokens.
func (s *Store) DeleteApp(ctx context.Context, app, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE apps
			SET deleted_at = $2
			WHERE id = $1 AND deleted_at IS NULL`, app, ms(now)); err != nil {
			return err
		}
		for _, end := range []string{
			`DELETE FROM app_secrets WHERE app_id = $1 AND created_at <= $2`,
			`UPDATE grants SET revoked_at = $2 WHERE app_id = $1 AND revoked_at IS NULL`,
			`UPDATE personal_tokens SET revoked_at = $2 WHERE app_id = $1 AND revoked_at IS NULL`,
		} {
			if _, err := t.exec(end, app, ms(now)); err != nil {
				return err
			}
		}
		return t.log(appEvent(core.EventAppDeleted, app, actor, now))
	})
}

const appQuery = `
	SELECT p.id, p.client_id, p.name, p.homepage_url, p.kind, p.profile, p.token_format, p.redirect_uris, p.scope,
		p.owner_id, p.client_credentials, p.introspection, p.created_at, p.suspended_at, p.deleted_at,
		a.id, a.slug, a.name, a.created_at, a.suspended_at
	FROM apps p
	JOIN accounts a ON a.id = p.account_id`

func scanApp(a *core.App) []any {
	return []any{&a.ID, &a.ClientID, &a.Name, &a.HomepageURL, (*string)(&a.Kind), (*string)(&a.Profile), (*string)(&a.TokenFormat),
		linesOf(&a.RedirectURIs), scopeOf(&a.Scope), &a.OwnerID, isTrue(&a.ClientCredentials), isTrue(&a.Introspection),
		since(&a.CreatedAt), since(&a.SuspendedAt), since(&a.DeletedAt),
		&a.Publisher.ID, &a.Publisher.Slug, &a.Publisher.Name, since(&a.Publisher.CreatedAt), since(&a.Publisher.SuspendedAt)}
}

// AppByClientID finds an app that has not been deleted, with the digests of its secrets.
func (s *Store) AppByClientID(ctx context.Context, clientID string) (core.App, error) {
	return s.app(ctx, appQuery+` WHERE p.client_id = $1 AND p.deleted_at IS NULL`, clientID)
}

// App finds an app by id, likewise.
func (s *Store) App(ctx context.Context, id core.ID) (core.App, error) {
	return s.app(ctx, appQuery+` WHERE p.id = $1 AND p.deleted_at IS NULL`, id)
}

func (s *Store) app(ctx context.Context, query string, key any) (core.App, error) {
	var app core.App
	t := s.engine.view(ctx)
	if err := t.one(query, args(key), scanApp(&app)...); err != nil {
		return core.App{}, err
	}
	err := t.each(`
		SELECT id, digest, created_at
		FROM app_secrets
		WHERE app_id = $1
		ORDER BY id`, args(app.ID), func(row scanner) error {
		var secret core.AppSecret
		err := row.Scan(&secret.ID, &secret.Digest, since(&secret.CreatedAt))
		app.Secrets = append(app.Secrets, secret)
		return err
	})
	return app, err
}

// AppsOf lists a developer's apps, newest first, without their secrets.
func (s *Store) AppsOf(ctx context.Context, owner core.ID) ([]core.App, error) {
	return s.engine.view(ctx).appsOf(owner)
}

func (t *tx) appsOf(owner core.ID) ([]core.App, error) {
	var list []core.App
	err := t.each(appQuery+`
		WHERE p.owner_id = $1 AND p.deleted_at IS NULL
		ORDER BY p.id DESC`, args(owner), func(row scanner) error {
		var app core.App
		err := row.Scan(scanApp(&app)...)
		list = append(list, app)
		return err
	})
	return list, err
}
