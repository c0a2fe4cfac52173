package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"launchpad/internal/core"
)

// Invite keeps an invitation. Into an account: the inviter must belong to it; to sign up: must be an operator. Else, or
// if the invitation exists already, core.ErrConflict.
func (s *Store) Invite(ctx context.Context, i core.Invitation) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO invitations (id, digest, account_id, role, email, invited_by, created_at, expires_at)
			SELECT $1, $2, $3, $4, $5, i.id, $7, $8
			FROM identities i
			WHERE i.id = $6 AND i.locked_at IS NULL AND (
				CAST($3 AS TEXT) IS NULL AND i.operator = 1
				OR EXISTS (SELECT 1 FROM memberships m WHERE m.identity_id = $6 AND m.account_id = $3))`,
			i.ID, i.Digest, i.Account.ID, string(i.Role), i.Email, i.InvitedBy, ms(i.CreatedAt), ms(i.ExpiresAt)); err != nil {
			return err
		}
		return t.log(invitationEvent(core.EventInvitationMade, i, i.InvitedBy, i.CreatedAt))
	})
}

func invitationEvent(kind core.EventKind, i core.Invitation, actor core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: i.ID, AccountID: i.Account.ID}
}

const invitationQuery = `
		SELECT v.id, v.digest, v.role, v.email, v.invited_by, v.created_at, v.expires_at, v.accepted_at, v.withdrawn_at,
			a.id, COALESCE(a.slug, ''), COALESCE(a.name, ''), a.suspended_at
		FROM invitations v
		LEFT JOIN accounts a ON a.id = v.account_id`

func scanInvitation(i *core.Invitation) []any {
	return []any{&i.ID, &i.Digest, (*string)(&i.Role), &i.Email, &i.InvitedBy, since(&i.CreatedAt), since(&i.ExpiresAt), since(&i.AcceptedAt), since(&i.WithdrawnAt),
		&i.Account.ID, &i.Account.Slug, &i.Account.Name, since(&i.Account.SuspendedAt)}
}

// Invitation finds an invitation.
func (s *Store) Invitation(ctx context.Context, id core.ID) (i core.Invitation, err error) {
	err = s.engine.view(ctx).one(invitationQuery+` WHERE v.id = $1`, args(id), scanInvitation(&i)...)
	return i, err
}

// InvitationsInto lists the open invitations into an account, newest first.
func (s *Store) InvitationsInto(ctx context.Context, account core.ID, now time.Time) ([]core.Invitation, error) {
	return s.invitations(ctx, `v.account_id = $1`, account, now)
}

// SignUpInvitationsBy lists an operator's open invitations to sign up, newest first.
func (s *Store) SignUpInvitationsBy(ctx context.Context, operator core.ID, now time.Time) ([]core.Invitation, error) {
	return s.invitations(ctx, `v.invited_by = $1 AND v.account_id IS NULL`, operator, now)
}

func (s *Store) invitations(ctx context.Context, whose string, key core.ID, now time.Time) ([]core.Invitation, error) {
	var list []core.Invitation
	err := s.engine.view(ctx).each(invitationQuery+`
		WHERE `+whose+` AND v.accepted_at IS NULL AND v.withdrawn_at IS NULL AND v.expires_at > $2
		ORDER BY v.id DESC`, args(key, ms(now)), func(row scanner) error {
		var i core.Invitation
		err := row.Scan(scanInvitation(&i)...)
		list = append(list, i)
		return err
	})
	return list, err
}

// WithdrawInvitation takes an open invitation back: one into the account, or, with the zero account, the actor's own to
// sign up. core.ErrNotFound: there is none.
func (s *Store) WithdrawInvitation(ctx context.Context, id, account, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			UPDATE invitations
			SET withdrawn_at = $4
			WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL
				AND (account_id = $2 OR (CAST($2 AS TEXT) IS NULL AND account_id IS NULL AND invited_by = $3))`, id, account, actor, ms(now))
		if err != nil {
			return err
		}
		if n == 0 {
			return core.ErrNotFound
		}
		return t.log(invitationEvent(core.EventInvitationWithdrawn, core.Invitation{ID: id, Account: core.Account{ID: account}}, actor, now))
	})
}

// AcceptInvitation lets a person into the account of an open invitation, once. core.ErrConflict: it is over, for
// another address, or the person is a member already, and then the invitation stays open.
func (s *Store) AcceptInvitation(ctx context.Context, id core.ID, who core.Identity, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.accept(id, who, now) })
}

// accept uses an invitation up. The row count decides who was first.
func (t *tx) accept(id core.ID, who core.Identity, now time.Time) error {
	var i core.Invitation
	err := t.one(`
		UPDATE invitations
		SET accepted_at = $3, accepted_by = $2
		WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $3 AND (email = '' OR email = $4)
		RETURNING id, account_id, role, invited_by`, args(id, who.ID, ms(now), who.Email), &i.ID, &i.Account.ID, (*string)(&i.Role), &i.InvitedBy)
	if errors.Is(err, core.ErrNotFound) {
		return core.ErrConflict
	}
	if err != nil {
		return err
	}
	if err := t.log(invitationEvent(core.EventInvitationAccepted, i, who.ID, now)); err != nil || i.Account.ID.Zero() {
		return err
	}
	return t.insertMembership(who.ID, i.Account.ID, i.Role, i.InvitedBy, now)
}

// SignUp adds a person: with an account of their own unless account is nil, and by an invitation unless it is zero,
// which is then used up. An address that has an ID already is an outcome: nothing is made, the change log hears of it,
// and the invitation is used up all the same, or whoever holds it could try one address after the other.
// core.ErrConflict: the invitation is over or for another address.
func (s *Store) SignUp(ctx context.Context, who core.Identity, account *core.Account, invitation core.ID) (made bool, err error) {
	err = s.fact(ctx, func(t *tx) error {
		made = true
		err := t.insertIdentity(who, core.EventIdentityCreated)
		if errors.Is(err, core.ErrConflict) {
			made = false
			return t.repeatSignUp(who, invitation)
		}
		if err != nil {
			return err
		}
		if !invitation.Zero() {
			if err := t.accept(invitation, who, who.CreatedAt); err != nil {
				return err
			}
		}
		if account == nil {
			return nil
		}
		own, err := t.withFreeSlug(*account)
		if err != nil {
			return err
		}
		return t.insertAccount(own, who.ID)
	})
	return made && err == nil, err
}

// repeatSignUp is what happens instead if the address has an ID. A form that was sent twice is no misuse.
func (t *tx) repeatSignUp(who core.Identity, invitation core.ID) error {
	var owner core.ID
	if err := t.one(`SELECT id FROM identities WHERE email = $1`, args(who.Email), &owner); err != nil {
		return err
	}
	if !invitation.Zero() {
		// An invitation for this very address tells its holder nothing about others, and its owner may still want it.
		if err := t.must(`
			UPDATE invitations
			SET accepted_at = CASE WHEN email = '' THEN COALESCE(accepted_at, $2) ELSE accepted_at END,
				accepted_by = CASE WHEN email = '' THEN $3 ELSE accepted_by END
			WHERE id = $1 AND withdrawn_at IS NULL AND expires_at > $2 AND (email = '' OR email = $4)
				AND (accepted_at IS NULL OR accepted_by = $3)`, invitation, ms(who.CreatedAt), owner, who.Email); err != nil {
			return err
		}
	}
	return t.log(core.Event{At: who.CreatedAt, Kind: core.EventSignUpRepeated, SubjectID: owner, IdentityID: owner})
}

// withFreeSlug adds a few letters of its id to the slug of an account if another one has it.
func (t *tx) withFreeSlug(a core.Account) (core.Account, error) {
	var other core.ID
	err := t.one(`SELECT id FROM accounts WHERE slug = $1`, args(a.Slug), &other)
	if errors.Is(err, core.ErrNotFound) {
		return a, nil
	}
	id := a.ID.String()
	a.Slug = strings.TrimRight(a.Slug[:min(len(a.Slug), 31)], "-") + "-" + id[len(id)-8:]
	return a, err
}
