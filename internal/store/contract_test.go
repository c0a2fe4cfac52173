package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// One contract, every engine.

// world is a store with two people, an account each, and an app of the first one's.
type world struct {
	*store.Store
	clock          *lptest.Clock
	made           atomic.Int64 // keys
	ann, ben       core.Identity
	annsCo, bensCo core.Account
	app            core.App
}

func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) {
		w := &world{clock: lptest.NewClock()}
		w.Store = e.Store(t, w.clock)
		ctx := t.Context()
		w.ann, w.annsCo = w.person(t, "ann@example.com", "sample-ann")
		w.ben, w.bensCo = w.person(t, "ben@example.com", "sample-ben")
		w.app = core.App{
			ID: w.id(), ClientID: "app_contract", Name: "Contract", Kind: core.KindWeb, Profile: core.ProfileOAuth2, TokenFormat: core.FormatSealed,
			RedirectURIs: []string{"https://a.example/cb", "https://b.example/cb"}, Publisher: w.annsCo, OwnerID: w.ann.ID, CreatedAt: w.clock.Now(),
			Secrets: []core.AppSecret{{ID: w.id(), Digest: "digest", CreatedAt: w.clock.Now()}},
		}
		must(t, w.RegisterApp(ctx, w.membership(t, w.ann, w.annsCo), w.app))
		test(t, w)
	})
}

func (w *world) id() core.ID { return secret.NewID(w.clock.Now()) }

func (w *world) person(t *testing.T, email, slug string) (core.Identity, core.Account) {
	t.Helper()
	i := core.Identity{ID: w.id(), Email: email, Name: email, PasswordHash: "hash", CreatedAt: w.clock.Now()}
	a := core.Account{ID: w.id(), Slug: slug, Name: slug, CreatedAt: w.clock.Now()}
	must(t, w.CreateIdentity(t.Context(), i))
	must(t, w.CreateAccount(t.Context(), a, i.ID))
	return i, a
}

func (w *world) consent(t *testing.T, who core.Identity, reach core.Reach, scope ...string) core.Grant {
	t.Helper()
	now := w.clock.Now()
	g, err := w.RecordConsent(t.Context(), core.Grant{ID: w.id(), IdentityID: who.ID, AppID: w.app.ID, Scope: oauth.Scopes(scope...), Reach: reach, CreatedAt: now, UpdatedAt: now}, w.id(), now.Add(time.Hour))
	must(t, err)
	return g
}

func (w *world) authorization(t *testing.T, g core.Grant) core.Authorization {
	t.Helper()
	now := w.clock.Now()
	a := core.Authorization{
		ID: w.id(), GrantID: g.ID, AppID: g.AppID, IdentityID: g.IdentityID, Scope: g.Scope, RedirectURI: "https://a.example/cb", CodeChallenge: "challenge", Digest: "digest",
		CreatedAt: now, CodeExpiresAt: now.Add(time.Minute), ExpiresAt: now.Add(24 * time.Hour),
	}
	must(t, w.StartAuthorization(t.Context(), a, core.ID{}))
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// race runs the same fact a hundred times at once and counts the winners.
func race(t *testing.T, fact func() error) (winners int) {
	t.Helper()
	var won atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch err := fact(); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, core.ErrConflict):
				t.Errorf("a loser got %v, want %v", err, core.ErrConflict)
			}
		})
	}
	all.Wait()
	return int(won.Load())
}

func TestACodeIsRedeemedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		a := w.authorization(t, w.consent(t, w.ann, core.Reach{All: true}, "read"))
		if n := race(t, func() error { return w.RedeemCode(context.Background(), a.ID, w.clock.Now()) }); n != 1 {
			t.Errorf("%d redemptions, want 1", n)
		}
	})
}

func TestACodeIsNotRedeemedLateOrRevoked(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		late, revoked := w.authorization(t, g), w.authorization(t, g)
		must(t, w.RevokeAuthorization(t.Context(), revoked, core.EventAuthorizationRevoked, core.ID{}, w.clock.Now()))
		wantErr(t, "revoked", w.RedeemCode(t.Context(), revoked.ID, w.clock.Now()), core.ErrConflict)
		w.clock.Advance(time.Minute)
		wantErr(t, "late", w.RedeemCode(t.Context(), late.ID, w.clock.Now()), core.ErrConflict)
	})
}

func rotation(a core.Authorization, g core.Grant, from int64, at time.Time) store.Rotation {
	return store.Rotation{ID: a.ID, From: from, Digest: a.Digest, GrantID: g.ID, GrantVersion: g.Version, IdentityID: g.IdentityID, AppID: g.AppID, At: at}
}

func TestAGenerationIsRotatedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		a := w.authorization(t, g)
		must(t, w.RedeemCode(t.Context(), a.ID, w.clock.Now()))
		var times []time.Time
		for generation := int64(1); generation <= store.Remembered+2; generation++ {
			w.clock.Advance(time.Second)
			step := rotation(a, g, generation, w.clock.Now())
			if n := race(t, func() error { return w.Rotate(context.Background(), step) }); n != 1 {
				t.Errorf("generation %d: %d rotations, want 1", generation, n)
			}
			times = append(times, w.clock.Now())
			s, err := w.Authorization(t.Context(), a.ID)
			must(t, err)
			want := times[max(0, len(times)-store.Remembered):]
			if diff := cmp.Diff(want, s.Recent); s.Generation != generation+1 || !s.RotatedAt.Equal(w.clock.Now()) || diff != "" {
				t.Errorf("row after %d rotations: %+v %s", generation, s.Authorization, diff)
			}
		}
	})
}

// A rotation stands on what the token said; whatever of it is not so any more, or never was, stops it.
func TestARotationStandsOnWhatItSays(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		a := w.authorization(t, g)
		must(t, w.RedeemCode(ctx, a.ID, now))
		good := rotation(a, g, 1, now)
		for name, spoil := range map[string]func(*store.Rotation){
			"another id":         func(r *store.Rotation) { r.ID = w.id() },
			"an old generation":  func(r *store.Rotation) { r.From = 0 },
			"a newer generation": func(r *store.Rotation) { r.From = 2 },
			"other bits":         func(r *store.Rotation) { r.Digest = "x" },
			"another grant":      func(r *store.Rotation) { r.GrantID = w.consent(t, w.ben, core.Reach{All: true}, "read").ID },
			"an older version":   func(r *store.Rotation) { r.GrantVersion-- },
			"another identity":   func(r *store.Rotation) { r.IdentityID = w.ben.ID },
			"another app":        func(r *store.Rotation) { r.AppID = w.id() },
		} {
			r := good
			spoil(&r)
			wantErr(t, name, w.Rotate(ctx, r), core.ErrConflict)
		}
		must(t, w.Rotate(ctx, good))

		edited := w.consent(t, w.ann, core.Reach{All: true}, "write")
		wantErr(t, "grant edited meanwhile", w.Rotate(ctx, rotation(a, g, 2, now)), core.ErrConflict)
		must(t, w.Rotate(ctx, rotation(a, edited, 2, now)))
		other := w.authorization(t, edited)
		must(t, w.RedeemCode(ctx, other.ID, now))
		must(t, w.RevokeAuthorization(ctx, other, core.EventAuthorizationRevoked, core.ID{}, now))
		wantErr(t, "revoked", w.Rotate(ctx, rotation(other, edited, 1, now)), core.ErrConflict)
		must(t, w.RevokeGrant(ctx, edited.ID, w.ann.ID, now))
		wantErr(t, "grant revoked", w.Rotate(ctx, rotation(a, edited, 3, now)), core.ErrConflict)

		again := w.consent(t, w.ann, core.Reach{All: true}, "read")
		locked := w.authorization(t, again)
		must(t, w.RedeemCode(ctx, locked.ID, now))
		must(t, w.LockIdentity(ctx, w.ann.ID, w.ben.ID, now))
		wantErr(t, "identity locked", w.Rotate(ctx, rotation(locked, again, 1, now)), core.ErrConflict)
	})
}

func TestAConsentCountsOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		decision, now := w.id(), w.clock.Now()
		answer := func() error {
			_, err := w.RecordConsent(context.Background(), core.Grant{ID: w.id(), IdentityID: w.ann.ID, AppID: w.app.ID, Scope: oauth.Scopes("read"), Reach: core.Reach{All: true}, CreatedAt: now, UpdatedAt: now}, decision, now.Add(time.Hour))
			return err
		}
		if n := race(t, answer); n != 1 {
			t.Fatalf("%d answers counted, want 1", n)
		}
		g, err := w.Grant(t.Context(), w.ann.ID, w.app.ID)
		must(t, err)
		use := func() error {
			return w.StartAuthorization(context.Background(), core.Authorization{ID: w.id(), GrantID: g.ID, Scope: g.Scope, Digest: "d", CreatedAt: now, CodeExpiresAt: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour)}, decision)
		}
		if n := race(t, use); n != 1 {
			t.Errorf("the decision gave %d authorizations, want 1", n)
		}
	})
}

func TestThereIsOneFirstOperator(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		n := race(t, func() error {
			i := core.Identity{ID: w.id(), Name: "Op", PasswordHash: "h", Operator: true, CreatedAt: now}
			i.Email = i.ID.String() + "@example.com"
			return w.CreateOperator(context.Background(), i, core.Account{ID: w.id(), Slug: "s" + i.ID.String(), Name: "n", CreatedAt: now})
		})
		if n != 1 {
			t.Errorf("%d operators, want 1", n)
		}
		exists, err := w.OperatorExists(t.Context())
		if err != nil || !exists {
			t.Errorf("operator exists: %v, %v", exists, err)
		}
	})
}

func TestUniqueNames(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		wantErr(t, "same e-mail", w.CreateIdentity(t.Context(), core.Identity{ID: w.id(), Email: w.ann.Email, Name: "x", PasswordHash: "h", CreatedAt: w.clock.Now()}), core.ErrConflict)
		wantErr(t, "same slug", w.CreateAccount(t.Context(), core.Account{ID: w.id(), Slug: w.annsCo.Slug, Name: "x", CreatedAt: w.clock.Now()}, w.ann.ID), core.ErrConflict)
		twin := w.app
		twin.ID, twin.Secrets = w.id(), nil
		wantErr(t, "same client_id", w.RegisterApp(t.Context(), w.membership(t, w.ann, w.annsCo), twin), core.ErrConflict)
		wantErr(t, "member twice", w.AddMember(t.Context(), w.ann.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, w.clock.Now()), core.ErrConflict)
		wantErr(t, "member of nothing", w.AddMember(t.Context(), w.ann.ID, w.id(), core.RoleMember, w.ann.ID, w.clock.Now()), core.ErrConflict)
	})
}

// Strangers: what belongs to somebody is not found by anybody else.
func TestStrangersFindNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		wantErr(t, "revoke ann's grant as ben", w.RevokeGrant(ctx, g.ID, w.ben.ID, now), core.ErrNotFound)
		_, err := w.Grant(ctx, w.ben.ID, w.app.ID)
		wantErr(t, "ben's grant", err, core.ErrNotFound)
		token := core.PersonalToken{ID: w.id(), IdentityID: w.ann.ID, AppID: w.app.ID, Name: "t", Digest: "d", Reach: core.Reach{All: true}, CreatedAt: now}
		must(t, w.CreatePersonalToken(ctx, token))
		wantErr(t, "revoke ann's token as ben", w.RevokePersonalToken(ctx, token.ID, w.ben.ID, now), core.ErrNotFound)
		list, err := w.PersonalTokensOf(ctx, w.ben.ID, w.app.ID)
		if err != nil || len(list) != 0 {
			t.Errorf("ben's tokens: %v, %v; want none", list, err)
		}
		wantErr(t, "take ann out of ben's account", w.RemoveMember(ctx, w.membership(t, w.ben, w.bensCo), w.member(t, w.ann), now), core.ErrConflict)
		_, err = w.Membership(ctx, w.ben.ID, w.annsCo.Slug)
		wantErr(t, "ben in ann's account", err, core.ErrNotFound)
		_, err = w.Member(ctx, w.bensCo.ID, w.ann.ID)
		wantErr(t, "ann among ben's members", err, core.ErrNotFound)
		apps, err := w.AppsOf(ctx, w.ben.ID)
		if err != nil || len(apps) != 0 {
			t.Errorf("ben's apps: %v, %v; want none", apps, err)
		}
		members, err := w.Memberships(ctx, w.ben.ID)
		if err != nil || len(members) != 1 || members[0].Account.ID != w.bensCo.ID {
			t.Errorf("ben's accounts: %v, %v; want his own", members, err)
		}
	})
}

func TestConnectedAppsAreTheirOwnersLivingGrants(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		g := w.consent(t, w.ann, core.Reach{Accounts: []core.ID{w.annsCo.ID}, Default: w.annsCo.ID}, "read")
		bens := w.consent(t, w.ben, core.Reach{All: true}, "read")
		must(t, w.SeeGrants(ctx, map[core.ID]time.Time{g.ID: now.Add(time.Hour)}))
		must(t, w.SeeGrants(ctx, map[core.ID]time.Time{g.ID: now}))
		list, err := w.ConnectedApps(ctx, w.ann.ID)
		must(t, err)
		if len(list) != 1 || list[0].Grant.ID != g.ID || list[0].App.Name != w.app.Name || list[0].App.Publisher.Name != w.annsCo.Name ||
			!list[0].Grant.LastUsedAt.Equal(now.Add(time.Hour)) || cmp.Diff(g.Reach, list[0].Grant.Reach) != "" {
			t.Errorf("ann's apps: %+v", list)
		}
		must(t, w.RevokeGrant(ctx, g.ID, w.ann.ID, now))
		if list, err = w.ConnectedApps(ctx, w.ann.ID); err != nil || len(list) != 0 {
			t.Errorf("after the revocation: %+v, %v", list, err)
		}
		if list, err = w.ConnectedApps(ctx, w.ben.ID); err != nil || len(list) != 1 || list[0].Grant.ID != bens.ID {
			t.Errorf("ben's apps: %+v, %v", list, err)
		}
		must(t, w.DeleteApp(ctx, w.app.ID, w.ann.ID, now))
		if list, err = w.ConnectedApps(ctx, w.ben.ID); err != nil || len(list) != 0 {
			t.Errorf("of a deleted app: %+v, %v", list, err)
		}
	})
}

func TestNothingStandsOnTheDead(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		a := w.authorization(t, g)
		must(t, w.RevokeGrant(ctx, g.ID, w.ann.ID, now))
		dead := a
		dead.ID = w.id()
		wantErr(t, "authorization on a revoked grant", w.StartAuthorization(ctx, dead, core.ID{}), core.ErrConflict)
		s, err := w.Authorization(ctx, a.ID)
		must(t, err)
		if s.Grant.RevokedAt.IsZero() {
			t.Error("the standing does not show that the grant is revoked")
		}
		must(t, w.LockIdentity(ctx, w.ben.ID, w.ann.ID, now))
		wantErr(t, "lock twice", w.LockIdentity(ctx, w.ben.ID, w.ann.ID, now), core.ErrConflict)
		session := core.Session{ID: w.id(), IdentityID: w.ben.ID, Digest: "d", CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour)}
		wantErr(t, "session of a locked identity", w.StartSession(ctx, session, core.ID{}), core.ErrConflict)
		again := w.consent(t, w.ann, core.Reach{All: true}, "read")
		if again.ID == g.ID {
			t.Error("a new consent revives the revoked grant")
		}
		must(t, w.DeleteApp(ctx, w.app.ID, w.ann.ID, now))
		_, err = w.AppByClientID(ctx, w.app.ClientID)
		wantErr(t, "deleted app", err, core.ErrNotFound)
		wantErr(t, "change a deleted app", w.ChangeApp(ctx, w.app, w.ann.ID, now), core.ErrConflict)
		_, err = w.Grant(ctx, w.ann.ID, w.app.ID)
		wantErr(t, "grant of a deleted app", err, core.ErrNotFound)
		wantErr(t, "switch a deleted app", w.SwitchApp(ctx, w.app, w.operator(t).ID, now), core.ErrConflict)
		token := core.PersonalToken{ID: w.id(), IdentityID: w.ann.ID, AppID: w.app.ID, Name: "t", Digest: "d", Reach: core.Reach{All: true}, CreatedAt: now}
		wantErr(t, "personal token of a deleted app", w.CreatePersonalToken(ctx, token), core.ErrConflict)
		token.AppID, token.IdentityID = core.ID{}, w.ben.ID
		wantErr(t, "personal token of a locked identity", w.CreatePersonalToken(ctx, token), core.ErrConflict)
		_, err = w.RecordConsent(ctx, core.Grant{ID: w.id(), IdentityID: w.ann.ID, AppID: w.app.ID, CreatedAt: now, UpdatedAt: now}, w.id(), now.Add(time.Hour))
		wantErr(t, "consent to a deleted app", err, core.ErrConflict)
	})
}

// What the developer edits and what the operator switches are apart: an old page of the one does not undo the other.
func TestEditsAndSwitchesAreApart(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now, operator := t.Context(), w.clock.Now(), w.operator(t)
		edited, switched := w.app, w.app
		edited.Name = "Edited"
		switched.Introspection, switched.TokenFormat = true, core.FormatJWT
		must(t, w.SwitchApp(ctx, switched, operator.ID, now))
		must(t, w.ChangeApp(ctx, edited, w.ann.ID, now))
		must(t, w.SwitchApp(ctx, switched, operator.ID, now))
		got, err := w.App(ctx, w.app.ID)
		must(t, err)
		if got.Name != "Edited" || !got.Introspection || got.TokenFormat != core.FormatJWT {
			t.Errorf("%+v", got)
		}
	})
}

// A caller that hangs up leaves a fact that is done and heard of, or one that is neither.
func TestWhatIsCommittedIsHeard(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		var heard sync.Map
		w.Heard(func(events []core.Event) {
			for _, e := range events {
				heard.Store(e.SubjectID, true)
			}
		})
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		for i := range 150 {
			a := w.authorization(t, g)
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*20*time.Microsecond)
			err := w.RevokeAuthorization(ctx, a, core.EventAuthorizationRevoked, core.ID{}, w.clock.Now())
			cancel()
			s, lookup := w.Authorization(t.Context(), a.ID)
			must(t, lookup)
			if _, told := heard.Load(a.ID); !s.RevokedAt.IsZero() && !told {
				t.Errorf("%d: the authorization is revoked, and nobody heard of it (%v)", i, err)
			}
		}
	})
}

// A grant's version never comes again, not even after an older copy of the database took the place of this one.
func TestVersionsNeverComeAgain(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.consent(t, w.ann, core.Reach{All: true}, "read")
		w.clock.Advance(time.Second)
		later := w.consent(t, w.ben, core.Reach{All: true}, "read")
		if first.Version != first.UpdatedAt.UnixMilli() || later.Version <= first.Version {
			t.Errorf("versions %d and %d, want the moments of their edits", first.Version, later.Version)
		}
	})
}

// An answer that was lost is noted once, and the window then begins anew.
func TestRecoveryBeginsTheWindowAnew(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		a := w.authorization(t, g)
		must(t, w.RedeemCode(ctx, a.ID, w.clock.Now()))
		for generation := int64(1); generation <= 2; generation++ {
			must(t, w.Rotate(ctx, rotation(a, g, generation, w.clock.Now())))
		}
		s, err := w.Authorization(ctx, a.ID)
		must(t, err)
		w.clock.Advance(time.Hour)
		must(t, w.Recover(ctx, s.Authorization, w.clock.Now()))
		again, err := w.Authorization(ctx, a.ID)
		must(t, err)
		if diff := cmp.Diff([]time.Time{s.Recent[0], w.clock.Now()}, again.Recent); diff != "" || again.Generation != 3 || !again.RotatedAt.Equal(s.RotatedAt) {
			t.Errorf("%+v %s", again.Authorization, diff)
		}
		s.Generation--
		wantErr(t, "a generation that is over", w.Recover(ctx, s.Authorization, w.clock.Now()), core.ErrConflict)
	})
}

func TestASecondConsentAddsScopesAndReplacesTheReach(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		must(t, w.AddMember(t.Context(), w.ann.ID, w.bensCo.ID, core.RoleMember, w.ben.ID, w.clock.Now()))
		first := w.consent(t, w.ann, core.Reach{Accounts: []core.ID{w.annsCo.ID, w.bensCo.ID}, Default: w.annsCo.ID}, "read")
		second := w.consent(t, w.ann, core.Reach{Accounts: []core.ID{w.bensCo.ID}, Default: w.bensCo.ID}, "write")
		if second.ID != first.ID || second.Version != first.Version+1 {
			t.Errorf("second consent: %+v", second)
		}
		g, err := w.Grant(t.Context(), w.ann.ID, w.app.ID)
		must(t, err)
		if g.Scope.String() != "read write" || g.Reach.All || len(g.Reach.Accounts) != 1 || g.Reach.Accounts[0] != w.bensCo.ID || g.Reach.Default != w.bensCo.ID {
			t.Errorf("grant: %+v", g)
		}
	})
}

func TestEventsAreWrittenWithTheFactAndHeardBeforeItsAnswer(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		var heard []core.Event
		var mu sync.Mutex
		w.Heard(func(events []core.Event) {
			mu.Lock()
			heard = append(heard, events...)
			mu.Unlock()
		})
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		mu.Lock()
		n := len(heard)
		mu.Unlock()
		if n != 1 || heard[0].Kind != core.EventGrantGiven || heard[0].SubjectID != g.ID {
			t.Errorf("heard %+v when the consent was answered", heard)
		}
		// A refused fact is not heard of, and leaves no line.
		wantErr(t, "refused", w.RevokeGrant(t.Context(), g.ID, w.ben.ID, w.clock.Now()), core.ErrNotFound)
		written := map[core.EventKind]int{}
		kinds := []core.EventKind{core.EventGrantGiven, core.EventGrantRevoked}
		must(t, w.Events(t.Context(), w.clock.Now(), kinds, func(e core.Event) { written[e.Kind]++ }))
		if written[core.EventGrantGiven] != 1 || written[core.EventGrantRevoked] != 0 || len(heard) != 1 {
			t.Errorf("written %v, heard %d", written, len(heard))
		}
		must(t, w.Events(t.Context(), w.clock.Now().Add(time.Millisecond), kinds, func(e core.Event) { t.Errorf("line from the future: %+v", e) }))
	})
}

func TestSweepDeletesOnlyWhatIsOver(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := w.consent(t, w.ann, core.Reach{All: true}, "read")
		unredeemed, revoked, alive := w.authorization(t, g), w.authorization(t, g), w.authorization(t, g)
		must(t, w.RedeemCode(ctx, revoked.ID, w.clock.Now()))
		must(t, w.RedeemCode(ctx, alive.ID, w.clock.Now()))
		must(t, w.RevokeAuthorization(ctx, revoked, core.EventAuthorizationRevoked, core.ID{}, w.clock.Now()))
		horizon := func() store.Horizon {
			return store.Horizon{Now: w.clock.Now(), RefreshIdle: 48 * time.Hour, Keep: 4 * time.Hour}
		}
		sweep := func() {
			must(t, w.SweepRest(ctx, horizon()))
			next, err := w.SweepAuthorizations(ctx, core.ID{}, horizon())
			for must(t, err); !next.Zero(); {
				next, err = w.SweepAuthorizations(ctx, next, horizon())
				must(t, err)
			}
		}
		sweep()
		for _, a := range []core.Authorization{unredeemed, revoked, alive} {
			if _, err := w.Authorization(ctx, a.ID); err != nil {
				t.Errorf("swept too early: %v", err)
			}
		}
		w.clock.Advance(5 * time.Hour)
		sweep()
		for a, want := range map[core.ID]error{unredeemed.ID: core.ErrNotFound, revoked.ID: core.ErrNotFound, alive.ID: nil} {
			if _, err := w.Authorization(ctx, a); !errors.Is(err, want) {
				t.Errorf("after 5 h: got %v, want %v", err, want)
			}
		}
	})
}

func TestReopeningKeepsEverything(t *testing.T) {
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) {
		dsn, clock := e.DSN(t), lptest.NewClock()
		first, err := store.Open(t.Context(), dsn, clock)
		must(t, err)
		i := core.Identity{ID: secret.NewID(clock.Now()), Email: "a@example.com", Name: "A", PasswordHash: "h", CreatedAt: clock.Now()}
		must(t, first.CreateIdentity(t.Context(), i))
		epoch := first.Epoch()
		must(t, first.Close())
		wantErr(t, "closed store", first.CreateIdentity(t.Context(), i), core.ErrUnavailable)
		second, err := store.Open(t.Context(), dsn, clock)
		must(t, err)
		defer second.Close()
		got, err := second.IdentityByEmail(t.Context(), "a@example.com")
		if err != nil || got != i || second.Epoch() != epoch {
			t.Errorf("after reopening: %+v, %v, epoch kept=%v", got, err, second.Epoch() == epoch)
		}
	})
}

func TestUsesMoveForwardOnly(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		a := w.authorization(t, w.consent(t, w.ann, core.Reach{All: true}, "read"))
		must(t, w.RedeemCode(ctx, a.ID, now))
		must(t, w.Confirm(ctx, map[core.ID]int64{a.ID: 7}))
		s, err := w.Authorization(ctx, a.ID)
		if err != nil || s.Confirmed != 0 {
			t.Errorf("confirmed %d, %v: a generation that does not exist was confirmed", s.Confirmed, err)
		}
		must(t, w.Confirm(ctx, map[core.ID]int64{a.ID: 1}))
		if s, err = w.Authorization(ctx, a.ID); err != nil || s.Confirmed != 1 {
			t.Errorf("confirmed %d, %v; want 1", s.Confirmed, err)
		}
		token := core.PersonalToken{ID: w.id(), IdentityID: w.ann.ID, Name: "t", Digest: "d", Reach: core.Reach{Accounts: []core.ID{w.annsCo.ID}}, CreatedAt: now}
		must(t, w.CreatePersonalToken(ctx, token))
		must(t, w.SeePersonalTokens(ctx, map[core.ID]time.Time{token.ID: now.Add(time.Hour)}))
		must(t, w.SeePersonalTokens(ctx, map[core.ID]time.Time{token.ID: now}))
		p, err := w.PersonalToken(ctx, token.ID)
		if err != nil || !p.LastUsedAt.Equal(now.Add(time.Hour)) || len(p.Reach.Accounts) != 1 {
			t.Errorf("token: %+v, %v", p, err)
		}
	})
}

// Whoever revokes second must find the readers told when it gets its answer, even if the first has not told them.
func TestASecondRevocationIsHeardToo(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		a := w.authorization(t, w.consent(t, w.ann, core.Reach{All: true}, "read"))
		heard := 0
		w.Heard(func(events []core.Event) { heard += len(events) })
		for range 2 {
			must(t, w.RevokeAuthorization(t.Context(), a, core.EventAuthorizationRevoked, core.ID{}, w.clock.Now()))
		}
		written := 0
		must(t, w.Events(t.Context(), w.clock.Now(), core.Invalidating, func(core.Event) { written++ }))
		if heard != 2 || written != 1 {
			t.Errorf("heard %d times and written %d times, want 2 and 1", heard, written)
		}
	})
}

// Consents of different people never conflict for long.
func TestManyConsentsAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		people := make([]core.Identity, 8)
		for i := range people {
			people[i], _ = w.person(t, string(rune('c'+i))+"@example.com", "sample-"+string(rune('c'+i))+"x")
		}
		var all sync.WaitGroup
		for _, who := range people {
			all.Go(func() {
				for range 20 {
					now := w.clock.Now()
					if _, err := w.RecordConsent(context.Background(), core.Grant{ID: w.id(), IdentityID: who.ID, AppID: w.app.ID, Scope: oauth.Scopes("read"), Reach: core.Reach{All: true}, CreatedAt: now, UpdatedAt: now}, w.id(), now.Add(time.Hour)); err != nil {
						t.Errorf("consent: %v", err)
					}
				}
			})
		}
		all.Wait()
	})
}
