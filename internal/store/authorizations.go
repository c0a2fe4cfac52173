package store

import (
	"context"
	"strings"
	"time"

	"launchpad/internal/core"
)

// StartAuthorization writes the row whose generation 0 is the code; one that begins with generation 1 has no code. It stands on a live grant of an unlocked
// identity. decision, if not zero, is the consent that it uses up. core.ErrConflict: the grant is gone, or the
// consent was used already.
func (s *Store) StartAuthorization(ctx context.Context, a core.Authorization, decision core.ID) error {
	if decision.Zero() {
		return s.hot(ctx, func(t *tx) error { return t.insertAuthorization(a) })
	}
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE decisions
			SET used_at = $3
			WHERE id = $1 AND grant_id = $2 AND used_at IS NULL AND expires_at > $3`, decision, a.GrantID, ms(a.CreatedAt)); err != nil {
			return err
		}
		return t.insertAuthorization(a)
	})
}

func (t *tx) insertAuthorization(a core.Authorization) error {
	return t.must(`
		INSERT INTO authorizations (id, grant_id, app_id, identity_id, scope, redirect_uri, code_challenge, digest,
			generation, confirmed, recent, created_at, code_expires_at, expires_at, rotated_at, resources)
		SELECT $1, g.id, g.app_id, g.identity_id, $3, $4, $5, $6, $10, 0, '', $7, $8, $9, $11, $12
		FROM grants g
		JOIN identities i ON i.id = g.identity_id
		WHERE g.id = $2 AND g.revoked_at IS NULL AND i.locked_at IS NULL`,
		a.ID, a.GrantID, a.Scope.String(), a.RedirectURI, a.CodeChallenge, a.Digest,
		ms(a.CreatedAt), ms(a.CodeExpiresAt), ms(a.ExpiresAt), a.Generation, ms(a.RotatedAt), strings.Join(a.Resources, "\n"))
}

// Standing is an authorization together with what it stands on.
type Standing struct {
	core.Authorization
	Grant          core.Grant
	IdentityLocked bool
}

// Authorization finds an authorization, its grant as it now stands, and whether its identity is locked. What only
// the code needs is left out.
func (s *Store) Authorization(ctx context.Context, id core.ID) (*Standing, error) {
	return s.standing(ctx, id, `SELECT `+standingColumns+standingTables, (*Standing).columns)
}

// CodeOf finds the same, together with what the code is bound to.
func (s *Store) CodeOf(ctx context.Context, id core.ID) (*Standing, error) {
	return s.standing(ctx, id, `SELECT `+standingColumns+`, a.redirect_uri, a.code_challenge, a.code_expires_at`+standingTables, func(st *Standing) []any {
		return append(st.columns(), &st.RedirectURI, &st.CodeChallenge, since(&st.CodeExpiresAt))
	})
}

const standingColumns = `a.grant_id, a.app_id, a.identity_id, a.scope, a.resources, a.digest,
			a.generation, a.confirmed, a.recent, a.rotated_at, a.expires_at, a.revoked_at,
			g.scope, g.all_accounts, g.default_account_id, g.version, g.revoked_at, i.locked_at IS NOT NULL`

const standingTables = `
		FROM authorizations a
		JOIN grants g ON g.id = a.grant_id
		JOIN identities i ON i.id = a.identity_id
		WHERE a.id = $1`

func (st *Standing) columns() []any {
	a, g := &st.Authorization, &st.Grant
	return []any{&a.GrantID, &a.AppID, &a.IdentityID, scopeOf(&a.Scope), linesOf(&a.Resources), &a.Digest,
		&a.Generation, &a.Confirmed, momentsOf(&a.Recent), since(&a.RotatedAt), since(&a.ExpiresAt), since(&a.RevokedAt),
		scopeOf(&g.Scope), isTrue(&g.Reach.All), &g.Reach.Default, &g.Version, since(&g.RevokedAt), isTrue(&st.IdentityLocked)}
}

func (s *Store) standing(ctx context.Context, id core.ID, query string, columns func(*Standing) []any) (*Standing, error) {
	st := new(Standing)
	t := s.engine.view(ctx)
	if err := t.one(query, args(id), columns(st)...); err != nil {
		return nil, err
	}
	st.ID = id
	st.Grant.ID, st.Grant.AppID, st.Grant.IdentityID = st.GrantID, st.AppID, st.IdentityID
	return st, t.readReach(ofGrant, st.GrantID, &st.Grant.Reach)
}

// RedeemCode turns generation 0 into generation 1, once. core.ErrConflict: somebody was faster, or it is revoked.
func (s *Store) RedeemCode(ctx context.Context, id core.ID, now time.Time) error {
	return s.hot(ctx, func(t *tx) error {
		// RFC 6749 §4.1.2: a code is used once; the row count decides, not an earlier look.
		return t.must(`
			UPDATE authorizations
			SET generation = 1, rotated_at = $2
			WHERE id = $1 AND generation = 0 AND revoked_at IS NULL AND code_expires_at > $2`, id, ms(now))
	})
}

// Confirm remembers, for each authorization, the newest generation whose access token was seen in use.
func (s *Store) Confirm(ctx context.Context, seen map[core.ID]int64) error {
	return s.hot(ctx, func(t *tx) error {
		for id, generation := range seen {
			if _, err := t.exec(`
				UPDATE authorizations
				SET confirmed = $2
				WHERE id = $1 AND confirmed < $2 AND generation >= $2`, id, generation); err != nil {
				return err
			}
		}
		return nil
	})
}

// RevokeAuthorization ends one sign-in of an app, with the event that says why. Ending it twice is the same as
// once; the second time nothing is written, but the readers hear of it again: the first caller may not have told
// them yet, and this one's answer must be true already.
func (s *Store) RevokeAuthorization(ctx context.Context, a core.Authorization, why core.EventKind, actor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.revokeAuthorization(a, why, actor, now) })
}

func (t *tx) revokeAuthorization(a core.Authorization, why core.EventKind, actor core.ID, now time.Time) error {
	n, err := t.exec(`
		UPDATE authorizations
		SET revoked_at = $2
		WHERE id = $1 AND revoked_at IS NULL`, a.ID, ms(now))
	if err != nil {
		return err
	}
	event := core.Event{At: now, Kind: why, ActorID: actor, SubjectID: a.ID, IdentityID: a.IdentityID, AppID: a.AppID}
	if n == 0 {
		t.events = append(t.events, event)
		return nil
	}
	return t.log(event)
}

// RevokeAccessToken ends one access token, which no row stands for: the event is the fact.
func (s *Store) RevokeAccessToken(ctx context.Context, token core.AccessToken, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		return t.log(core.Event{At: now, Kind: core.EventTokenRevoked, SubjectID: token.ID, IdentityID: token.IdentityID, AppID: token.AppID})
	})
}
