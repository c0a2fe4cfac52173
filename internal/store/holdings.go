package store

import (
	"context"
	"slices"
	"strings"

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

// PersonalTokensHeldBy lists all of an identity's tokens, those that are over and not yet swept included, newest first,
// without their digests.
func (s *Store) PersonalTokensHeldBy(ctx context.Context, identity core.ID) ([]core.PersonalToken, error) {
	var list []core.PersonalToken
	t := s.engine.view(ctx)
	err := t.each(`
		SELECT `+personalTokenColumns+`
		FROM personal_tokens
		WHERE identity_id = $1
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

// AppSignIn is an app's sign-in for a person, from its code to its last refresh token.
type AppSignIn struct {
	App           core.App // its client_id and name
	Authorization core.Authorization
}

// AppSignInsHeldOf lists the sign-ins of apps for an identity, those that are over and not yet swept included, newest first.
func (s *Store) AppSignInsHeldOf(ctx context.Context, identity core.ID) ([]AppSignIn, error) {
	var list []AppSignIn
	for _, which := range []string{`g.revoked_at IS NULL`, `g.revoked_at IS NOT NULL`} { // each has an index of its own
		err := s.engine.view(ctx).each(`
		SELECT a.id, a.grant_id, a.scope, a.resources, a.redirect_uri, a.created_at, a.rotated_at, a.expires_at, a.revoked_at, p.client_id, p.name
		FROM grants g
		JOIN authorizations a ON a.grant_id = g.id
		JOIN apps p ON p.id = a.app_id
		WHERE g.identity_id = $1 AND `+which, args(identity), func(row scanner) error {
			var x AppSignIn
			a := &x.Authorization
			err := row.Scan(&a.ID, &a.GrantID, scopeOf(&a.Scope), linesOf(&a.Resources), &a.RedirectURI, since(&a.CreatedAt), since(&a.RotatedAt),
				since(&a.ExpiresAt), since(&a.RevokedAt), &x.App.ClientID, &x.App.Name)
			list = append(list, x)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b AppSignIn) int {
		return strings.Compare(b.Authorization.ID.String(), a.Authorization.ID.String())
	})
	return list, nil
}

// InvitationsBy lists the invitations that an identity made and that have not been swept, newest first, without their
// digests.
func (s *Store) InvitationsBy(ctx context.Context, identity core.ID) ([]core.Invitation, error) {
	return s.invitationsHeld(ctx, `v.invited_by = $1`, identity)
}

// InvitationsTo lists the invitations that an identity accepted, or that name their address, likewise. Nobody has proved an
// address: into what, and as what, is told only of those that were accepted, which takes the link.
func (s *Store) InvitationsTo(ctx context.Context, identity core.ID) ([]core.Invitation, error) {
	accepted, err := s.invitationsHeld(ctx, `v.accepted_by = $1`, identity)
	if err != nil {
		return nil, err
	}
	named, err := s.invitationsHeld(ctx, `(v.accepted_by IS NULL OR v.accepted_by <> $1) AND v.email = (SELECT i.email FROM identities i WHERE i.id = $1)`, identity)
	for _, i := range named {
		i.Account, i.Role = core.Account{}, ""
		accepted = append(accepted, i)
	}
	return accepted, err
}

func (s *Store) invitationsHeld(ctx context.Context, which string, identity core.ID) ([]core.Invitation, error) {
	var list []core.Invitation
	err := s.engine.view(ctx).each(invitationQuery+`
		WHERE `+which+`
		ORDER BY v.id DESC`, args(identity), func(row scanner) error {
		var i core.Invitation
		err := row.Scan(scanInvitation(&i)...)
		i.Digest = ""
		list = append(list, i)
		return err
	})
	return list, err
}

// Origin is a row of another server that became a person here.
type Origin struct{ Source, Key string }

// OriginsOf lists where an identity was imported from.
func (s *Store) OriginsOf(ctx context.Context, identity core.ID) ([]Origin, error) {
	var list []Origin
	err := s.engine.view(ctx).each(`
		SELECT source, key
		FROM imported_rows
		WHERE id = $1 AND kind = '`+ImportedIdentity+`'
		ORDER BY source, key`, args(identity), func(row scanner) error {
		var o Origin
		err := row.Scan(&o.Source, &o.Key)
		list = append(list, o)
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
