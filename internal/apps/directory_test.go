package apps_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/lptest"
)

// However lookups and changes interleave, once a change is answered nobody finds the old record.
func TestTheDirectoryNeverServesAnOldRecord(t *testing.T) {
	s := lptest.Start(t, lptest.Engines(t)[0])
	d := apps.NewDirectory(s.Store, events.New(s.Store, s.Clock, s.Watch, slog.Default()))
	s.Store.Heard(func(events []core.Event) {
		for _, e := range events {
			d.Read(e)
		}
	})
	for i := range 50 {
		var readers sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = d.ByClientID(t.Context(), s.Web.ClientID)
					}
				}
			})
		}
		app := s.Switch(s.Web, apps.Switches{Introspection: i%2 == 0})
		found, err := d.ByClientID(t.Context(), s.Web.ClientID)
		if err != nil || found.Introspection != app.Introspection {
			t.Errorf("round %d: found an old record (%v)", i, err)
		}
		close(stop)
		readers.Wait()
	}
	if err := s.Acts().Delete(t.Context(), s.Person, s.Web.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ByClientID(t.Context(), s.Web.ClientID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a deleted app: %v, want %v", err, core.ErrNotFound)
	}
}
