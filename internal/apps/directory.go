package apps

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

const (
	directorySize = 20_000
	directoryAge  = 10 * time.Second // a bound for changes that another node made
)

// Directory finds apps. Records are kept in memory and dropped when the change log names them.
type Directory struct {
	store    *store.Store
	byClient *otter.Cache[string, core.App]
	byID     *otter.Cache[core.ID, core.App]
}

// NewDirectory makes an empty directory.
func NewDirectory(s *store.Store) *Directory {
	return &Directory{store: s, byClient: newCache[string](), byID: newCache[core.ID]()}
}

func newCache[K comparable]() *otter.Cache[K, core.App] {
	return otter.Must(&otter.Options[K, core.App]{
		MaximumSize:      directorySize,
		ExpiryCalculator: otter.ExpiryWriting[K, core.App](directoryAge),
	})
}

// Read takes in a line of the change log.
func (d *Directory) Read(e core.Event) {
	if e.Kind != core.EventAppChanged && e.Kind != core.EventAppDeleted {
		return
	}
	if app, ok := d.byID.Invalidate(e.AppID); ok {
		d.byClient.Invalidate(app.ClientID)
	}
}

// ByClientID finds a usable app: core.ErrNotFound if it is unknown, deleted or suspended.
func (d *Directory) ByClientID(ctx context.Context, clientID string) (core.App, error) {
	if app, ok := d.byClient.GetIfPresent(clientID); ok {
		return app, nil
	}
	return d.remember(d.store.AppByClientID(ctx, clientID))
}

// ByID finds a usable app likewise.
func (d *Directory) ByID(ctx context.Context, id core.ID) (core.App, error) {
	if app, ok := d.byID.GetIfPresent(id); ok {
		return app, nil
	}
	return d.remember(d.store.App(ctx, id))
}

// remember keeps found apps only: a flood of made-up ids must not push the real ones out.
func (d *Directory) remember(app core.App, err error) (core.App, error) {
	if err != nil {
		return core.App{}, err
	}
	if !app.Usable() || !app.Publisher.SuspendedAt.IsZero() {
		return core.App{}, core.ErrNotFound
	}
	d.byID.Set(app.ID, app)
	d.byClient.Set(app.ClientID, app)
	return app, nil
}
