package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// CreateAccount adds a customer company with its first owner. core.ErrConflict: the slug is taken.
func (s *Store) CreateAccount(ctx context.Context, account core.Account, owner core.ID) error {
	return s.fact(ctx, func(t *tx) error { return t.insertAccount(account, owner) })
}

func (t *tx) insertAccount(a core.Account, owner core.ID) error {
	if _, err := t.exec(`
		INSERT INTO accounts (id, slug, name, created_at)
		VALUES ($1, $2, $3, $4)`, a.ID, a.Slug, a.Name, ms(a.CreatedAt)); err != nil {
		return err
	}
	if err := t.log(core.Event{At: a.CreatedAt, Kind: core.EventAccountCreated, ActorID: owner, SubjectID: a.ID, AccountID: a.ID}); err != nil {
		return err
	}
	return t.insertMembership(owner, a.ID, core.RoleOwner, owner, a.CreatedAt)
}

// AddMember lets an identity into an account. core.ErrConflict: it is a member, or one of the two does not exist.
func (s *Store) AddMember(ctx context.Context, identity, account core.ID, role core.Role, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		return t.insertMembership(identity, account, role, actor, now)
	})
}

func (t *tx) insertMembership(identity, account core.ID, role core.Role, actor core.ID, now time.Time) error {
	if _, err := t.exec(`
		INSERT INTO memberships (identity_id, account_id, role, created_at)
		VALUES ($1, $2, $3, $4)`, identity, account, string(role), ms(now)); err != nil {
		return err
	}
	return t.log(core.Event{At: now, Kind: core.EventMembershipAdded, ActorID: actor, SubjectID: identity, IdentityID: identity, AccountID: account})
}

// RemoveMember takes an identity out of an account; core.ErrNotFound if it is not in it.
func (s *Store) RemoveMember(ctx context.Context, identity, account, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			DELETE FROM memberships
			WHERE identity_id = $1 AND account_id = $2`, identity, account)
		if err != nil {
			return err
		}
		if n == 0 {
			return core.ErrNotFound
		}
		return t.log(core.Event{At: now, Kind: core.EventMembershipRemoved, ActorID: actor, SubjectID: identity, IdentityID: identity, AccountID: account})
	})
}

// SuspendAccount closes an account's data to everybody until it is resumed.
func (s *Store) SuspendAccount(ctx context.Context, account, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE accounts
			SET suspended_at = $2
			WHERE id = $1 AND suspended_at IS NULL`, account, ms(now)); err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: core.EventAccountSuspended, ActorID: actor, SubjectID: account, AccountID: account})
	})
}

// Memberships lists the accounts that an identity belongs to, by name.
func (s *Store) Memberships(ctx context.Context, identity core.ID) ([]core.Membership, error) {
	var list []core.Membership
	err := s.engine.view(ctx).each(`
		SELECT m.identity_id, m.role, m.created_at, a.id, a.slug, a.name, a.created_at, a.suspended_at
		FROM memberships m
		JOIN accounts a ON a.id = m.account_id
		WHERE m.identity_id = $1
		ORDER BY a.name, a.id`, args(identity), func(row scanner) error {
		var m core.Membership
		err := row.Scan(&m.IdentityID, (*string)(&m.Role), since(&m.CreatedAt),
			&m.Account.ID, &m.Account.Slug, &m.Account.Name, since(&m.Account.CreatedAt), since(&m.Account.SuspendedAt))
		list = append(list, m)
		return err
	})
	return list, err
}

// Account finds an account by id.
func (s *Store) Account(ctx context.Context, id core.ID) (a core.Account, err error) {
	err = s.engine.view(ctx).one(`
		SELECT id, slug, name, created_at, suspended_at
		FROM accounts
		WHERE id = $1`, args(id), &a.ID, &a.Slug, &a.Name, since(&a.CreatedAt), since(&a.SuspendedAt))
	return a, err
}
