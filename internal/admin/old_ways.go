package admin

import (
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/sunset"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// mostApps is how many are listed for one way; the command line lists all.
const mostApps = 100

func (a *Room) oldWays(w http.ResponseWriter, r *http.Request) error {
	a.Flush(r.Context())
	usage, err := a.OldWays.Usage(r.Context())
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("sum up old ways: %w", err))
	}
	var page web.OldWaysReport
	for _, t := range sunset.Totals(usage) {
		end := a.OldWays.End(t.Way)
		total := web.OldWayTotal{
			Way: t.Way, Today: t.Today, Week: t.Week, Month: t.Period, LastAt: t.LastAt,
			EndsAt: end, Ended: !end.IsZero() && !a.Clock.Now().Before(end), Apps: t.Apps,
		}
		if more := len(total.Apps) - mostApps; more > 0 {
			total.Apps, total.More = total.Apps[:mostApps], more
		}
		page.Totals = append(page.Totals, total)
	}
	return a.Pages.Render(w, r, http.StatusOK, page)
}

func (a *Room) oldWaysOfApp(w http.ResponseWriter, r *http.Request) error {
	a.Flush(r.Context())
	id, _ := core.ParseID(r.PathValue("app")) // what is no id is nobody's
	app, err := a.Store.App(r.Context(), id)
	if errors.Is(err, core.ErrNotFound) {
		return nowhere()
	}
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	developer, err := a.Store.Identity(r.Context(), app.OwnerID)
	if err != nil && !app.Stranger() {
		return oauth.Unavailable(fmt.Errorf("load developer: %w", err))
	}
	uses, err := a.OldWays.Of(r.Context(), app.ID)
	if err != nil {
		return oauth.Unavailable(fmt.Errorf("load old ways of an app: %w", err))
	}
	return a.Pages.Render(w, r, http.StatusOK, web.AppOldWays{App: app, Developer: developer, OldWays: web.OldWays(uses, a.Clock.Now(), a.OldWays.End)})
}
