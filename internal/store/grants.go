package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// RecordConsent keeps one answered consent page: the grant between identity and app is made, or takes the new
// reach and the union of scopes. decision is the interaction's id; a page answered twice is core.ErrConflict.
// It returns the grant as it now stands.
func (s *Store) RecordConsent(ctx context.Context, consent core.Grant, decision core.ID, expires time.Time) (core.Grant, error) {
	var grant core.Grant
	err := s.fact(ctx, func(t *tx) error {
		var err error
		var kind core.EventKind
		if grant, kind, err = t.grantFor(consent); err != nil {
			return err
		}
		if err := t.must(`
			INSERT INTO decisions (id, grant_id, expires_at)
			VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, decision, grant.ID, ms(expires)); err != nil {
			return err
		}
		return t.log(grantGiven(grant, kind))
	})
	return grant, err
}

// grantFor merges consent into the live grant of its identity and app, or inserts it. The app and the identity must
// still be there: core.ErrConflict. A version is a moment, so that it never comes again, not even in a restored copy.
func (t *tx) grantFor(consent core.Grant) (core.Grant, core.EventKind, error) {
	kind := core.EventGrantGiven
	consent.Version = consent.UpdatedAt.UnixMilli()
	old, err := t.liveGrant(consent.IdentityID, consent.AppID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		err = t.must(`
			INSERT INTO grants (id, identity_id, app_id, scope, all_accounts, default_account_id, version, created_at, updated_at, resources, bound)
			SELECT $1, i.id, p.id, $4, $5, $6, $7, $8, $9, $10, $11
			FROM identities i, apps p
			WHERE i.id = $2 AND i.locked_at IS NULL AND p.id = $3 AND p.deleted_at IS NULL`,
			consent.ID, consent.IdentityID, consent.AppID, consent.Scope.String(), truth(consent.Reach.All),
			consent.Reach.Default, consent.Version, ms(consent.CreatedAt), ms(consent.UpdatedAt),
			strings.Join(consent.Resources, "\n"), truth(consent.Bound))
	case err == nil:
		kind = core.EventGrantChanged
		consent.ID, consent.CreatedAt, consent.Scope = old.ID, old.CreatedAt, consent.Scope.Or(old.Scope)
		consent.Resources, consent.Bound = joined(old.Resources, consent.Resources), consent.Bound && old.Bound
		consent.Version = max(consent.Version, old.Version+1)
		_, err = t.exec(`
			UPDATE grants
			SET scope = $2, all_accounts = $3, default_account_id = $4, version = $5, updated_at = $6, resources = $7, bound = $8
			WHERE id = $1`,
			consent.ID, consent.Scope.String(), truth(consent.Reach.All), consent.Reach.Default, consent.Version, ms(consent.UpdatedAt),
			strings.Join(consent.Resources, "\n"), truth(consent.Bound))
	}
	if err != nil {
		return core.Grant{}, "", err
	}
	return consent, kind, t.replaceReach(ofGrant, consent.ID, consent.Reach)
}

// joined adds to a list what it lacks.
func joined(list, more []string) []string {
	list = slices.Clone(list)
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// GrantChange is the Data of a grant.given or grant.changed event: the rights as they now stand.
type GrantChange struct {
	Version int64       `json:"version"`
	Scope   oauth.Scope `json:"scope"`
	Reach   core.Reach  `json:"reach"`
}

func grantGiven(g core.Grant, kind core.EventKind) core.Event {
	data, _ := json.Marshal(GrantChange{g.Version, g.Scope, g.Reach}) // text and numbers cannot fail
	return core.Event{At: g.UpdatedAt, Kind: kind, ActorID: g.IdentityID, SubjectID: g.ID, IdentityID: g.IdentityID, AppID: g.AppID, Data: string(data)}
}

// RevokeGrant takes an identity's permission back. core.ErrNotFound: there is none, or it is somebody else's.
func (s *Store) RevokeGrant(ctx context.Context, grant, identity core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		var app core.ID
		err := t.one(`
			UPDATE grants
			SET revoked_at = $3
			WHERE id = $1 AND identity_id = $2 AND revoked_at IS NULL
			RETURNING app_id`, args(grant, identity, ms(now)), &app)
		if err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: core.EventGrantRevoked, ActorID: identity, SubjectID: grant, IdentityID: identity, AppID: app})
	})
}

// Grant finds the live grant of an identity to an app.
func (s *Store) Grant(ctx context.Context, identity, app core.ID) (core.Grant, error) {
	return s.engine.view(ctx).liveGrant(identity, app)
}

func (t *tx) liveGrant(identity, app core.ID) (core.Grant, error) {
	var g core.Grant
	err := t.one(`
		SELECT id, identity_id, app_id, scope, all_accounts, default_account_id, version, created_at, updated_at, resources, bound
		FROM grants
		WHERE identity_id = $1 AND app_id = $2 AND revoked_at IS NULL`, args(identity, app),
		&g.ID, &g.IdentityID, &g.AppID, scopeOf(&g.Scope), isTrue(&g.Reach.All), &g.Reach.Default, &g.Version, since(&g.CreatedAt), since(&g.UpdatedAt),
		linesOf(&g.Resources), isTrue(&g.Bound))
	if err != nil {
		return core.Grant{}, err
	}
	err = t.readReach(ofGrant, g.ID, &g.Reach)
	return g, err
}

// Whose a reach is. Ids alone do not tell kinds of rows apart.
const (
	ofGrant         = "grant"
	ofPersonalToken = "personal_token"
)

func (t *tx) replaceReach(kind string, holder core.ID, reach core.Reach) error {
	if _, err := t.exec(`DELETE FROM reaches WHERE holder_id = $1 AND holder = $2`, holder, kind); err != nil || reach.All {
		return err
	}
	for _, account := range reach.Accounts {
		if _, err := t.exec(`
			INSERT INTO reaches (holder, holder_id, account_id)
			VALUES ($1, $2, $3)`, kind, holder, account); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) readReach(kind string, holder core.ID, reach *core.Reach) error {
	if reach.All {
		return nil
	}
	return t.each(`
		SELECT account_id
		FROM reaches
		WHERE holder_id = $1 AND holder = $2
		ORDER BY account_id`, args(holder, kind), func(row scanner) error {
		var id core.ID
		err := row.Scan(&id)
		reach.Accounts = append(reach.Accounts, id)
		return err
	})
}
