package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// Connected is an app that a person let in, with what it was allowed.
type Connected struct {
	App   core.App
	Grant core.Grant
}

// ConnectedApps lists what a person's apps are allowed, by the apps' names.
func (s *Store) ConnectedApps(ctx context.Context, identity core.ID) ([]Connected, error) {
	return s.connected(ctx, `g.revoked_at IS NULL AND p.deleted_at IS NULL`, identity)
}

// AppsOnceConnected lists what a person's apps were allowed until it was taken back, likewise.
func (s *Store) AppsOnceConnected(ctx context.Context, identity core.ID) ([]Connected, error) {
	return s.connected(ctx, `g.revoked_at IS NOT NULL`, identity)
}

func (s *Store) connected(ctx context.Context, which string, identity core.ID) ([]Connected, error) {
	var list []Connected
	t := s.engine.view(ctx)
	err := t.each(`
		SELECT g.id, g.identity_id, g.app_id, g.scope, g.all_accounts, g.default_account_id, g.version, g.created_at, g.updated_at, g.last_used_at, g.revoked_at,
			g.resources, g.bound,
			p.id, p.client_id, p.name, p.homepage_url, p.kind, p.redirect_uris, a.id, COALESCE(a.name, '')
		FROM grants g
		JOIN apps p ON p.id = g.app_id
		LEFT JOIN accounts a ON a.id = p.account_id
		WHERE g.identity_id = $1 AND `+which+`
		ORDER BY p.name, g.id`, args(identity), func(row scanner) error {
		var c Connected
		g, p := &c.Grant, &c.App
		err := row.Scan(&g.ID, &g.IdentityID, &g.AppID, scopeOf(&g.Scope), isTrue(&g.Reach.All), &g.Reach.Default, &g.Version,
			since(&g.CreatedAt), since(&g.UpdatedAt), since(&g.LastUsedAt), since(&g.RevokedAt), linesOf(&g.Resources), isTrue(&g.Bound),
			&p.ID, &p.ClientID, &p.Name, &p.HomepageURL,
			(*string)(&p.Kind), linesOf(&p.RedirectURIs), &p.Publisher.ID, &p.Publisher.Name)
		list = append(list, c)
		return err
	})
	for i := range list {
		if err == nil {
			err = t.readReach(ofGrant, list[i].Grant.ID, &list[i].Grant.Reach)
		}
	}
	return list, err
}

// SeeGrants moves the last use of grants forward.
func (s *Store) SeeGrants(ctx context.Context, seen map[core.ID]time.Time) error {
	return s.see(ctx, seen, `
		UPDATE grants
		SET last_used_at = $2
		WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`)
}

// see runs an update for each id and the moment of its last use.
func (s *Store) see(ctx context.Context, seen map[core.ID]time.Time, update string) error {
	return s.hot(ctx, func(t *tx) error {
		for id, at := range seen {
			if _, err := t.exec(update, id, ms(at)); err != nil {
				return err
			}
		}
		return nil
	})
}
