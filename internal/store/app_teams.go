package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// mostSeats bounds a team: whoever looks an app up reads all of it.
const mostSeats = 50

// JoinTeam gives a member of the publishing account a seat on an app's team. core.ErrConflict: he is no member, has one or
// owns the app, the team is full, or the app is not the actor's own.
func (s *Store) JoinTeam(ctx context.Context, app, actor, member core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO app_members (app_id, identity_id, account_id, created_at)
			SELECT apps.id, j.identity_id, j.account_id, $4
			FROM apps
			JOIN memberships j ON j.account_id = apps.account_id AND j.identity_id = $3
			WHERE apps.id = $1 AND apps.deleted_at IS NULL AND apps.owner_id <> $3
				AND (SELECT count(*) FROM app_members s WHERE s.app_id = $1) < $5 AND `+byOwner, app, actor, member, ms(now), mostSeats); err != nil {
			return err
		}
		return t.log(teamEvent(core.EventAppMemberAdded, app, actor, member, now))
	})
}

// LeaveTeam takes a seat away: one's own, or one on the team of one's app. core.ErrNotFound: there is none.
func (s *Store) LeaveTeam(ctx context.Context, app, actor, member core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			DELETE FROM app_members
			WHERE app_id = $1 AND identity_id = $3 AND (identity_id = $2 OR EXISTS (
				SELECT 1 FROM apps WHERE apps.id = $1 AND `+byOwner+`))`, app, actor, member)
		if err != nil {
			return err
		}
		if n == 0 {
			return core.ErrNotFound
		}
		return t.log(teamEvent(core.EventAppMemberRemoved, app, actor, member, now))
	})
}

// HandOverApp makes a member of the team the owner, and the owner a member of the team. core.ErrConflict: he is not on it,
// or the app is not the actor's own.
func (s *Store) HandOverApp(ctx context.Context, app, actor, heir core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE apps
			SET owner_id = $3
			WHERE id = $1 AND deleted_at IS NULL AND `+byOwner+`
				AND EXISTS (SELECT 1 FROM app_members s WHERE s.app_id = $1 AND s.identity_id = $3)`, app, actor, heir); err != nil {
			return err
		}
		// The seats change places.
		if err := t.must(`
			UPDATE app_members
			SET identity_id = $2, created_at = $4
			WHERE app_id = $1 AND identity_id = $3`, app, actor, heir, ms(now)); err != nil {
			return err
		}
		return t.log(teamEvent(core.EventAppHandedOver, app, actor, heir, now))
	})
}

// TakeOver makes an owner or admin of the publishing account the owner of an app whose owner has left it.
// core.ErrConflict: he is neither, the owner is still there, or the app is gone.
func (s *Store) TakeOver(ctx context.Context, app, heir core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE apps
			SET owner_id = $2
			WHERE id = $1 AND deleted_at IS NULL
				AND `+byPublisher+` AND m.role IN ('owner', 'admin'))
				AND NOT EXISTS (
					SELECT 1 FROM memberships o WHERE o.identity_id = apps.owner_id AND o.account_id = apps.account_id)`, app, heir); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM app_members WHERE app_id = $1 AND identity_id = $2`, app, heir); err != nil {
			return err
		}
		return t.log(teamEvent(core.EventAppHandedOver, app, heir, heir, now))
	})
}

func teamEvent(kind core.EventKind, app, actor, member core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: member, IdentityID: member, AppID: app}
}

func (t *tx) readTeam(app *core.App) error {
	return t.each(`
		SELECT identity_id
		FROM app_members
		WHERE app_id = $1
		ORDER BY identity_id`, args(app.ID), func(row scanner) error {
		var id core.ID
		err := row.Scan(&id)
		app.Team = append(app.Team, id)
		return err
	})
}
