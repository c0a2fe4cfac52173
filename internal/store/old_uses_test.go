package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// oldUse is one of a way, days before now.
func (w *world) oldUse(way core.OldWay, daysAgo int, count int64) core.OldUse {
	at := w.clock.Now().AddDate(0, 0, -daysAgo)
	return core.OldUse{AppID: w.app.ID, Way: way, Day: core.DayOf(at), Count: count, LastAt: at}
}

func TestOldUsesOfSeveralNodesAddUp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const nodes = 100
		var all sync.WaitGroup
		for n := range nodes {
			all.Go(func() {
				late := w.oldUse(core.OldNoPKCE, 0, 2)
				late.LastAt = late.LastAt.Add(time.Duration(n) * time.Second)
				if err := w.AddOldUses(t.Context(), []core.OldUse{late, w.oldUse(core.OldNoState, 0, 1)}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := w.OldUsesOf(t.Context(), w.app.ID, time.Time{}.AddDate(1970, 0, 0))
		must(t, err)
		pkce, state := w.oldUse(core.OldNoPKCE, 0, 2*nodes), w.oldUse(core.OldNoState, 0, nodes)
		pkce.LastAt = pkce.LastAt.Add((nodes - 1) * time.Second)
		if diff := cmp.Diff([]core.OldUse{pkce, state}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOldUsesAreTheAppsOwn(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		unknown := w.oldUse(core.OldNoPKCE, 0, 1)
		unknown.AppID = w.id()
		must(t, w.AddOldUses(t.Context(), []core.OldUse{unknown, w.oldUse(core.OldNoPKCE, 0, 1)})) // the unknown one is nobody's
		for app, want := range map[core.ID]int{w.app.ID: 1, unknown.AppID: 0, w.ben.ID: 0} {
			got, err := w.OldUsesOf(t.Context(), app, w.clock.Now().AddDate(0, 0, -30))
			if err != nil || len(got) != want {
				t.Errorf("%s: %v, %v, want %d", app, got, err, want)
			}
		}
	})
}

func TestOldUsageIsSummedByDays(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		other := w.app
		other.ID, other.ClientID, other.Name, other.Secrets = w.id(), "app_other", "Other", nil
		must(t, w.RegisterApp(t.Context(), w.membership(t, w.ann, w.annsCo), other))
		others := w.oldUse(core.OldNoPKCE, 35, 1000)
		others.AppID = other.ID
		must(t, w.AddOldUses(t.Context(), []core.OldUse{
			w.oldUse(core.OldNoPKCE, 0, 1), w.oldUse(core.OldNoPKCE, 6, 10), w.oldUse(core.OldNoPKCE, 7, 100), w.oldUse(core.OldNoPKCE, 29, 1000), w.oldUse(core.OldNoPKCE, 30, 10_000),
			w.oldUse(core.OldDraft5, 9, 5), others,
		}))
		got, err := w.OldUsage(t.Context(), core.DayOf(w.clock.Now()), 30)
		must(t, err)
		short := func(p core.App) core.App {
			return core.App{ID: p.ID, ClientID: p.ClientID, Name: p.Name, Publisher: core.Account{ID: w.annsCo.ID, Slug: w.annsCo.Slug, Name: w.annsCo.Name}}
		}
		want := []core.OldUsage{
			{App: short(w.app), Way: core.OldNoPKCE, Today: 1, Week: 11, Period: 1111, LastAt: w.clock.Now()},
			{App: short(w.app), Way: core.OldDraft5, Period: 5, LastAt: w.clock.Now().AddDate(0, 0, -9)},
			{App: short(other), Way: core.OldNoPKCE, LastAt: w.clock.Now().AddDate(0, 0, -35)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		must(t, w.DeleteApp(t.Context(), w.app.ID, w.ann.ID, w.clock.Now()))
		if got, err = w.OldUsage(t.Context(), core.DayOf(w.clock.Now()), 30); err != nil || len(got) != 1 {
			t.Errorf("a deleted app is still counted: %v, %v", got, err)
		}
	})
}

func TestOldUsesAreForgotten(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		must(t, w.AddOldUses(t.Context(), []core.OldUse{w.oldUse(core.OldNoPKCE, core.OldUsesKept, 1), w.oldUse(core.OldNoPKCE, core.OldUsesKept-1, 2)}))
		w.clock.Advance(time.Hour)
		must(t, w.SweepRest(t.Context(), store.Horizon{Now: w.clock.Now(), Keep: time.Hour}))
		got, err := w.OldUsesOf(t.Context(), w.app.ID, w.clock.Now().AddDate(-1, 0, 0))
		if err != nil || len(got) != 1 || got[0].Count != 2 {
			t.Errorf("kept: %v, %v, want the younger one", got, err)
		}
	})
}
