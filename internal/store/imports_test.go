package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// brought is an old token of Ann's to the app, by the digests "refresh" and "access".
func (w *world) brought(t *testing.T, g core.Grant, expires time.Time) (core.Authorization, core.ImportedToken) {
	t.Helper()
	now := w.clock.Now()
	a := core.Authorization{ID: w.id(), GrantID: g.ID, AppID: g.AppID, IdentityID: g.IdentityID, Scope: g.Scope, CreatedAt: now.Add(-time.Hour), ExpiresAt: now.AddDate(1, 0, 0)}
	k := core.AccessToken{ID: w.id(), AuthorizationID: a.ID, GrantID: g.ID, AppID: g.AppID, IdentityID: g.IdentityID, Scope: g.Scope, IssuedAt: now.Add(-time.Hour), ExpiresAt: expires}
	must(t, w.BringTokens(t.Context(), store.ImportedTokens{
		Given: []core.Grant{g}, Refresh: map[string]core.Authorization{"refresh": a}, Access: map[string]core.AccessToken{"access": k},
	}, now))
	return a, core.ImportedToken{AccessToken: k, Digest: "access"}
}

func (w *world) oldGrant(who core.Identity, scope ...string) core.Grant {
	now := w.clock.Now()
	return core.Grant{ID: w.id(), IdentityID: who.ID, AppID: w.app.ID, Scope: oauth.Scopes(scope...), CreatedAt: now}
}

func TestOldTokensStandOnTheirGrant(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := w.oldGrant(w.ben, "read", "write")
		a, k := w.brought(t, g, time.Time{})
		found, err := w.ImportedAccessToken(ctx, "access")
		must(t, err)
		if found.ID != k.ID || found.AuthorizationID != a.ID || found.Generation != 1 || found.Scope.String() != "read write" || !found.Reach.All || found.Reach.Default != w.bensCo.ID || !found.ExpiresAt.IsZero() {
			t.Errorf("found %+v", found)
		}
		if _, err := w.ImportedAccessToken(ctx, "refresh"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("a refresh token passes as an access token: %v", err)
		}
		if _, err := w.ImportedRefreshToken(ctx, "access"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("an access token passes as a refresh token: %v", err)
		}
		granted, err := w.Grant(ctx, w.ben.ID, w.app.ID)
		must(t, err)
		must(t, w.RevokeGrant(ctx, granted.ID, w.ben.ID, w.clock.Now()))
		if _, err := w.ImportedAccessToken(ctx, "access"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("after the grant was taken back: %v, want %v", err, core.ErrNotFound)
		}
	})
}

// Whatever an old token stands on ends it.
func TestOldAccessTokensEnd(t *testing.T) {
	ends := map[string]func(*testing.T, *world, core.Authorization, core.ImportedToken){
		"itself revoked": func(t *testing.T, w *world, _ core.Authorization, k core.ImportedToken) {
			must(t, w.RevokeImportedToken(t.Context(), k, w.clock.Now()))
		},
		"its sign-in revoked": func(t *testing.T, w *world, a core.Authorization, _ core.ImportedToken) {
			must(t, w.RevokeAuthorization(t.Context(), a, core.EventAuthorizationRevoked, core.ID{}, w.clock.Now()))
		},
		"its person locked": func(t *testing.T, w *world, _ core.Authorization, _ core.ImportedToken) {
			must(t, w.LockIdentity(t.Context(), w.ben.ID, w.ann.ID, w.clock.Now()))
		},
		"its app deleted": func(t *testing.T, w *world, _ core.Authorization, _ core.ImportedToken) {
			must(t, w.DeleteApp(t.Context(), w.app.ID, w.ann.ID, w.clock.Now()))
		},
		"its successor used": func(t *testing.T, w *world, a core.Authorization, _ core.ImportedToken) {
			must(t, w.ClaimFamily(t.Context(), a.ID, "bits"))
			g, err := w.Grant(t.Context(), w.ben.ID, w.app.ID)
			must(t, err)
			a.Digest = "bits"
			must(t, w.Rotate(t.Context(), rotation(a, g, 1, w.clock.Now())))
			if _, err := w.ImportedAccessToken(t.Context(), "access"); err != nil {
				t.Errorf("before the successor was used, its answer may be lost: %v", err)
			}
			must(t, w.Confirm(t.Context(), map[core.ID]int64{a.ID: 2}))
		},
		"the source revoked it": func(t *testing.T, w *world, _ core.Authorization, _ core.ImportedToken) {
			n, err := w.EndImported(t.Context(), []string{"refresh", "access", "other"}, w.clock.Now())
			must(t, err)
			if n != 2 {
				t.Errorf("%d ended, want 2", n)
			}
			again, err := w.EndImported(t.Context(), []string{"refresh", "access"}, w.clock.Now())
			must(t, err)
			if again != 0 {
				t.Errorf("%d ended again", again)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				a, k := w.brought(t, w.oldGrant(w.ben, "read"), time.Time{})
				end(t, w, a, k)
				if _, err := w.ImportedAccessToken(t.Context(), "access"); !errors.Is(err, core.ErrNotFound) {
					t.Errorf("got %v, want %v", err, core.ErrNotFound)
				}
			})
		})
	}
}

// The first use of what another server refreshed ends what it was refreshed from, once, and nothing of anybody else.
func TestASuccessorEndsItsPredecessor(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		g := w.oldGrant(w.ben, "read")
		old, _ := w.brought(t, g, time.Time{})
		next := core.Authorization{ID: w.id(), GrantID: g.ID, AppID: g.AppID, IdentityID: g.IdentityID, Scope: g.Scope, CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)}
		must(t, w.BringTokens(ctx, store.ImportedTokens{
			Refresh:  map[string]core.Authorization{"next": next},
			Access:   map[string]core.AccessToken{"next access": {ID: w.id(), AuthorizationID: next.ID, GrantID: g.ID, AppID: g.AppID, IdentityID: g.IdentityID, Scope: g.Scope, IssuedAt: now}},
			Replaces: map[core.ID]string{next.ID: "refresh"},
		}, now))
		// Somebody else's that claims the same is believed nothing.
		other := w.oldGrant(w.ann, "read")
		claims := core.Authorization{ID: w.id(), GrantID: other.ID, AppID: other.AppID, IdentityID: other.IdentityID, CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)}
		must(t, w.BringTokens(ctx, store.ImportedTokens{
			Given: []core.Grant{other}, Refresh: map[string]core.Authorization{"other": claims}, Replaces: map[core.ID]string{claims.ID: "refresh"},
		}, now))
		unused := func() bool {
			found, err := w.ImportedAccessToken(ctx, "next access")
			must(t, err)
			return found.Unused
		}
		must(t, w.EndPredecessor(ctx, claims.ID, now))
		must(t, w.EndPredecessor(ctx, old.ID, now))
		if _, err := w.ImportedAccessToken(ctx, "access"); err != nil || !unused() {
			t.Errorf("strangers ended it: %v, unused %t", err, unused())
		}
		if n := race(t, func() error { return w.EndPredecessor(context.Background(), next.ID, now) }); n == 0 {
			t.Error("nobody used it")
		}
		if _, err := w.ImportedAccessToken(ctx, "access"); !errors.Is(err, core.ErrNotFound) || unused() {
			t.Errorf("the predecessor: %v, want %v; unused %t", err, core.ErrNotFound, unused())
		}
	})
}

func TestAFamilyIsClaimedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		a, _ := w.brought(t, w.oldGrant(w.ben, "read"), time.Time{})
		if n := race(t, func() error { return w.ClaimFamily(context.Background(), a.ID, "bits") }); n != 1 {
			t.Errorf("%d claims, want 1", n)
		}
		standing, err := w.Authorization(t.Context(), a.ID)
		must(t, err)
		if standing.Digest != "bits" {
			t.Errorf("digest %q", standing.Digest)
		}
		ours := w.authorization(t, w.consent(t, w.ann, core.Reach{All: true}, "read"))
		wantErr(t, "a family of our own", w.ClaimFamily(t.Context(), ours.ID, "bits"), core.ErrConflict)
	})
}

// Two runs at once: whatever both bring is there once, and the loser is told to look again.
func TestABatchIsBroughtOnceOrNotAtAll(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		bring := func() error {
			g := w.oldGrant(w.ben, "read")
			a := core.Authorization{ID: w.id(), GrantID: g.ID, AppID: g.AppID, IdentityID: g.IdentityID, Scope: g.Scope, CreatedAt: now, ExpiresAt: now.AddDate(1, 0, 0)}
			return w.BringTokens(context.Background(), store.ImportedTokens{Given: []core.Grant{g}, Refresh: map[string]core.Authorization{"refresh": a}}, now)
		}
		if n := race(t, bring); n != 1 {
			t.Errorf("%d batches, want 1", n)
		}
		id, err := w.ImportedRefreshToken(t.Context(), "refresh")
		must(t, err)
		if _, err := w.Authorization(t.Context(), id); err != nil {
			t.Errorf("the winner's authorization: %v", err)
		}
		people := func() error {
			i := core.Identity{ID: w.id(), Email: "old@example.com", Name: "Old", CreatedAt: now}
			return w.BringPeople(context.Background(), "source", []core.Identity{i}, map[string]core.ID{"1": i.ID}, store.ImportedSeats{}, now)
		}
		if n := race(t, people); n != 1 {
			t.Errorf("%d people, want 1", n)
		}
		came, err := w.IdentityByEmail(t.Context(), "old@example.com")
		must(t, err)
		from, err := w.SourcesOf(t.Context(), []string{came.ID.String(), w.ann.ID.String()})
		must(t, err)
		if len(from) != 1 || len(from[came.ID]) != 1 || from[came.ID][0] != "source" {
			t.Errorf("who came from where: %v", from)
		}
	})
}

// People come with their seats, or not at all: a run that dies in between would leave them outside for good.
func TestPeopleComeWithTheirSeats(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		eve := core.Identity{ID: w.id(), Email: "eve@example.com", Name: "Eve", CreatedAt: now}
		seats := store.ImportedSeats{
			Members: []core.Membership{{IdentityID: eve.ID, Account: w.annsCo, Role: core.RoleMember}}, Seen: map[string]core.ID{"sample-ann/7": eve.ID},
		}
		taken := store.ImportedSeats{Members: append([]core.Membership{{IdentityID: w.ann.ID, Account: w.annsCo, Role: core.RoleMember}}, seats.Members...), Seen: seats.Seen}
		wantErr(t, "one seat is taken", w.BringPeople(ctx, "old", []core.Identity{eve}, map[string]core.ID{"7": eve.ID}, taken, now), core.ErrConflict)
		if _, err := w.IdentityByEmail(ctx, eve.Email); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("the person came without the seat: %v", err)
		}
		must(t, w.BringPeople(ctx, "old", []core.Identity{eve}, map[string]core.ID{"7": eve.ID}, seats, now))
		belongs, err := w.MembershipsOf(ctx, []string{eve.ID.String()})
		must(t, err)
		seen, err := w.ImportedRows(ctx, "old", store.ImportedSeat, []string{"sample-ann/7", "sample-ann/8"})
		must(t, err)
		if len(belongs[eve.ID]) != 1 || len(seen) != 1 || seen["sample-ann/7"] != eve.ID {
			t.Errorf("belongs to %v, remembered %v", belongs, seen)
		}
		wantErr(t, "a seat that was seen", w.BringMembers(ctx, "old", store.ImportedSeats{Seen: seats.Seen}, now), core.ErrConflict)
	})
}

// A grant that changed since it was looked at is not widened by what was seen before.
func TestAGrantIsWidenedAsItWasSeen(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		g := w.consent(t, w.ann, core.Reach{Accounts: []core.ID{w.annsCo.ID}, Default: w.annsCo.ID}, "read")
		wider := g
		wider.Scope = oauth.Scopes("read", "write")
		must(t, w.BringTokens(t.Context(), store.ImportedTokens{Widened: []core.Grant{wider}}, w.clock.Now()))
		now, err := w.Grant(t.Context(), w.ann.ID, w.app.ID)
		must(t, err)
		if now.Scope.String() != "read write" || now.Reach.All || !now.Reach.Includes(w.annsCo.ID) || now.Version <= g.Version {
			t.Errorf("widened to %+v", now)
		}
		wantErr(t, "seen before", w.BringTokens(t.Context(), store.ImportedTokens{Widened: []core.Grant{wider}}, w.clock.Now()), core.ErrConflict)
	})
}

// The sweep leaves an old token that never expires alone, and ends it if what it would forget says so.
func TestTheSweepAndOldTokens(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		a, _ := w.brought(t, w.oldGrant(w.ben, "read"), time.Time{})
		sweep := func() {
			t.Helper()
			_, err := w.SweepAuthorizations(t.Context(), core.ID{}, store.Horizon{Now: w.clock.Now(), RefreshIdle: 24 * time.Hour, Keep: time.Hour})
			must(t, err)
			must(t, w.SweepRest(t.Context(), store.Horizon{Now: w.clock.Now(), RefreshIdle: 24 * time.Hour, Keep: time.Hour}))
		}
		w.clock.Advance(30 * 24 * time.Hour)
		sweep()
		if _, err := w.Authorization(t.Context(), a.ID); !errors.Is(err, core.ErrNotFound) {
			t.Fatalf("the idle authorization: %v", err)
		}
		if _, err := w.ImportedAccessToken(t.Context(), "access"); err != nil {
			t.Errorf("nobody refreshed for long: %v", err)
		}
		here, err := w.TokensHere(t.Context(), []string{"refresh", "access", "other"})
		must(t, err)
		if !here["refresh"] || !here["access"] || here["other"] {
			t.Errorf("another run would bring them again: %v", here)
		}
		w.clock.Advance(2 * 365 * 24 * time.Hour)
		sweep()
		if here, _ = w.TokensHere(t.Context(), []string{"refresh"}); here["refresh"] {
			t.Error("the refresh token is over and still kept")
		}
	})
	eachWorld(t, func(t *testing.T, w *world) {
		a, _ := w.brought(t, w.oldGrant(w.ben, "read"), time.Time{})
		must(t, w.RevokeAuthorization(t.Context(), a, core.EventAuthorizationRevoked, core.ID{}, w.clock.Now()))
		w.clock.Advance(30 * 24 * time.Hour)
		_, err := w.SweepAuthorizations(t.Context(), core.ID{}, store.Horizon{Now: w.clock.Now(), RefreshIdle: 24 * time.Hour, Keep: time.Hour})
		must(t, err)
		if _, err := w.ImportedAccessToken(t.Context(), "access"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("revoked and forgotten: %v, want %v", err, core.ErrNotFound)
		}
	})
}

func TestAForeignHashIsReplacedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		if n := race(t, func() error { return w.ReplaceForeignHash(context.Background(), w.ann.ID, "hash", "ours") }); n != 1 {
			t.Errorf("%d replacements, want 1", n)
		}
		wantErr(t, "a stranger's hash", w.ReplaceForeignHash(t.Context(), w.ben.ID, "ours", "theirs"), core.ErrConflict)
	})
}

// What an import looks up is its own source's, and nobody else's.
func TestWhatCameIsFoundAgain(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		some, err := w.HoldsImportedTokens(ctx)
		must(t, err)
		must(t, w.BeginImport(ctx, "old", now))
		then, err := w.HoldsImportedTokens(ctx)
		must(t, err)
		if some || !then {
			t.Errorf("tokens can be here: before %v, after %v", some, then)
		}
		eve := core.Identity{ID: w.id(), Email: "eve@example.com", Name: "Eve", CreatedAt: now}
		must(t, w.BringPeople(ctx, "old", []core.Identity{eve}, map[string]core.ID{"7": eve.ID}, store.ImportedSeats{}, now))
		company := core.Account{ID: w.id(), Slug: "old-company", Name: "Old", CreatedAt: now}
		must(t, w.BringMembers(ctx, "old", store.ImportedSeats{
			Accounts: []core.Account{company}, Members: []core.Membership{{IdentityID: eve.ID, Account: company, Role: core.RoleOwner}}, Seen: map[string]core.ID{"old-company/7": eve.ID},
		}, now))
		app := w.app
		app.ID, app.ClientID, app.Secrets = w.id(), "old_uid", nil
		must(t, w.BringApp(ctx, "old", "3", app, now))
		wantErr(t, "the client_id is taken", w.BringApp(ctx, "old", "4", core.App{ID: w.id(), ClientID: "old_uid", Publisher: w.annsCo, OwnerID: w.ann.ID, CreatedAt: now}, now), core.ErrConflict)
		must(t, w.EndImport(ctx, "old", map[string]int{"person": 1}, now))

		rows, err := w.ImportedRows(ctx, "old", store.ImportedIdentity, []string{"7", "8"})
		must(t, err)
		strangers, err := w.ImportedRows(ctx, "another", store.ImportedIdentity, []string{"7"})
		must(t, err)
		if len(rows) != 1 || rows["7"] != eve.ID || len(strangers) != 0 {
			t.Errorf("rows %v; of another source %v", rows, strangers)
		}
		byEmail, err := w.IdentitiesByEmail(ctx, []string{"eve@example.com", "nobody@example.com"})
		must(t, err)
		must(t, w.LockIdentity(ctx, w.ben.ID, w.ann.ID, now))
		living, err := w.LivingIdentities(ctx, []string{eve.ID.String(), w.ben.ID.String()})
		must(t, err)
		if len(byEmail) != 1 || byEmail["eve@example.com"].ID != eve.ID || len(living) != 1 || living[eve.ID.String()].ID != eve.ID {
			t.Errorf("by e-mail %v, living %v", byEmail, living)
		}
		bySlug, err := w.AccountsBySlug(ctx, []string{"old-company", "none"})
		must(t, err)
		members, err := w.MembersIn(ctx, company.ID)
		must(t, err)
		belongs, err := w.MembershipsOf(ctx, []string{eve.ID.String()})
		must(t, err)
		if bySlug["old-company"].ID != company.ID || len(bySlug) != 1 || members != 1 || len(belongs[eve.ID]) != 1 || belongs[eve.ID][0] != company.ID {
			t.Errorf("accounts %v, %d members, Eve belongs to %v", bySlug, members, belongs)
		}
	})
}

// An import may not give again what somebody took back, so it is told both.
func TestGrantsThatWereTakenBackAreKnown(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		old := w.consent(t, w.ann, core.Reach{All: true}, "read")
		must(t, w.RevokeGrant(ctx, old.ID, w.ann.ID, w.clock.Now()))
		live := w.consent(t, w.ann, core.Reach{All: true}, "write")
		w.consent(t, w.ben, core.Reach{All: true}, "read")
		grants, err := w.GrantsOf(ctx, []string{w.ann.ID.String()})
		must(t, err)
		revoked := map[core.ID]bool{}
		for _, g := range grants {
			revoked[g.ID] = !g.RevokedAt.IsZero()
		}
		if len(grants) != 2 || !revoked[old.ID] || revoked[live.ID] {
			t.Errorf("found %+v", grants)
		}
	})
}
