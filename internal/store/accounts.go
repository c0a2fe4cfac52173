package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// CreateAccount adds a customer company with its first owner. core.ErrConflict: the slug is taken, or the owner locked.
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

// AddMember lets an identity into an account. core.ErrConflict: it is a member or locked, the account is full, or one of
// the two does not exist.
func (s *Store) AddMember(ctx context.Context, identity, account core.ID, role core.Role, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.takeSeat(identity, account, role, actor, now) })
}

// takeSeat is insertMembership for accounts that may be full.
func (t *tx) takeSeat(identity, account core.ID, role core.Role, actor core.ID, now time.Time) error {
	var taken int
	if err := t.one(`SELECT count(*) FROM memberships WHERE account_id = $1`, args(account), &taken); err != nil {
		return err
	}
	if taken >= core.MaxMembers {
		return core.ErrConflict
	}
	return t.insertMembership(identity, account, role, actor, now)
}

func (t *tx) insertMembership(identity, account core.ID, role core.Role, actor core.ID, now time.Time) error {
	if err := t.must(`
		INSERT INTO memberships (identity_id, account_id, role, created_at)
		SELECT i.id, $2, $3, $4
		FROM identities i
		WHERE i.id = $1 AND i.locked_at IS NULL`, identity, account, string(role), ms(now)); err != nil {
		return err
	}
	return t.log(memberEvent(core.EventMembershipAdded, identity, account, actor, now))
}

func memberEvent(kind core.EventKind, identity, account, actor core.ID, now time.Time) core.Event {
	return core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: identity, IdentityID: identity, AccountID: account}
}

// What members do stands on what was decided: who acts, in which role, and which role the other one has. If any of it is
// not so any more the fact has lost, core.ErrConflict, and whoever asked looks and decides again. So nobody acts by a
// role that was taken away a moment ago.

// stillActs: identity $2 may act, and has the role $3 in the open account $1.
const stillActs = `EXISTS (
				SELECT 1
				FROM memberships b
				JOIN identities i ON i.id = b.identity_id
				JOIN accounts c ON c.id = b.account_id
				WHERE b.account_id = $1 AND b.identity_id = $2 AND b.role = $3 AND i.locked_at IS NULL AND c.suspended_at IS NULL)`

// anotherOwner keeps the last owner of account $1 from being anybody but identity $4, whose role is $5.
const anotherOwner = `($5 <> 'owner' OR EXISTS (
				SELECT 1 FROM memberships o WHERE o.account_id = $1 AND o.role = 'owner' AND o.identity_id <> $4))`

func acting(by core.Membership, more ...any) []any {
	return append(args(by.Account.ID, by.IdentityID, string(by.Role)), more...)
}

// ChangeRole gives a member another role. Invitations made in the old role end with it. The last owner stays one.
func (s *Store) ChangeRole(ctx context.Context, by core.Membership, who core.Member, to core.Role, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE memberships
			SET role = $6
			WHERE account_id = $1 AND identity_id = $4 AND role = $5 AND `+stillActs+` AND ($6 = 'owner' OR `+anotherOwner+`)`,
			acting(by, who.Identity.ID, string(who.Role), string(to))...); err != nil {
			return err
		}
		return t.memberChanged(core.EventMembershipChanged, who.Identity.ID, by, now)
	})
}

// RemoveMember takes somebody out of an account, or lets them leave. The last owner stays.
func (s *Store) RemoveMember(ctx context.Context, by core.Membership, who core.Member, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			DELETE FROM memberships
			WHERE account_id = $1 AND identity_id = $4 AND role = $5 AND `+stillActs+` AND `+anotherOwner,
			acting(by, who.Identity.ID, string(who.Role))...); err != nil {
			return err
		}
		return t.memberChanged(core.EventMembershipRemoved, who.Identity.ID, by, now)
	})
}

// HandOver makes another member an owner, and the owner who acts an admin.
func (s *Store) HandOver(ctx context.Context, by core.Membership, to core.Member, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE memberships
			SET role = 'owner'
			WHERE account_id = $1 AND identity_id = $4 AND role = $5 AND identity_id <> $2 AND $3 = 'owner' AND `+stillActs,
			acting(by, to.Identity.ID, string(to.Role))...); err != nil {
			return err
		}
		if err := t.must(`
			UPDATE memberships
			SET role = 'admin'
			WHERE account_id = $1 AND identity_id = $2 AND role = $3`, acting(by)...); err != nil {
			return err
		}
		if err := t.memberChanged(core.EventMembershipChanged, to.Identity.ID, by, now); err != nil {
			return err
		}
		return t.memberChanged(core.EventMembershipChanged, by.IdentityID, by, now)
	})
}

// memberChanged tells that a member's rights are others now. What they invited others to by their old rights is over:
// nobody who is on the way out leaves a door open.
func (t *tx) memberChanged(kind core.EventKind, identity core.ID, by core.Membership, now time.Time) error {
	if err := t.log(memberEvent(kind, identity, by.Account.ID, by.IdentityID, now)); err != nil {
		return err
	}
	return t.withdrawAllOf(identity, by, now)
}

// Member finds somebody in an account.
func (s *Store) Member(ctx context.Context, account, identity core.ID) (m core.Member, err error) {
	err = s.engine.view(ctx).one(memberQuery+` AND m.identity_id = $2`, args(account, identity), scanMember(&m)...)
	return m, err
}

// Members lists who belongs to an account, by name.
func (s *Store) Members(ctx context.Context, account core.ID) ([]core.Member, error) {
	var list []core.Member
	err := s.engine.view(ctx).each(memberQuery+`
		ORDER BY i.name, i.id`, args(account), func(row scanner) error {
		var m core.Member
		err := row.Scan(scanMember(&m)...)
		list = append(list, m)
		return err
	})
	return list, err
}

const memberQuery = `
		SELECT i.id, i.name, i.email, m.role, m.created_at
		FROM memberships m
		JOIN identities i ON i.id = m.identity_id
		WHERE m.account_id = $1`

func scanMember(m *core.Member) []any {
	return []any{&m.Identity.ID, &m.Identity.Name, &m.Identity.Email, (*string)(&m.Role), since(&m.CreatedAt)}
}

// suspendAccount closes an account inside a fact that has decided on it.
func (t *tx) suspendAccount(account, actor core.ID, now time.Time) error {
	if err := t.must(`
		UPDATE accounts
		SET suspended_at = $2
		WHERE id = $1 AND suspended_at IS NULL`, account, ms(now)); err != nil {
		return err
	}
	return t.log(core.Event{At: now, Kind: core.EventAccountSuspended, ActorID: actor, SubjectID: account, AccountID: account})
}

// RenameAccount gives an account another name; its slug stays.
func (s *Store) RenameAccount(ctx context.Context, by core.Membership, name string, now time.Time) error {
	return s.changeAccount(ctx, core.EventAccountChanged, by.Account.ID, by.IdentityID, now, `
		UPDATE accounts
		SET name = $4
		WHERE id = $1 AND `+stillActs, acting(by, name))
}

// CloseAccount is SuspendAccount by somebody in the account.
func (s *Store) CloseAccount(ctx context.Context, by core.Membership, now time.Time) error {
	return s.changeAccount(ctx, core.EventAccountSuspended, by.Account.ID, by.IdentityID, now, `
		UPDATE accounts
		SET suspended_at = $4
		WHERE id = $1 AND `+stillActs, acting(by, ms(now)))
}

// anOperator: identity $2 runs this Launchpad.
const anOperator = `EXISTS (SELECT 1 FROM identities WHERE id = $2 AND operator = 1 AND locked_at IS NULL)`

// SuspendAccount closes an account's data to everybody until an operator resumes it. core.ErrConflict: it is closed,
// or the actor is no operator.
func (s *Store) SuspendAccount(ctx context.Context, account, operator core.ID, now time.Time) error {
	return s.changeAccount(ctx, core.EventAccountSuspended, account, operator, now, `
		UPDATE accounts
		SET suspended_at = $3
		WHERE id = $1 AND suspended_at IS NULL AND `+anOperator, args(account, operator, ms(now)))
}

// ResumeAccount opens a closed account again, as it was. core.ErrConflict: it is open, or the actor is no operator.
func (s *Store) ResumeAccount(ctx context.Context, account, operator core.ID, now time.Time) error {
	return s.changeAccount(ctx, core.EventAccountResumed, account, operator, now, `
		UPDATE accounts
		SET suspended_at = NULL
		WHERE id = $1 AND suspended_at IS NOT NULL AND `+anOperator, args(account, operator))
}

func (s *Store) changeAccount(ctx context.Context, kind core.EventKind, account, actor core.ID, now time.Time, change string, values []any) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(change, values...); err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: kind, ActorID: actor, SubjectID: account, AccountID: account})
	})
}

// Memberships lists the accounts that an identity belongs to, by name.
func (s *Store) Memberships(ctx context.Context, identity core.ID) ([]core.Membership, error) {
	var list []core.Membership
	err := s.engine.view(ctx).each(membershipQuery+`
		ORDER BY a.name, a.id`, args(identity), func(row scanner) error {
		var m core.Membership
		err := row.Scan(scanMembership(&m)...)
		list = append(list, m)
		return err
	})
	return list, err
}

// Membership finds an identity's place in an account. For strangers the account does not exist: core.ErrNotFound.
func (s *Store) Membership(ctx context.Context, identity core.ID, slug string) (m core.Membership, err error) {
	err = s.engine.view(ctx).one(membershipQuery+` AND a.slug = $2`, args(identity, slug), scanMembership(&m)...)
	return m, err
}

const membershipQuery = `
		SELECT m.identity_id, m.role, m.created_at, a.id, a.slug, a.name, a.created_at, a.suspended_at
		FROM memberships m
		JOIN accounts a ON a.id = m.account_id
		WHERE m.identity_id = $1`

func scanMembership(m *core.Membership) []any {
	return []any{&m.IdentityID, (*string)(&m.Role), since(&m.CreatedAt),
		&m.Account.ID, &m.Account.Slug, &m.Account.Name, since(&m.Account.CreatedAt), since(&m.Account.SuspendedAt)}
}

// Account finds an account by id.
func (s *Store) Account(ctx context.Context, id core.ID) (core.Account, error) {
	return s.account(ctx, `id = $1`, id)
}

// AccountBySlug finds an account by its short name.
func (s *Store) AccountBySlug(ctx context.Context, slug string) (core.Account, error) {
	return s.account(ctx, `slug = $1`, slug)
}

func (s *Store) account(ctx context.Context, which string, key any) (a core.Account, err error) {
	err = s.engine.view(ctx).one(`
		SELECT id, slug, name, created_at, suspended_at
		FROM accounts
		WHERE `+which, args(key), &a.ID, &a.Slug, &a.Name, since(&a.CreatedAt), since(&a.SuspendedAt))
	return a, err
}

// AppsPublishedBy lists the apps registered in an account's name, newest first, without their secrets.
func (s *Store) AppsPublishedBy(ctx context.Context, account core.ID) ([]core.App, error) {
	var list []core.App
	err := s.engine.view(ctx).each(appQuery+`
		WHERE p.account_id = $1 AND p.deleted_at IS NULL
		ORDER BY p.id DESC`, args(account), func(row scanner) error {
		var app core.App
		err := row.Scan(scanApp(&app)...)
		list = append(list, app)
		return err
	})
	return list, err
}
