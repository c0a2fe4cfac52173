package apps

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/store"
)

const (
	directorySize = 20_000
	directoryAge  = time.Minute // a bound for what no log tells of
)

// Directory finds apps. A record is kept in memory until the change log names its app; which app a client_id stands
// for never changes, so that part needs no news. Nothing is kept of ids that do not exist: a flood of made-up ones
// must not push the real ones out.
type Directory struct {
	store *store.Store
	log   *events.Log
	ids   *otter.Cache[string, core.ID]
	apps  *otter.Cache[core.ID, core.App]
}

// NewDirectory makes an empty directory. The log feeds Read.
func NewDirectory(s *store.Store, log *events.Log) *Directory {
	return &Directory{
		store: s,
		log:   log,
		ids:   otter.Must(&otter.Options[string, core.ID]{MaximumSize: directorySize, Executor: core.Here}),
		apps: otter.Must(&otter.Options[core.ID, core.App]{
			MaximumSize:      directorySize,
			Executor:         core.Here,
			ExpiryCalculator: otter.ExpiryWriting[core.ID, core.App](directoryAge),
		}),
	}
}

// Read takes in a line of the change log. A record that is being loaded meanwhile is not kept either.
func (d *Directory) Read(e core.Event) {
	switch e.Kind {
	case core.EventAppChanged, core.EventAppDeleted, core.EventAppHandedOver, core.EventAppMemberAdded, core.EventAppMemberRemoved,
		core.EventAppSecretAdded, core.EventAppSecretEnded:
		d.apps.Invalidate(e.AppID)
	case core.EventAccountSuspended, core.EventAccountResumed, core.EventAccountChanged, core.EventMembershipRemoved: // with it went the seats
		d.apps.InvalidateAll()
	}
}

// ByClientID finds a usable app: core.ErrNotFound if it is unknown, deleted or suspended.
func (d *Directory) ByClientID(ctx context.Context, clientID string) (core.App, error) {
	id, err := d.ids.Get(ctx, clientID, otter.LoaderFunc[string, core.ID](func(ctx context.Context, clientID string) (core.ID, error) {
		// Joined callers share a load, so no single caller's deadline may end it.
		app, err := d.store.AppByClientID(context.WithoutCancel(ctx), clientID)
		return app.ID, err
	}))
	if err != nil {
		return core.App{}, err
	}
	return d.ByID(ctx, id)
}

// ByID finds a usable app likewise.
func (d *Directory) ByID(ctx context.Context, id core.ID) (core.App, error) {
	// A record may be old, and its app deleted, unless this process hears what other nodes do.
	if err := d.log.Current(ctx); err != nil {
		return core.App{}, err
	}
	if app, ok := d.apps.GetIfPresent(id); ok {
		return app, nil
	}
	return d.apps.Get(ctx, id, otter.LoaderFunc[core.ID, core.App](func(ctx context.Context, id core.ID) (core.App, error) {
		app, err := d.store.App(context.WithoutCancel(ctx), id)
		if err == nil && (!app.Usable() || !app.Publisher.SuspendedAt.IsZero()) {
			err = core.ErrNotFound
		}
		return app, err
	}))
}
