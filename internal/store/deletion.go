package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// Departure is what it means if a person goes.
type Departure struct {
	Apps         []core.App     // live ones of theirs: others may depend on them
	Leaderless   []core.Account // would be left without an owner, though other people or their apps remain
	Closing      []core.Account // theirs alone: they close
	Leaving      []core.Account // go on without them, or are closed already
	LastOperator bool           // nobody else could run this Launchpad

	alone []core.ID // accounts in which nobody else is, open or closed
}

// Allowed reports whether the person may go.
func (d Departure) Allowed() bool {
	return len(d.Apps) == 0 && len(d.Leaderless) == 0 && !d.LastOperator
}

// Departure tells what it would mean if a person went now.
func (s *Store) Departure(ctx context.Context, identity core.ID) (Departure, error) {
	return s.engine.view(ctx).departure(identity)
}

func (t *tx) departure(identity core.ID) (d Departure, err error) {
	// What they left behind with an account is not theirs to delete any more: whoever runs the account takes it over.
	if d.Apps, err = t.apps(` JOIN memberships m ON m.account_id = p.account_id AND m.identity_id = p.owner_id
		WHERE p.owner_id = $1 AND p.deleted_at IS NULL`, identity); err != nil {
		return d, err
	}
	err = t.one(`
		SELECT i.operator = 1 AND NOT EXISTS (
			SELECT 1 FROM identities o WHERE o.operator = 1 AND o.locked_at IS NULL AND o.id <> i.id)
		FROM identities i
		WHERE i.id = $1`, args(identity), isTrue(&d.LastOperator))
	if err != nil {
		return d, err
	}
	// An account that was closed already needs no owner.
	err = t.each(`
		SELECT a.id, a.slug, a.name, a.suspended_at,
			EXISTS (SELECT 1 FROM memberships o WHERE o.account_id = a.id AND o.identity_id <> $1)
				OR EXISTS (SELECT 1 FROM apps p WHERE p.account_id = a.id AND p.owner_id <> $1 AND p.deleted_at IS NULL),
			EXISTS (SELECT 1 FROM memberships o WHERE o.account_id = a.id AND o.identity_id <> $1 AND o.role = 'owner')
				OR m.role <> 'owner' OR a.suspended_at IS NOT NULL
		FROM memberships m
		JOIN accounts a ON a.id = m.account_id
		WHERE m.identity_id = $1
		ORDER BY a.name, a.id`, args(identity), func(row scanner) error {
		var a core.Account
		var goesOn, led bool
		err := row.Scan(&a.ID, &a.Slug, &a.Name, since(&a.SuspendedAt), isTrue(&goesOn), isTrue(&led))
		if !goesOn {
			d.alone = append(d.alone, a.ID)
		}
		switch {
		case goesOn && !led:
			d.Leaderless = append(d.Leaderless, a)
		case goesOn || !a.SuspendedAt.IsZero():
			d.Leaving = append(d.Leaving, a)
		default:
			d.Closing = append(d.Closing, a)
		}
		return err
	})
	return d, err
}

// DeleteIdentity ends a person: sessions, grants, personal tokens, memberships and invitations go with them, and so does
// what they could be known by, wherever it stands: address, name, password, the names of their tokens, deleted apps and of
// the accounts in which nobody else is, the address that others invited, and the keys of the servers they came from. What
// stays is the id, which is never given again, so that the change log still says that somebody did what was done.
// core.ErrConflict: they may not go (see Departure), or they have gone.
func (s *Store) DeleteIdentity(ctx context.Context, identity core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		d, err := t.departure(identity)
		if err != nil {
			return err
		}
		if !d.Allowed() {
			return core.ErrConflict
		}
		if err := t.endInvitations(identity, now); err != nil {
			return err
		}
		// No address lacks an "@": nobody can sign in, or sign up, with what stands here instead of one.
		if err := t.must(`
			UPDATE identities
			SET email = 'deleted:' || id, name = '', password_hash = '', operator = 0,
				locked_at = COALESCE(locked_at, $2), deleted_at = $2
			WHERE id = $1 AND deleted_at IS NULL`, identity, ms(now)); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM sessions WHERE identity_id = $1`, identity); err != nil {
			return err
		}
		for _, end := range []string{
			`UPDATE grants SET revoked_at = $2 WHERE identity_id = $1 AND revoked_at IS NULL`,
			`UPDATE personal_tokens SET name = '', revoked_at = COALESCE(revoked_at, $2) WHERE identity_id = $1`,
		} {
			if _, err := t.exec(end, identity, ms(now)); err != nil {
				return err
			}
		}
		if err := t.leaveAll(d, identity, now); err != nil {
			return err
		}
		if err := t.forget(d, identity); err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: core.EventIdentityDeleted, ActorID: identity, SubjectID: identity, IdentityID: identity})
	})
}

// endInvitations takes back what somebody invited others to, and what others invited their address to, while it is still
// known. An open invitation without an address would be good for everybody, so it ends in the same statement.
func (t *tx) endInvitations(identity core.ID, now time.Time) error {
	for _, end := range []string{
		`UPDATE invitations SET withdrawn_at = $2 WHERE invited_by = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`,
		`UPDATE invitations
			SET email = '', withdrawn_at = CASE WHEN accepted_at IS NULL THEN COALESCE(withdrawn_at, $2) ELSE withdrawn_at END
			WHERE accepted_by = $1 OR email = (SELECT i.email FROM identities i WHERE i.id = $1)`,
	} {
		if _, err := t.exec(end, identity, ms(now)); err != nil {
			return err
		}
	}
	return nil
}

// forget blanks what else tells who somebody was.
func (t *tx) forget(d Departure, identity core.ID) error {
	if err := t.forgetImported(identity); err != nil {
		return err
	}
	// Deleted ones: with a live one they could not go.
	if _, err := t.exec(`
		UPDATE apps
		SET name = '', likeness = '', homepage_url = '', redirect_uris = ''
		WHERE owner_id = $1 AND deleted_at IS NOT NULL`, identity); err != nil {
		return err
	}
	for _, account := range d.alone {
		if err := t.forgetImported(account); err != nil {
			return err
		}
		// No slug has a colon: nobody can have taken this one, and the account is not to be found by it.
		if err := t.must(`UPDATE accounts SET slug = 'closed:' || id, name = '' WHERE id = $1`, account); err != nil {
			return err
		}
	}
	return nil
}

// leaveAll takes a person out of every account, and closes those that were theirs alone.
func (t *tx) leaveAll(d Departure, identity core.ID, now time.Time) error {
	if _, err := t.exec(`DELETE FROM memberships WHERE identity_id = $1`, identity); err != nil {
		return err
	}
	for _, a := range append(d.Closing, d.Leaving...) {
		if err := t.log(core.Event{At: now, Kind: core.EventMembershipRemoved, ActorID: identity, SubjectID: identity, IdentityID: identity, AccountID: a.ID}); err != nil {
			return err
		}
	}
	for _, a := range d.Closing {
		if err := t.suspendAccount(a.ID, identity, now); err != nil {
			return err
		}
	}
	return nil
}
