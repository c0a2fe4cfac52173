package store

import (
	"context"

	"launchpad/internal/core"
)

// What a person is told that we hold about them. The rest is what the pages ask anyway.

// SessionsHeldOf lists an identity's sessions, those that are over and not yet swept included, newest first.
func (s *Store) SessionsHeldOf(ctx context.Context, identity core.ID) ([]core.Session, error) {
	var list []core.Session
	err := s.engine.view(ctx).each(`
		SELECT id, identity_id, created_at, last_seen_at, expires_at, ended_at, user_agent, address
		FROM sessions
		WHERE identity_id = $1
		ORDER BY id DESC`, args(identity), func(row scanner) error {
		var session core.Session
		err := row.Scan(&session.ID, &session.IdentityID, since(&session.CreatedAt), since(&session.LastSeenAt), since(&session.ExpiresAt), since(&session.EndedAt), &session.UserAgent, &session.Address)
		list = append(list, session)
		return err
	})
	return list, err
}

// PersonalTokensHeldBy lists all of an identity's live tokens, newest first, without their digests.
func (s *Store) PersonalTokensHeldBy(ctx context.Context, identity core.ID) ([]core.PersonalToken, error) {
	var list []core.PersonalToken
	t := s.engine.view(ctx)
	err := t.each(`
		SELECT `+personalTokenColumns+`
		FROM personal_tokens
		WHERE identity_id = $1 AND revoked_at IS NULL
		ORDER BY id DESC`, args(identity), func(row scanner) error {
		var p core.PersonalToken
		err := row.Scan(scanPersonalToken(&p)...)
		p.Digest = ""
		list = append(list, p)
		return err
	})
	for i := range list {
		if err == nil {
			err = t.readReach(ofPersonalToken, list[i].ID, &list[i].Reach)
		}
	}
	return list, err
}

// InvitationsBy lists the invitations that an identity made and that have not been swept, newest first, without their
// digests.
func (s *Store) InvitationsBy(ctx context.Context, identity core.ID) ([]core.Invitation, error) {
	var list []core.Invitation
	err := s.engine.view(ctx).each(invitationQuery+`
		WHERE v.invited_by = $1
		ORDER BY v.id DESC`, args(identity), func(row scanner) error {
		var i core.Invitation
		err := row.Scan(scanInvitation(&i)...)
		i.Digest = ""
		list = append(list, i)
		return err
	})
	return list, err
}

// EventsAbout lists the newest lines of the change log that an identity wrote, or that are about it. Each half reads no
// more of its index than it needs: the log is long.
func (s *Store) EventsAbout(ctx context.Context, identity core.ID, most int) ([]core.Event, error) {
	var list []core.Event
	err := s.engine.view(ctx).each(`
		SELECT `+eventColumns+`
		FROM (SELECT `+eventColumns+` FROM events WHERE identity_id = $1 ORDER BY id DESC LIMIT $2) AS about
		UNION
		SELECT `+eventColumns+`
		FROM (SELECT `+eventColumns+` FROM events WHERE actor_id = $1 ORDER BY id DESC LIMIT $2) AS written
		ORDER BY id DESC
		LIMIT $2`, args(identity, most), func(row scanner) error {
		var e core.Event
		err := row.Scan(scanEvent(&e)...)
		list = append(list, e)
		return err
	})
	return list, err
}
