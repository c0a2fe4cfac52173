package store

import (
	"context"
	"errors"
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
	if err := t.must(`
		INSERT INTO memberships (identity_id, account_id, role, created_at)
		SELECT i.id, $2, $3, $4
		FROM identities i
		WHERE i.id = $1 AND i.deleted_at IS NULL`, identity, account, string(role), ms(now)); err != nil {
		return err
	}
	return t.log(core.Event{At: now, Kind: core.EventMembershipAdded, ActorID: actor, SubjectID: identity, IdentityID: identity, AccountID: account})
}

// anotherOwner keeps the last owner of an account ($2) from being anything else than identity $1.
const anotherOwner = `(role <> 'owner' OR EXISTS (
				SELECT 1 FROM memberships o WHERE o.account_id = $2 AND o.role = 'owner' AND o.identity_id <> $1))`

// ChangeRole gives a member another role. core.ErrNotFound: no such member; core.ErrConflict: it is the last owner.
func (s *Store) ChangeRole(ctx context.Context, identity, account core.ID, role core.Role, actor core.ID, now time.Time) error {
	return s.changeMember(ctx, core.EventMembershipChanged, identity, account, actor, now, `
		UPDATE memberships
		SET role = $3
		WHERE identity_id = $1 AND account_id = $2 AND ($3 = 'owner' OR `+anotherOwner+`)`, string(role))
}

// RemoveMember takes an identity out of an account. core.ErrNotFound: it is not in it; core.ErrConflict: it is the
// last owner.
func (s *Store) RemoveMember(ctx context.Context, identity, account, actor core.ID, now time.Time) error {
	return s.changeMember(ctx, core.EventMembershipRemoved, identity, account, actor, now, `
		DELETE FROM memberships
		WHERE identity_id = $1 AND account_id = $2 AND `+anotherOwner)
}

func (s *Store) changeMember(ctx context.Context, kind core.EventKind, identity, account, actor core.ID, now time.Time, change string, values ...any) error {
	return s.fact(ctx, func(t *tx) error {
		err := t.must(change, append(args(identity, account), values...)...)
		if errors.Is(err, core.ErrConflict) {
			var role string
			if err := t.one(`SELECT role FROM memberships WHERE identity_id = $1 AND account_id = $2`, args(identity, account), &role); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: identity, IdentityID: identity, AccountID: account})
	})
}

// Members lists who belongs to an account, by name.
func (s *Store) Members(ctx context.Context, account core.ID) ([]core.Member, error) {
	var list []core.Member
	err := s.engine.view(ctx).each(`
		SELECT i.id, i.name, i.email, m.role, m.created_at
		FROM memberships m
		JOIN identities i ON i.id = m.identity_id
		WHERE m.account_id = $1
		ORDER BY i.name, i.id`, args(account), func(row scanner) error {
		var m core.Member
		err := row.Scan(&m.Identity.ID, &m.Identity.Name, &m.Identity.Email, (*string)(&m.Role), since(&m.CreatedAt))
		list = append(list, m)
		return err
	})
	return list, err
}

// RenameAccount gives an account another name; its slug stays. core.ErrNotFound: there is no such account.
func (s *Store) RenameAccount(ctx context.Context, account core.ID, name string, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		n, err := t.exec(`
			UPDATE accounts
			SET name = $2
			WHERE id = $1`, account, name)
		if err != nil {
			return err
		}
		if n == 0 {
			return core.ErrNotFound
		}
		return t.log(core.Event{At: now, Kind: core.EventAccountChanged, ActorID: actor, SubjectID: account, AccountID: account})
	})
}

// SuspendAccount closes an account's data to everybody until it is resumed.
func (s *Store) SuspendAccount(ctx context.Context, account, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.suspendAccount(account, actor, now) })
}

func (t *tx) suspendAccount(account, actor core.ID, now time.Time) error {
	if err := t.must(`
		UPDATE accounts
		SET suspended_at = $2
		WHERE id = $1 AND suspended_at IS NULL`, account, ms(now)); err != nil {
		return err
	}
	return t.log(core.Event{At: now, Kind: core.EventAccountSuspended, ActorID: actor, SubjectID: account, AccountID: account})
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
