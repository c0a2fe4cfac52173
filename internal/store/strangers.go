package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"launchpad/internal/core"
)

// Apps that come by themselves. Until somebody lets one in it is a row in registrations at most, which nothing else refers to
// and no event tells of, so that a flood of them leaves nothing behind. Then it becomes an app like any other, without publisher
// and owner.

// Room is the bounds within which registrations are kept.
type Room struct {
	SharedSince time.Time // what said the same since then is the same
	Most        int       // wait to be let in; beyond it the oldest give way,
	Before      time.Time // if they came before then: a person may be looking at the others
}

// Register keeps what registered itself. If the same was said already, and may be shared (r.Fingerprint), nothing is kept, and
// what was registered then is the answer. core.ErrBusy: there is no more room.
func (s *Store) Register(ctx context.Context, r core.Registration, room Room) (core.App, error) {
	app := r.App
	err := s.fact(ctx, func(t *tx) error {
		app = r.App
		if r.Fingerprint != "" {
			found, err := t.registered(r, room.SharedSince)
			if err == nil {
				app = found
			}
			if !errors.Is(err, core.ErrNotFound) {
				return err
			}
		}
		if err := t.makeRoom(room); err != nil {
			return err
		}
		var secret core.AppSecret
		if len(app.Secrets) > 0 {
			secret = app.Secrets[0]
		}
		return t.must(`
			INSERT INTO registrations (id, client_id, name, homepage_url, kind, redirect_uris, secret_id, secret_digest, secret_hint,
				token_digest, fingerprint, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			app.ID, app.ClientID, app.Name, app.HomepageURL, string(app.Kind), strings.Join(app.RedirectURIs, "\n"), secret.ID, secret.Digest, secret.Hint,
			r.TokenDigest, text(r.Fingerprint), ms(app.CreatedAt), ms(r.ExpiresAt))
	})
	return app, err
}

// text stores an absent string as NULL.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// registered finds what said the same, whether somebody let it in by now or not. What said it too long ago says it no more.
func (t *tx) registered(r core.Registration, since time.Time) (app core.App, err error) {
	for _, forget := range []string{
		`UPDATE registrations SET fingerprint = NULL WHERE fingerprint = $1 AND created_at < $2`,
		`UPDATE apps SET fingerprint = NULL WHERE fingerprint = $1 AND created_at < $2`,
	} {
		if _, err := t.exec(forget, r.Fingerprint, ms(since)); err != nil {
			return app, err
		}
	}
	app, err = t.registration(`fingerprint = $1`, r.Fingerprint)
	if err == nil {
		_, err = t.exec(`UPDATE registrations SET expires_at = $2 WHERE id = $1 AND expires_at < $2`, app.ID, ms(r.ExpiresAt))
		return app, err
	}
	if errors.Is(err, core.ErrNotFound) {
		err = t.one(appQuery+` WHERE p.fingerprint = $1 AND p.deleted_at IS NULL AND p.suspended_at IS NULL LIMIT 1`, args(r.Fingerprint), scanApp(&app)...)
	}
	return app, err
}

// makeRoom lets the oldest give way if there are too many.
func (t *tx) makeRoom(room Room) error {
	var waiting int
	if err := t.one(`SELECT count(*) FROM (SELECT 1 FROM registrations ORDER BY created_at LIMIT $1) AS waiting`, args(room.Most), &waiting); err != nil || waiting < room.Most {
		return err
	}
	n, err := t.exec(`
		DELETE FROM registrations
		WHERE id IN (SELECT id FROM registrations WHERE created_at < $1 ORDER BY created_at LIMIT 1)`, ms(room.Before))
	if err == nil && n == 0 {
		return core.ErrBusy
	}
	return err
}

const registrationColumns = `id, client_id, name, homepage_url, kind, redirect_uris, secret_id, secret_digest, secret_hint, created_at`

// registration reads one as the app that it would be.
func (t *tx) registration(which string, values ...any) (core.App, error) {
	var app core.App
	var secret core.AppSecret
	err := t.one(`SELECT `+registrationColumns+` FROM registrations WHERE `+which, values,
		&app.ID, &app.ClientID, &app.Name, &app.HomepageURL, (*string)(&app.Kind), linesOf(&app.RedirectURIs), &secret.ID, &secret.Digest, &secret.Hint, since(&app.CreatedAt))
	if err != nil {
		return core.App{}, err
	}
	app.Profile, app.TokenFormat = app.Kind.Rules().Profile, core.FormatSealed
	if !secret.ID.Zero() {
		secret.CreatedAt = app.CreatedAt
		app.Secrets = []core.AppSecret{secret}
	}
	return app, nil
}

// RegistrationByClientID finds what registered itself and waits to be let in.
func (s *Store) RegistrationByClientID(ctx context.Context, clientID string) (core.App, error) {
	return s.engine.view(ctx).registration(`client_id = $1`, clientID)
}

// RegisteredApp finds what registered itself, let in or not, for whoever holds its registration access token.
func (s *Store) RegisteredApp(ctx context.Context, id core.ID, tokenDigest string) (core.App, error) {
	t := s.engine.view(ctx)
	app, err := t.registration(`id = $1 AND token_digest = $2 AND token_digest <> ''`, id, tokenDigest)
	if errors.Is(err, core.ErrNotFound) {
		app = core.App{}
		err = t.one(appQuery+` WHERE p.id = $1 AND p.registration_digest = $2 AND p.registration_digest <> '' AND p.deleted_at IS NULL`, args(id, tokenDigest), scanApp(&app)...)
	}
	return app, err
}

// ChangeRegistration replaces what an app said of itself, for whoever holds its registration access token. core.ErrNotFound: he
// does not, or the app is gone.
func (s *Store) ChangeRegistration(ctx context.Context, app core.App, tokenDigest string, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		said := args(app.ID, tokenDigest, app.Name, app.HomepageURL, strings.Join(app.RedirectURIs, "\n"))
		n, err := t.exec(`
			UPDATE registrations
			SET name = $3, homepage_url = $4, redirect_uris = $5
			WHERE id = $1 AND token_digest = $2 AND token_digest <> ''`, said...)
		if err != nil || n == 1 {
			return err
		}
		n, err = t.exec(`
			UPDATE apps
			SET name = $3, homepage_url = $4, redirect_uris = $5, likeness = $7,
				redirects_changed_at = CASE WHEN redirect_uris = $5 THEN redirects_changed_at ELSE $6 END
			WHERE id = $1 AND registration_digest = $2 AND registration_digest <> '' AND deleted_at IS NULL`, append(said, ms(now), core.Likeness(app.Name))...)
		return t.changedStranger(n, err, core.EventAppChanged, app.ID, now)
	})
}

// EndRegistration ends an app, with everything that hangs on it, for whoever holds its registration access token, likewise.
func (s *Store) EndRegistration(ctx context.Context, app core.ID, tokenDigest string, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`DELETE FROM registrations WHERE id = $1 AND token_digest = $2 AND token_digest <> ''`, app, tokenDigest)
		if err != nil || n == 1 {
			return err
		}
		n, err = t.exec(`
			UPDATE apps
			SET deleted_at = $3, look_at = NULL, fingerprint = NULL
			WHERE id = $1 AND registration_digest = $2 AND registration_digest <> '' AND deleted_at IS NULL`, app, tokenDigest, ms(now))
		if err == nil && n == 1 {
			err = t.endApp(app, now)
		}
		return t.changedStranger(n, err, core.EventAppDeleted, app, now)
	})
}

func (t *tx) changedStranger(n int64, err error, kind core.EventKind, app core.ID, now time.Time) error {
	if err != nil {
		return err
	}
	if n == 0 {
		return core.ErrNotFound
	}
	return t.log(appEvent(kind, app, core.ID{}, now))
}

// KeepRegistered makes an app of what registered itself. Of many who let it in at once, all find the same one.
// core.ErrNotFound: it is gone.
func (s *Store) KeepRegistered(ctx context.Context, id core.ID, now, lookAt time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		app, err := t.registration(`id = $1`, id)
		if errors.Is(err, core.ErrNotFound) {
			var there core.ID
			return t.one(`SELECT id FROM apps WHERE id = $1 AND deleted_at IS NULL`, args(id), &there)
		}
		if err != nil {
			return err
		}
		// The newest of those who said the same is the one that is shared from now on.
		if _, err := t.exec(`
			UPDATE apps
			SET fingerprint = NULL
			WHERE fingerprint = (SELECT fingerprint FROM registrations WHERE id = $1)`, id); err != nil {
			return err
		}
		if err := t.insertStranger(app, lookAt); err != nil {
			return err
		}
		if _, err := t.exec(`
			UPDATE apps
			SET registration_digest = (SELECT token_digest FROM registrations WHERE id = $1),
				fingerprint = (SELECT fingerprint FROM registrations WHERE id = $1)
			WHERE id = $1`, id); err != nil {
			return err
		}
		if err := t.insertSecrets(app); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM registrations WHERE id = $1`, id); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppRegistered, id, core.ID{}, now))
	})
}

// insertStranger: core.ErrConflict if there is such an app; then nothing was done, and the fact may go on.
func (t *tx) insertStranger(app core.App, lookAt time.Time) error {
	return t.must(`
		INSERT INTO apps (id, client_id, name, homepage_url, kind, profile, token_format, redirect_uris, scope,
			client_credentials, implicit, introspection, created_at, document_at, look_at, likeness)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, 0, 0, $9, $10, $11, $12)
		ON CONFLICT DO NOTHING`,
		app.ID, app.ClientID, app.Name, app.HomepageURL, string(app.Kind), string(app.Profile), string(app.TokenFormat), strings.Join(app.RedirectURIs, "\n"),
		ms(app.CreatedAt), ms(app.DocumentAt), ms(lookAt), core.Likeness(app.Name))
}

// KeepDocumented makes an app of a metadata document, or takes over what the document says now. Its id follows from its address,
// so that there is one app for each. core.ErrNotFound: there is one, and it may not act.
func (s *Store) KeepDocumented(ctx context.Context, app core.App, now, lookAt time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		err := t.insertStranger(app, lookAt)
		if err == nil {
			return t.log(appEvent(core.EventAppRegistered, app.ID, core.ID{}, now))
		}
		if !errors.Is(err, core.ErrConflict) {
			return err
		}
		var name, uris string
		if err := t.one(`
			UPDATE apps
			SET document_at = $3
			WHERE id = $1 AND client_id = $2 AND deleted_at IS NULL AND suspended_at IS NULL
			RETURNING name, redirect_uris`, args(app.ID, app.ClientID, ms(app.DocumentAt)), &name, &uris); err != nil {
			return err
		}
		said := strings.Join(app.RedirectURIs, "\n")
		if name == app.Name && uris == said {
			return nil
		}
		if _, err := t.exec(`
			UPDATE apps
			SET name = $2, homepage_url = $3, redirect_uris = $4, likeness = $6,
				redirects_changed_at = CASE WHEN redirect_uris = $4 THEN redirects_changed_at ELSE $5 END
			WHERE id = $1`, app.ID, app.Name, app.HomepageURL, said, ms(now), core.Likeness(app.Name)); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppChanged, app.ID, core.ID{}, now))
	})
}

// NameTaken reports whether an app that somebody here publishes has a name that looks like that.
func (s *Store) NameTaken(ctx context.Context, likeness string) (bool, error) {
	var id core.ID
	err := s.engine.view(ctx).one(`
		SELECT id
		FROM apps
		WHERE likeness = $1 AND account_id IS NOT NULL AND deleted_at IS NULL
		LIMIT 1`, args(likeness), &id)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// FillLikenesses notes what the names of apps look like that were registered before this was noted.
func (s *Store) FillLikenesses(ctx context.Context) error {
	for {
		names := map[core.ID]string{}
		if err := s.engine.view(ctx).each(`SELECT id, name FROM apps WHERE likeness = '' AND name <> '' LIMIT $1`, args(sweepBatch), func(row scanner) error {
			var id core.ID
			var name string
			err := row.Scan(&id, &name)
			names[id] = name
			return err
		}); err != nil || len(names) == 0 {
			return err
		}
		if err := s.fact(ctx, func(t *tx) error {
			for id, name := range names {
				if _, err := t.exec(`UPDATE apps SET likeness = $2 WHERE id = $1 AND name = $3`, id, core.Likeness(name), name); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

// How the sweep looks at strangers.
const (
	strangersBatch  = 50
	strangerUnused  = 90 * 24 * time.Hour // whoever nobody uses for so long ends
	strangerLooksIn = 7 * 24 * time.Hour  // how exactly that is known
)

// SweepStrangers forgets what registered itself and was let in by nobody, and ends the next few apps that came by themselves and
// that nobody has used for long. An app that is its document ends no more than the access to it: whoever comes back finds it.
func (s *Store) SweepStrangers(ctx context.Context, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if _, err := t.exec(`
			DELETE FROM registrations
			WHERE id IN (SELECT id FROM registrations WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, ms(now), sweepBatch); err != nil {
			return err
		}
		documented := map[core.ID]bool{}
		if err := t.each(`SELECT id, document_at IS NOT NULL FROM apps WHERE look_at < $1 ORDER BY look_at LIMIT $2`, args(ms(now), strangersBatch), func(row scanner) error {
			var id core.ID
			var document bool
			err := row.Scan(&id, isTrue(&document))
			documented[id] = document
			return err
		}); err != nil {
			return err
		}
		for id, document := range documented {
			if err := t.lookAtStranger(id, document, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) lookAtStranger(app core.ID, document bool, now time.Time) error {
	var used core.ID
	err := t.one(`
		SELECT id
		FROM grants
		WHERE app_id = $1 AND revoked_at IS NULL AND (updated_at > $2 OR last_used_at > $2)
		LIMIT 1`, args(app, ms(now.Add(-strangerUnused))), &used)
	if err == nil || errors.Is(err, core.ErrNotFound) && document {
		if err != nil {
			if err := t.endGrants(app, now); err != nil {
				return err
			}
		}
		_, err = t.exec(`UPDATE apps SET look_at = $2 WHERE id = $1`, app, ms(now.Add(strangerLooksIn)))
		return err
	}
	if !errors.Is(err, core.ErrNotFound) {
		return err
	}
	if _, err := t.exec(`UPDATE apps SET deleted_at = $2, look_at = NULL, fingerprint = NULL WHERE id = $1`, app, ms(now)); err != nil {
		return err
	}
	if err := t.endApp(app, now); err != nil {
		return err
	}
	return t.log(appEvent(core.EventAppDeleted, app, core.ID{}, now))
}

// endGrants takes back what people gave to an app, and tells of each.
func (t *tx) endGrants(app core.ID, now time.Time) error {
	var ended []core.Event
	if err := t.each(`
		UPDATE grants
		SET revoked_at = $2
		WHERE app_id = $1 AND revoked_at IS NULL
		RETURNING id, identity_id`, args(app, ms(now)), func(row scanner) error {
		e := core.Event{At: now, Kind: core.EventGrantRevoked, AppID: app}
		err := row.Scan(&e.SubjectID, &e.IdentityID)
		ended = append(ended, e)
		return err
	}); err != nil {
		return err
	}
	return t.logAll(ended)
}
