package store

import (
	"context"
	"strings"
	"time"

	"launchpad/internal/core"
)

// RegisterApp adds an app with its first secret, if it has one, in the name of its owner's account. core.ErrConflict: it
// exists, or the owner's role is not what it was.
func (s *Store) RegisterApp(ctx context.Context, owner core.Membership, app core.App) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO apps (id, client_id, name, homepage_url, kind, profile, token_format, redirect_uris, scope,
				account_id, owner_id, client_credentials, implicit, introspection, created_at, likeness)
			SELECT $4, $5, $6, $7, $8, $9, $10, $11, $12, $1, $2,
				CAST($13 AS BIGINT), CAST($14 AS BIGINT), CAST($15 AS BIGINT), CAST($16 AS BIGINT), $17
			WHERE `+stillActs,
			acting(owner, app.ID, app.ClientID, app.Name, app.HomepageURL, string(app.Kind), string(app.Profile), string(app.TokenFormat),
				strings.Join(app.RedirectURIs, "\n"), app.Scope.String(),
				truth(app.ClientCredentials), truth(app.Implicit), truth(app.Introspection), ms(app.CreatedAt), core.Likeness(app.Name))...); err != nil {
			return err
		}
		if err := t.insertSecrets(app); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppRegistered, app.ID, owner.IdentityID, app.CreatedAt))
	})
}

func (t *tx) insertSecrets(app core.App) error {
	for _, secret := range app.Secrets {
		if _, err := t.exec(`
			INSERT INTO app_secrets (id, app_id, slot, digest, hint, made_by, created_at)
			VALUES ($1, $2, 1, $3, $4, $5, $6)`, secret.ID, app.ID, secret.Digest, secret.Hint, secret.MadeBy, ms(secret.CreatedAt)); err != nil {
			return err
		}
	}
	return nil
}

func appEvent(kind core.EventKind, app, actor core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: app, AppID: app}
}

// Who acts on an app ($1), beside it in the WHERE clause: identity $2, who may act and belongs to the account that
// publishes it.
const (
	byOwner = `apps.owner_id = $2 AND ` + byPublisher + `)`
	byTeam  = byPublisher + ` AND (apps.owner_id = $2 OR EXISTS (
					SELECT 1 FROM app_members t WHERE t.app_id = apps.id AND t.identity_id = $2)))`
	byPublisher = `EXISTS (
				SELECT 1
				FROM memberships m
				JOIN identities i ON i.id = m.identity_id
				WHERE m.identity_id = $2 AND m.account_id = apps.account_id AND i.locked_at IS NULL`
)

// ChangeApp replaces what the team may edit. core.ErrConflict: the app is gone, or not the actor's to edit.
func (s *Store) ChangeApp(ctx context.Context, app core.App, actor core.ID, now time.Time) error {
	return s.changeApp(ctx, app.ID, actor, now, `
		UPDATE apps
		SET name = $3, homepage_url = $4, redirect_uris = $5, scope = $6,
			redirects_changed_at = CASE WHEN redirect_uris = $5 THEN redirects_changed_at ELSE $7 END, likeness = $8
		WHERE id = $1 AND deleted_at IS NULL AND `+byTeam,
		app.ID, actor, app.Name, app.HomepageURL, strings.Join(app.RedirectURIs, "\n"), app.Scope.String(), ms(now), core.Likeness(app.Name))
}

// SwitchApp replaces what an operator alone may set, so that neither undoes what the other did meanwhile.
// core.ErrConflict: the app is gone, or the actor is no operator.
func (s *Store) SwitchApp(ctx context.Context, app core.App, actor core.ID, now time.Time) error {
	return s.changeApp(ctx, app.ID, actor, now, `
		UPDATE apps
		SET profile = $3, token_format = $4, client_credentials = $5, implicit = $6, introspection = $7
		WHERE id = $1 AND deleted_at IS NULL AND `+anOperator,
		app.ID, actor, string(app.Profile), string(app.TokenFormat), truth(app.ClientCredentials), truth(app.Implicit), truth(app.Introspection))
}

func (s *Store) changeApp(ctx context.Context, app, actor core.ID, now time.Time, change string, values ...any) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(change, values...); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppChanged, app, actor, now))
	})
}

// DeleteApp ends an app with everything that hangs on it: its secrets, team, grants and personal tokens.
// core.ErrConflict: it is gone, or not the actor's own.
func (s *Store) DeleteApp(ctx context.Context, app, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE apps
			SET deleted_at = $3
			WHERE id = $1 AND deleted_at IS NULL AND `+byOwner, app, actor, ms(now)); err != nil {
			return err
		}
		if err := t.endApp(app, now); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppDeleted, app, actor, now))
	})
}

// endApp ends what hangs on an app.
func (t *tx) endApp(app core.ID, now time.Time) error {
	for _, end := range []string{
		`DELETE FROM app_secrets WHERE app_id = $1`,
		`DELETE FROM app_members WHERE app_id = $1`,
	} {
		if _, err := t.exec(end, app); err != nil {
			return err
		}
	}
	for _, end := range []string{
		`UPDATE grants SET revoked_at = $2 WHERE app_id = $1 AND revoked_at IS NULL`,
		`UPDATE personal_tokens SET revoked_at = $2 WHERE app_id = $1 AND revoked_at IS NULL`,
	} {
		if _, err := t.exec(end, app, ms(now)); err != nil {
			return err
		}
	}
	return nil
}

// Strangers have neither publisher nor owner.
const appQuery = `
	SELECT p.id, p.client_id, p.name, p.homepage_url, p.kind, p.profile, p.token_format, p.redirect_uris, p.scope,
		p.owner_id, p.client_credentials, p.implicit, p.introspection, p.created_at, p.suspended_at, p.deleted_at, p.redirects_changed_at, p.http_redirects_until,
		a.id, COALESCE(a.slug, ''), COALESCE(a.name, ''), a.created_at, a.suspended_at,
		p.owner_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM memberships o WHERE o.identity_id = p.owner_id AND o.account_id = p.account_id),
		p.document_at
	FROM apps p
	LEFT JOIN accounts a ON a.id = p.account_id`

func scanApp(a *core.App) []any {
	return []any{&a.ID, &a.ClientID, &a.Name, &a.HomepageURL, (*string)(&a.Kind), (*string)(&a.Profile), (*string)(&a.TokenFormat),
		linesOf(&a.RedirectURIs), scopeOf(&a.Scope), &a.OwnerID, isTrue(&a.ClientCredentials), isTrue(&a.Implicit), isTrue(&a.Introspection),
		since(&a.CreatedAt), since(&a.SuspendedAt), since(&a.DeletedAt), since(&a.RedirectsChangedAt), since(&a.HTTPRedirectsUntil),
		&a.Publisher.ID, &a.Publisher.Slug, &a.Publisher.Name, since(&a.Publisher.CreatedAt), since(&a.Publisher.SuspendedAt),
		isTrue(&a.OwnerLeft), since(&a.DocumentAt)}
}

// AppByClientID finds an app that has not been deleted, with its team and the digests of its secrets.
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
	if err := t.readSecrets(&app); err != nil {
		return core.App{}, err
	}
	return app, t.readTeam(&app)
}

// AppsOf lists the apps that somebody owns or is on the team of, newest first, without secrets and teams.
func (s *Store) AppsOf(ctx context.Context, developer core.ID) ([]core.App, error) {
	return s.apps(ctx, `
		JOIN memberships m ON m.account_id = p.account_id AND m.identity_id = $1
		WHERE p.deleted_at IS NULL AND p.id IN (
			SELECT id FROM apps WHERE owner_id = $1
			UNION SELECT app_id FROM app_members WHERE identity_id = $1)`, developer)
}

// AppsLeftBehind lists the apps whose owner has left an account that somebody owns or administers, likewise.
func (s *Store) AppsLeftBehind(ctx context.Context, heir core.ID) ([]core.App, error) {
	return s.apps(ctx, `
		JOIN memberships m ON m.account_id = p.account_id AND m.identity_id = $1
		WHERE p.deleted_at IS NULL AND m.role IN ('owner', 'admin') AND NOT EXISTS (
			SELECT 1 FROM memberships o WHERE o.identity_id = p.owner_id AND o.account_id = p.account_id)`, heir)
}

func (s *Store) apps(ctx context.Context, which string, key core.ID) ([]core.App, error) {
	return s.engine.view(ctx).apps(which, key)
}

func (t *tx) apps(which string, key core.ID) ([]core.App, error) {
	var list []core.App
	err := t.each(appQuery+which+`
		ORDER BY p.id DESC`, args(key), func(row scanner) error {
		var app core.App
		err := row.Scan(scanApp(&app)...)
		list = append(list, app)
		return err
	})
	return list, err
}
