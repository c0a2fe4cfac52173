package sunset

import (
	"context"
	"slices"
	"time"

	"launchpad/internal/core"
)

// Days is how far back the reports look.
const Days = 30

// Of lists the uses of one app in the days that are reported, the latest day first.
func (w *Ways) Of(ctx context.Context, app core.ID) ([]core.OldUse, error) {
	return w.store.OldUsesOf(ctx, app, core.DayOf(w.clock.Now()).AddDate(0, 0, 1-Days))
}

// Usage is the use of every old way by every app, the most frequent first.
func (w *Ways) Usage(ctx context.Context) ([]core.OldUsage, error) {
	return w.store.OldUsage(ctx, core.DayOf(w.clock.Now()), Days)
}

// Total is what all apps together did of one old way.
type Total struct {
	Way                 core.OldWay
	Today, Week, Period int64
	LastAt              time.Time       // zero: no use is remembered
	Apps                []core.OldUsage // with uses in the period, the most frequent first
}

// Totals sums usage up, one for every old way there is.
func Totals(usage []core.OldUsage) []Total {
	list := make([]Total, len(core.OldWays))
	for i, rules := range core.OldWays {
		list[i].Way = rules.Way
	}
	for _, u := range usage {
		at := slices.IndexFunc(list, func(t Total) bool { return t.Way == u.Way })
		if at < 0 {
			continue // of a version to come
		}
		t := &list[at]
		t.Today, t.Week, t.Period = t.Today+u.Today, t.Week+u.Week, t.Period+u.Period
		if u.LastAt.After(t.LastAt) {
			t.LastAt = u.LastAt
		}
		if u.Period > 0 {
			t.Apps = append(t.Apps, u)
		}
	}
	return list
}
