package store

import (
	"context"
	"time"

	"launchpad/internal/core"
)

// AddOldUses adds to what was counted, by this process or another one. Uses of apps that do not exist are dropped.
func (s *Store) AddOldUses(ctx context.Context, uses []core.OldUse) error {
	return s.fact(ctx, func(t *tx) error {
		for _, u := range uses {
			if _, err := t.exec(`
				INSERT INTO old_uses (app_id, way, day, count, last_at)
				SELECT p.id, $2, $3, $4, $5
				FROM apps p
				WHERE p.id = $1
				ON CONFLICT (app_id, way, day) DO UPDATE
				SET count = old_uses.count + excluded.count,
					last_at = CASE WHEN excluded.last_at > old_uses.last_at THEN excluded.last_at ELSE old_uses.last_at END`,
				u.AppID, string(u.Way), ms(u.Day), u.Count, ms(u.LastAt)); err != nil {
				return err
			}
		}
		return nil
	})
}

// OldUsesOf lists the uses of one app from a day on, the latest day first.
func (s *Store) OldUsesOf(ctx context.Context, app core.ID, from time.Time) ([]core.OldUse, error) {
	var list []core.OldUse
	err := s.engine.view(ctx).each(`
		SELECT way, day, count, last_at
		FROM old_uses
		WHERE app_id = $1 AND day >= $2
		ORDER BY day DESC, way`, args(app, ms(from)), func(row scanner) error {
		u := core.OldUse{AppID: app}
		err := row.Scan((*string)(&u.Way), since(&u.Day), &u.Count, since(&u.LastAt))
		list = append(list, u)
		return err
	})
	return list, err
}

// OldUsage sums up, for every app that is not deleted and every old way of which a use is remembered, how often it went that way
// on the day that today begins, in the 7 days that end with it, and in as many as are asked for.
func (s *Store) OldUsage(ctx context.Context, today time.Time, days int) ([]core.OldUsage, error) {
	var list []core.OldUsage
	err := s.engine.view(ctx).each(`
		SELECT p.id, p.client_id, p.name, a.id, COALESCE(a.slug, ''), COALESCE(a.name, ''), u.way, u.today, u.week, u.period, u.last_at
		FROM (
			SELECT app_id, way, max(last_at) AS last_at,
				CAST(sum(CASE WHEN day >= $1 THEN count ELSE 0 END) AS BIGINT) AS today,
				CAST(sum(CASE WHEN day >= $2 THEN count ELSE 0 END) AS BIGINT) AS week,
				CAST(sum(CASE WHEN day >= $3 THEN count ELSE 0 END) AS BIGINT) AS period
			FROM old_uses
			GROUP BY app_id, way) u
		JOIN apps p ON p.id = u.app_id AND p.deleted_at IS NULL
		LEFT JOIN accounts a ON a.id = p.account_id
		ORDER BY u.period DESC, u.last_at DESC, p.id, u.way`,
		args(ms(today), ms(today.AddDate(0, 0, -6)), ms(today.AddDate(0, 0, 1-days))), func(row scanner) error {
			var u core.OldUsage
			p := &u.App
			err := row.Scan(&p.ID, &p.ClientID, &p.Name, &p.Publisher.ID, &p.Publisher.Slug, &p.Publisher.Name,
				(*string)(&u.Way), &u.Today, &u.Week, &u.Period, since(&u.LastAt))
			list = append(list, u)
			return err
		})
	return list, err
}
