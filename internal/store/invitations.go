package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"launchpad/internal/core"
)

// Invite keeps an operator's invitation to sign up. core.ErrConflict: the inviter is no operator, or the invitation
// exists already.
func (s *Store) Invite(ctx context.Context, i core.Invitation) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO invitations (id, digest, role, email, invited_by, created_at, expires_at)
			SELECT $1, $3, '', $4, i.id, $5, $6
			FROM identities i
			WHERE i.id = $2 AND `+anOperator,
			i.ID, i.InvitedBy, i.Digest, i.Email, ms(i.CreatedAt), ms(i.ExpiresAt)); err != nil {
			return err
		}
		return t.log(invitationEvent(core.EventInvitationMade, i, i.InvitedBy, i.CreatedAt))
	})
}

// InviteInto keeps an invitation of an address into the inviter's account. core.ErrConflict: the inviter's role is not
// what it was; the address is invited already, or a member's; the account has as many invitations as it may; or the
// invitation exists already.
func (s *Store) InviteInto(ctx context.Context, by core.Membership, i core.Invitation) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO invitations (id, digest, account_id, role, email, invited_by, created_at, expires_at)
			SELECT $4, $5, $1, $6, $7, $2, CAST($8 AS BIGINT), CAST($9 AS BIGINT)
			WHERE `+stillActs+`
				AND (SELECT count(*) FROM invitations v WHERE v.account_id = $1) < CAST($10 AS BIGINT)
				AND NOT EXISTS (
					SELECT 1 FROM invitations v
					WHERE v.account_id = $1 AND v.email = $7 AND v.accepted_at IS NULL AND v.withdrawn_at IS NULL AND v.expires_at > CAST($8 AS BIGINT))
				AND NOT EXISTS (
					SELECT 1 FROM memberships m JOIN identities i ON i.id = m.identity_id
					WHERE m.account_id = $1 AND i.email = $7)`,
			acting(by, i.ID, i.Digest, string(i.Role), i.Email, ms(i.CreatedAt), ms(i.ExpiresAt), core.MaxInvitations)...); err != nil {
			return err
		}
		i.Account = by.Account
		return t.log(invitationEvent(core.EventInvitationMade, i, by.IdentityID, i.CreatedAt))
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

// InvitationsKept counts the invitations into an account, open or over, that are not swept yet.
func (s *Store) InvitationsKept(ctx context.Context, account core.ID) (n int, err error) {
	err = s.engine.view(ctx).one(`SELECT count(*) FROM invitations WHERE account_id = $1`, args(account), &n)
	return n, err
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

// WithdrawInvitation takes back an operator's own open invitation to sign up. core.ErrNotFound: there is none.
func (s *Store) WithdrawInvitation(ctx context.Context, id, operator core.ID, now time.Time) error {
	return s.withdraw(ctx, id, core.ID{}, operator, now, `
		UPDATE invitations
		SET withdrawn_at = $3
		WHERE id = $1 AND invited_by = $2 AND account_id IS NULL AND accepted_at IS NULL AND withdrawn_at IS NULL`,
		args(id, operator, ms(now)))
}

// WithdrawInvitationInto takes back an open invitation into the actor's account, whoever made it. core.ErrNotFound:
// there is none, or the actor's role is not what it was.
func (s *Store) WithdrawInvitationInto(ctx context.Context, by core.Membership, id core.ID, now time.Time) error {
	return s.withdraw(ctx, id, by.Account.ID, by.IdentityID, now, `
		UPDATE invitations
		SET withdrawn_at = $5
		WHERE id = $4 AND account_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND `+stillActs,
		acting(by, id, ms(now)))
}

func (s *Store) withdraw(ctx context.Context, id, account, actor core.ID, now time.Time, change string, values []any) error {
	return s.fact(ctx, func(t *tx) error {
		err := t.must(change, values...)
		if errors.Is(err, core.ErrConflict) {
			return core.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.log(invitationEvent(core.EventInvitationWithdrawn, core.Invitation{ID: id, Account: core.Account{ID: account}}, actor, now))
	})
}

// withdrawAllOf ends what a member had invited others to.
func (t *tx) withdrawAllOf(identity core.ID, by core.Membership, now time.Time) error {
	var ended []core.ID
	if err := t.each(`
		UPDATE invitations
		SET withdrawn_at = $3
		WHERE account_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL
		RETURNING id`, args(by.Account.ID, identity, ms(now)), func(row scanner) error {
		var id core.ID
		err := row.Scan(&id)
		ended = append(ended, id)
		return err
	}); err != nil {
		return err
	}
	for _, id := range ended {
		if err := t.log(invitationEvent(core.EventInvitationWithdrawn, core.Invitation{ID: id, Account: by.Account}, by.IdentityID, now)); err != nil {
			return err
		}
	}
	return nil
}

// AcceptInvitation lets a person into the account of an open invitation, once. core.ErrConflict: it is over, for
// another address, or the account is closed; or the person is a member already or finds no seat, and then the
// invitation stays open.
func (s *Store) AcceptInvitation(ctx context.Context, id core.ID, who core.Identity, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.accept(id, who, now) })
}

// accept uses an invitation up. The row count decides who was first. It is worth what its maker is: somebody who may
// act and, for an account, still belongs to it.
func (t *tx) accept(id core.ID, who core.Identity, now time.Time) error {
	var i core.Invitation
	err := t.one(`
		UPDATE invitations
		SET accepted_at = $3, accepted_by = $2
		WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $3 AND (email = '' OR email = $4)
			AND EXISTS (SELECT 1 FROM identities i WHERE i.id = invited_by AND i.locked_at IS NULL)
			AND (account_id IS NULL OR EXISTS (
				SELECT 1
				FROM memberships b
				JOIN accounts c ON c.id = b.account_id
				WHERE b.account_id = invitations.account_id AND b.identity_id = invited_by AND c.suspended_at IS NULL))
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
	return t.takeSeat(who.ID, i.Account.ID, i.Role, i.InvitedBy, now)
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
