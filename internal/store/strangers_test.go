package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

func (w *world) stranger(name string, secrets bool) core.Registration {
	now := w.clock.Now()
	app := core.App{ID: w.id(), Name: name, Kind: core.KindAgent, Profile: core.ProfileOAuth21, TokenFormat: core.FormatSealed,
		RedirectURIs: []string{"https://agent.example/cb", "http://127.0.0.1/cb"}, CreatedAt: now}
	app.ClientID = "app_" + app.ID.String()
	r := core.Registration{App: app, ExpiresAt: now.Add(24 * time.Hour)}
	if secrets {
		r.App.Kind = core.KindAgentServer
		r.App.Secrets = []core.AppSecret{{ID: w.id(), Digest: "digest", Hint: "hint", CreatedAt: now}}
		r.TokenDigest = "token-" + app.ID.String()
	} else {
		r.Fingerprint = "said-" + name
	}
	return r
}

func (w *world) register(t *testing.T, r core.Registration) core.App {
	t.Helper()
	now := w.clock.Now()
	app, err := w.Register(t.Context(), r, room(now))
	must(t, err)
	return app
}

// most that wait here.
const most = 120

func room(now time.Time) store.Room {
	return store.Room{SharedSince: now.Add(-24 * time.Hour), Most: most, Before: now.Add(-time.Hour)}
}

func (w *world) document(address string) core.App {
	now := w.clock.Now()
	id := core.ID{0: 1, 6: 0x80, 8: 0x80, 15: byte(len(address))}
	return core.App{ID: id, ClientID: address, Name: "Document", Kind: core.KindAgent, Profile: core.ProfileOAuth21, TokenFormat: core.FormatSealed,
		RedirectURIs: []string{"https://agent.example/cb", "http://127.0.0.1/cb"}, CreatedAt: now, DocumentAt: now}
}

func (w *world) allow(t *testing.T, who core.Identity, app core.ID) core.Grant {
	t.Helper()
	now := w.clock.Now()
	g, err := w.RecordConsent(t.Context(), core.Grant{ID: w.id(), IdentityID: who.ID, AppID: app, Scope: oauth.Scopes("read"), Reach: core.Reach{All: true}, CreatedAt: now, UpdatedAt: now}, w.id(), now.Add(time.Hour))
	must(t, err)
	return g
}

// together runs a fact a hundred times at once; none may fail.
func together(t *testing.T, fact func(i int) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if err := fact(i); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	all.Wait()
}

func TestARegistrationBecomesAnAppWhenSomebodyLetsItIn(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		r := w.stranger("Agent", true)
		w.register(t, r)
		_, err := w.AppByClientID(ctx, r.App.ClientID)
		wantErr(t, "an app before anybody let it in", err, core.ErrNotFound)
		waiting, err := w.RegistrationByClientID(ctx, r.App.ClientID)
		must(t, err)
		if len(waiting.Secrets) != 1 || waiting.Secrets[0].Digest != "digest" || !waiting.Confidential() || len(waiting.RedirectURIs) != 2 {
			t.Errorf("what waits: %+v", waiting)
		}
		together(t, func(int) error {
			return w.KeepRegistered(context.Background(), r.App.ID, w.clock.Now(), w.clock.Now().Add(time.Hour))
		})
		app, err := w.AppByClientID(ctx, r.App.ClientID)
		must(t, err)
		if !app.Stranger() || !app.Publisher.ID.Zero() || !app.OwnerID.Zero() || app.OwnerLeft || len(app.Secrets) != 1 || app.Profile != core.ProfileOAuth21 {
			t.Errorf("the app: %+v", app)
		}
		_, err = w.RegistrationByClientID(ctx, r.App.ClientID)
		wantErr(t, "still waiting", err, core.ErrNotFound)
		connected := w.allow(t, w.ann, app.ID)
		list, err := w.ConnectedApps(ctx, w.ann.ID)
		must(t, err)
		if len(list) != 1 || list[0].Grant.ID != connected.ID || list[0].App.Host() != "agent.example" || !list[0].App.Stranger() {
			t.Errorf("connected apps: %+v", list)
		}
		wantErr(t, "one that is gone", w.KeepRegistered(ctx, w.id(), w.clock.Now(), w.clock.Now()), core.ErrNotFound)
	})
}

// Two first consents for one document make one app.
func TestADocumentIsOneApp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		app := w.document("https://agent.example/client.json")
		together(t, func(int) error {
			return w.KeepDocumented(context.Background(), app, w.clock.Now(), w.clock.Now().Add(time.Hour))
		})
		w.clock.Advance(time.Minute)
		changed := app
		changed.RedirectURIs, changed.DocumentAt = changed.RedirectURIs[:1], w.clock.Now()
		must(t, w.KeepDocumented(ctx, changed, w.clock.Now(), w.clock.Now()))
		found, err := w.AppByClientID(ctx, app.ClientID)
		must(t, err)
		if len(found.RedirectURIs) != 1 || !found.RedirectsChangedAt.Equal(w.clock.Now()) || !found.DocumentAt.Equal(w.clock.Now()) || !found.Documented() {
			t.Errorf("after the document dropped an address: %+v", found)
		}
		posing := app
		posing.ClientID = "https://other.example/client.json"
		wantErr(t, "another address with the same id", w.KeepDocumented(ctx, posing, w.clock.Now(), w.clock.Now()), core.ErrNotFound)
	})
}

func TestWhoSaysTheSameWithinADayIsTheSame(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.register(t, w.stranger("Same", false))
		var mu sync.Mutex
		seen := map[string]int{}
		again := make([]core.Registration, 100)
		for i := range again {
			again[i] = w.stranger("Same", false)
		}
		now := w.clock.Now()
		together(t, func(i int) error {
			app, err := w.Register(context.Background(), again[i], room(now))
			mu.Lock()
			seen[app.ClientID]++
			mu.Unlock()
			return err
		})
		if seen[first.ClientID] != 100 {
			t.Errorf("got %v, want %s alone", seen, first.ClientID)
		}
		must(t, w.KeepRegistered(t.Context(), first.ID, w.clock.Now(), w.clock.Now()))
		if app := w.register(t, w.stranger("Same", false)); app.ClientID != first.ClientID || !app.Stranger() {
			t.Errorf("once it was let in, the same got %s", app.ClientID)
		}
		if app := w.register(t, w.stranger("Other", false)); app.ClientID == first.ClientID {
			t.Error("another got the same")
		}
		w.clock.Advance(24*time.Hour + time.Second)
		next := w.register(t, w.stranger("Same", false))
		if next.ClientID == first.ClientID {
			t.Error("the same after a day")
		}
		must(t, w.KeepRegistered(t.Context(), next.ID, w.clock.Now(), w.clock.Now()))
		secrets := w.register(t, w.stranger("Kept", true))
		if app := w.register(t, w.stranger("Kept", true)); app.ClientID == secrets.ClientID {
			t.Error("one with a secret was shared")
		}
	})
}

// Together they race from nothing, too.
func TestFirstRegistrationsAtOnceAreOne(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		same := make([]core.Registration, 100)
		for i := range same {
			same[i] = w.stranger("Same", false)
		}
		now := w.clock.Now()
		var mu sync.Mutex
		seen := map[string]bool{}
		together(t, func(i int) error {
			app, err := w.Register(context.Background(), same[i], room(now))
			if errors.Is(err, core.ErrConflict) {
				app, err = w.Register(context.Background(), same[i], room(now))
			}
			mu.Lock()
			seen[app.ClientID] = true
			mu.Unlock()
			return err
		})
		if len(seen) != 1 {
			t.Errorf("%d apps, want 1", len(seen))
		}
	})
}

func TestARegistrationIsChangedByItsHolderAlone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		for _, letIn := range []bool{false, true} {
			mine, others, shared := w.stranger("Mine", true), w.stranger("Others", true), w.stranger(fmt.Sprintf("Shared %t", letIn), false)
			for _, r := range []core.Registration{mine, others, shared} {
				w.register(t, r)
				if letIn {
					must(t, w.KeepRegistered(ctx, r.App.ID, now, now.Add(time.Hour)))
				}
			}
			changed := mine.App
			changed.Name = "Changed"
			for what, attempt := range map[string]struct {
				id    core.ID
				token string
			}{
				"another's token": {mine.App.ID, others.TokenDigest}, "no token": {mine.App.ID, ""}, "one that has none": {shared.App.ID, ""}, "none of ours": {w.id(), mine.TokenDigest},
				"an app of the portal": {w.app.ID, ""},
			} {
				stranger := changed
				stranger.ID = attempt.id
				_, err := w.RegisteredApp(ctx, attempt.id, attempt.token)
				wantErr(t, what+": read", err, core.ErrNotFound)
				wantErr(t, what+": change", w.ChangeRegistration(ctx, stranger, attempt.token, now), core.ErrNotFound)
				wantErr(t, what+": end", w.EndRegistration(ctx, attempt.id, attempt.token, now), core.ErrNotFound)
			}
			must(t, w.ChangeRegistration(ctx, changed, mine.TokenDigest, now))
			found, err := w.RegisteredApp(ctx, mine.App.ID, mine.TokenDigest)
			must(t, err)
			if found.Name != "Changed" {
				t.Errorf("let in %t: after the change %+v", letIn, found)
			}
			must(t, w.EndRegistration(ctx, mine.App.ID, mine.TokenDigest, now))
			_, err = w.RegisteredApp(ctx, mine.App.ID, mine.TokenDigest)
			wantErr(t, "after the end", err, core.ErrNotFound)
		}
	})
}

// DC17.
func TestAnEndedRegistrationEndsItsGrants(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		r := w.stranger("Agent", true)
		w.register(t, r)
		must(t, w.KeepRegistered(ctx, r.App.ID, now, now.Add(time.Hour)))
		w.allow(t, w.ann, r.App.ID)
		must(t, w.EndRegistration(ctx, r.App.ID, r.TokenDigest, now))
		_, err := w.Grant(ctx, w.ann.ID, r.App.ID)
		wantErr(t, "the grant", err, core.ErrNotFound)
	})
}

func TestWhatNobodyLetsInGoesAfterADay(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		r := w.stranger("Agent", false)
		w.register(t, r)
		w.clock.Advance(24 * time.Hour)
		must(t, w.SweepStrangers(t.Context(), w.clock.Now()))
		_, err := w.RegistrationByClientID(t.Context(), r.App.ClientID)
		must(t, err)
		w.clock.Advance(time.Second)
		must(t, w.SweepStrangers(t.Context(), w.clock.Now()))
		_, err = w.RegistrationByClientID(t.Context(), r.App.ClientID)
		wantErr(t, "a day later", err, core.ErrNotFound)
	})
}

func TestWhatNobodyUsesEnds(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		r, document := w.stranger("Agent", true), w.document("https://agent.example/client.json")
		w.register(t, r)
		must(t, w.KeepRegistered(ctx, r.App.ID, now, now))
		must(t, w.KeepDocumented(ctx, document, now, now))
		for _, app := range []core.ID{r.App.ID, document.ID} {
			w.allow(t, w.ann, app)
			must(t, w.SeeGrants(ctx, map[core.ID]time.Time{w.allow(t, w.ben, app).ID: now.Add(48 * time.Hour)}))
		}
		later := func(d time.Duration) (registered, documented, granted bool) {
			must(t, w.SweepStrangers(ctx, now.Add(d)))
			_, err := w.App(ctx, r.App.ID)
			_, errDocument := w.App(ctx, document.ID)
			_, errGrant := w.Grant(ctx, w.ben.ID, document.ID)
			return err == nil, errDocument == nil, errGrant == nil
		}
		if r, d, g := later(91 * 24 * time.Hour); !r || !d || !g {
			t.Errorf("89 days after the last use: registered %t, documented %t, granted %t", r, d, g)
		}
		if r, d, g := later((91 + 7 + 1) * 24 * time.Hour); r || !d || g {
			t.Errorf("97 days after it: registered %t, documented %t, granted %t", r, d, g)
		}
		if list, err := w.ConnectedApps(ctx, w.ben.ID); err != nil || len(list) != 0 {
			t.Errorf("connected apps: %d (%v)", len(list), err)
		}
		must(t, w.KeepDocumented(ctx, document, w.clock.Now(), w.clock.Now()))
		w.allow(t, w.ben, document.ID)
	})
}

func TestWithoutRoomTheOldestGivesWay(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		oldest := w.register(t, w.stranger("Oldest", false))
		for i := 1; i < most; i++ {
			w.register(t, w.stranger(fmt.Sprint(i), true))
		}
		_, err := w.Register(t.Context(), w.stranger("One more", true), room(w.clock.Now()))
		wantErr(t, "all of them young", err, core.ErrBusy)
		w.clock.Advance(time.Hour + time.Second)
		w.register(t, w.stranger("One more", true))
		_, err = w.RegistrationByClientID(t.Context(), oldest.ClientID)
		wantErr(t, "the oldest", err, core.ErrNotFound)
	})
}

// DC14.
func TestNamesThatArePublishedAreTaken(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		r := w.stranger("Stranger", true)
		w.register(t, r)
		must(t, w.KeepRegistered(t.Context(), r.App.ID, w.clock.Now(), w.clock.Now()))
		must(t, w.FillLikenesses(t.Context()))
		for name, want := range map[string]bool{"Contract": true, "C0NTRACT": true, "Con tract": true, "Contracts": false, "Stranger": false} {
			if got, err := w.NameTaken(t.Context(), core.Likeness(name)); err != nil || got != want {
				t.Errorf("%q: %t (%v), want %t", name, got, err, want)
			}
		}
	})
}
