package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

func (w *world) session(who core.Identity) core.Session {
	now := w.clock.Now()
	return core.Session{ID: w.id(), IdentityID: who.ID, Digest: "digest", CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(30 * 24 * time.Hour), UserAgent: "Firefox/140.0", Address: "203.0.113.77"}
}

func (w *world) signedIn(t *testing.T, who core.Identity) core.Session {
	t.Helper()
	session := w.session(who)
	must(t, w.StartSession(t.Context(), session, core.ID{}))
	return session
}

func (w *world) live(t *testing.T, who core.Identity) map[core.ID]bool {
	t.Helper()
	list, err := w.SessionsOf(t.Context(), who.ID, w.clock.Now(), 12*time.Hour)
	must(t, err)
	live := map[core.ID]bool{}
	for _, session := range list {
		live[session.ID] = true
	}
	return live
}

func TestSessionsEndOneByOneAndAllButOne(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		first, second, third, bens := w.signedIn(t, w.ann), w.signedIn(t, w.ann), w.signedIn(t, w.ann), w.signedIn(t, w.ben)
		wantErr(t, "a stranger ends it", w.EndSession(ctx, first.ID, w.ben.ID, now), core.ErrNotFound)
		wantErr(t, "there is none", w.EndSession(ctx, w.id(), w.ann.ID, now), core.ErrNotFound)
		must(t, w.EndSession(ctx, first.ID, w.ann.ID, now))
		must(t, w.EndSession(ctx, first.ID, w.ann.ID, now)) // twice is once
		if live := w.live(t, w.ann); live[first.ID] || !live[second.ID] || !live[third.ID] {
			t.Errorf("after one was ended: %v", live)
		}
		must(t, w.EndOtherSessions(ctx, third.ID, w.ann.ID, now))
		if live := w.live(t, w.ann); len(live) != 1 || !live[third.ID] {
			t.Errorf("after all others were ended: %v", live)
		}
		if !w.live(t, w.ben)[bens.ID] {
			t.Error("somebody else's session ended, too")
		}
	})
}

func TestNobodyHasMoreSessionsThanTheMost(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		used, unused, bens := w.signedIn(t, w.ann), w.signedIn(t, w.ann), w.signedIn(t, w.ben)
		w.clock.Advance(time.Minute)
		must(t, w.SeeSession(ctx, used.ID, w.clock.Now()))
		if n := race(t, func() error { return w.StartSession(ctx, w.session(w.ann), core.ID{}) }); n != 100 {
			t.Errorf("%d of 100 sign-ins", n)
		}
		live := w.live(t, w.ann)
		if len(live) != store.MostSessions || live[unused.ID] {
			t.Errorf("%d sessions, want %d, the one used longest ago not among them (%v)", len(live), store.MostSessions, live[unused.ID])
		}
		if !w.live(t, w.ben)[bens.ID] {
			t.Error("somebody else's session ended")
		}
		last := w.signedIn(t, w.ann)
		if live := w.live(t, w.ann); !live[last.ID] || len(live) != store.MostSessions {
			t.Error("the newest session is not among the live ones")
		}
	})
}

func TestAPasswordIsChangedOnceAndEndsEverySession(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		old, bens := w.signedIn(t, w.ann), w.signedIn(t, w.ben)
		if n := race(t, func() error { return w.ChangePassword(ctx, w.ann, "new hash", w.session(w.ann)) }); n != 1 {
			t.Errorf("%d changes on the same proof, want 1", n)
		}
		if live := w.live(t, w.ann); len(live) != 1 || live[old.ID] || !w.live(t, w.ben)[bens.ID] {
			t.Errorf("afterwards ann has %v", live)
		}
		changed, err := w.Identity(ctx, w.ann.ID)
		must(t, err)
		if changed.PasswordHash != "new hash" {
			t.Errorf("hash %q", changed.PasswordHash)
		}
		forged := w.ben
		forged.PasswordHash = "another hash"
		wantErr(t, "without proof", w.ChangePassword(ctx, forged, "new hash", w.session(w.ben)), core.ErrConflict)
		must(t, w.LockIdentity(ctx, w.ben.ID, core.ID{}, w.clock.Now()))
		wantErr(t, "locked", w.ChangePassword(ctx, w.ben, "new hash", w.session(w.ben)), core.ErrConflict)
	})
}

// LG05: who signs up with an address that has an ID changes nothing and learns nothing, not even by the invitation.
func TestSigningUpAgainIsAnOutcome(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		operator := w.newcomer("operator@example.com")
		operator.Operator = true
		must(t, w.CreateIdentity(ctx, operator))
		signUp := func(email string, invitation core.ID) (bool, error) {
			return w.SignUp(ctx, w.newcomer(email), nil, invitation)
		}
		code := w.invitation(t, core.Account{}, "", operator)
		for range 2 { // the same form twice
			if made, err := signUp(w.ann.Email, code.ID); err != nil || made {
				t.Errorf("a known address: made=%v, %v", made, err)
			}
		}
		if _, err := signUp("dora@example.com", code.ID); !errors.Is(err, core.ErrConflict) {
			t.Errorf("the code is still good: %v", err)
		}
		bound := w.invitation(t, w.bensCo, w.ann.Email, w.ben)
		if made, err := signUp(w.ann.Email, bound.ID); err != nil || made {
			t.Errorf("invited by address: made=%v, %v", made, err)
		}
		must(t, w.AcceptInvitation(ctx, bound.ID, w.ann, w.clock.Now())) // it is still hers
		if got, err := w.Identity(ctx, w.ann.ID); err != nil || got != w.ann {
			t.Errorf("ann is %+v now, %v", got, err)
		}
	})
}

func TestOneAddressIsOnePersonInARace(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		made := race(t, func() error {
			made, err := w.SignUp(t.Context(), w.newcomer("cara@example.com"), nil, core.ID{})
			if err == nil && !made {
				return core.ErrConflict // for the count
			}
			return err
		})
		if made != 1 {
			t.Errorf("%d people with one address, want 1", made)
		}
	})
}

func TestASlugThatIsTakenGetsALongerOne(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		slug := strings.Repeat("a", 40)
		for n := range 3 {
			own := core.Account{ID: w.id(), Slug: slug, Name: "Same", CreatedAt: w.clock.Now()}
			who := w.newcomer(string(rune('p'+n)) + "@example.com")
			made, err := w.SignUp(t.Context(), who, &own, core.ID{})
			if err != nil || !made {
				t.Fatalf("made=%v, %v", made, err)
			}
			list, err := w.Memberships(t.Context(), who.ID)
			must(t, err)
			if len(list) != 1 || !core.ValidSlug(list[0].Account.Slug) || list[0].Role != core.RoleOwner || (n == 0) != (list[0].Account.Slug == slug) {
				t.Errorf("%d: %+v", n, list)
			}
		}
	})
}

func TestWhatADepartureMeans(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		names := func(list []core.Account) string {
			var all []string
			for _, a := range list {
				all = append(all, a.Slug)
			}
			return strings.Join(all, " ")
		}
		want := func(what string, who core.Identity, allowed bool, leaderless, closing, leaving string) {
			t.Helper()
			d, err := w.Departure(ctx, who.ID)
			must(t, err)
			if d.Allowed() != allowed || names(d.Leaderless) != leaderless || names(d.Closing) != closing || names(d.Leaving) != leaving {
				t.Errorf("%s: %+v", what, d)
			}
			if err := w.DeleteIdentity(ctx, who.ID, now); !allowed && !errors.Is(err, core.ErrConflict) {
				t.Errorf("%s: deleted all the same: %v", what, err)
			}
		}
		want("an app of hers lives", w.ann, false, "", "sample-ann", "")
		must(t, w.AddMember(ctx, w.ann.ID, w.bensCo.ID, core.RoleMember, w.ben.ID, now))
		must(t, w.DeleteApp(ctx, w.app.ID, w.ann.ID, now))
		want("ben leads others", w.ben, false, "sample-ben", "", "")
		operator := w.newcomer("operator@example.com")
		operator.Operator = true
		must(t, w.CreateIdentity(ctx, operator))
		want("the only operator", operator, false, "", "", "")
		want("ann", w.ann, true, "", "sample-ann", "sample-ben")
		want("ben, alone now", w.ben, true, "", "sample-ben", "")
		// Somebody else's app keeps an account from losing its only owner.
		cara, carasCo := w.person(t, "cara@example.com", "sample-cara")
		dora, _ := w.person(t, "dora@example.com", "sample-dora")
		app := core.App{ID: w.id(), ClientID: "app_dora", Name: "Dora's", Kind: core.KindWeb, Profile: core.ProfileOAuth2, TokenFormat: core.FormatSealed, Publisher: carasCo, OwnerID: dora.ID, CreatedAt: now}
		must(t, w.AddMember(ctx, dora.ID, carasCo.ID, core.RoleAdmin, cara.ID, now))
		doras := w.membership(t, dora, carasCo)
		must(t, w.RegisterApp(ctx, doras, app))
		must(t, w.RemoveMember(ctx, doras, core.Member{Identity: dora, Role: core.RoleAdmin}, now))
		want("an app of somebody who left", cara, false, "sample-cara", "", "")
		must(t, w.CloseAccount(ctx, w.membership(t, cara, carasCo), now))
		want("closed before", cara, true, "", "", "sample-cara")
		// What dora left behind in it is not hers to delete, and keeps her from nothing.
		want("an app left behind", dora, true, "", "sample-dora", "")
	})
}

// SE18, SE19: one fact ends everything, and nothing stands on it afterwards.
func TestADeletedPersonIsGone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		must(t, w.AddMember(ctx, w.ben.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, now))
		bens := w.membership(t, w.ben, w.annsCo)
		g := w.consent(t, w.ben, core.Reach{All: true}, "read")
		code, redeemed := w.authorization(t, g), w.authorization(t, g)
		must(t, w.RedeemCode(ctx, redeemed.ID, now))
		session := w.signedIn(t, w.ben)
		token := core.PersonalToken{ID: w.id(), IdentityID: w.ben.ID, Name: "Ben's script", Reach: core.Reach{All: true}, Digest: "digest", CreatedAt: now}
		must(t, w.CreatePersonalToken(ctx, token))
		made, into := w.invitation(t, w.bensCo, "friend@example.com", w.ben), w.invitation(t, w.bensCo, "", w.ben)
		var heard []core.EventKind
		w.Heard(func(events []core.Event) {
			for _, e := range events {
				heard = append(heard, e.Kind)
			}
		})
		if n := race(t, func() error { return w.DeleteIdentity(ctx, w.ben.ID, now) }); n != 1 {
			t.Errorf("%d deletions, want 1", n)
		}
		for _, kind := range []core.EventKind{core.EventIdentityDeleted, core.EventMembershipRemoved, core.EventAccountSuspended} {
			if !strings.Contains(strings.Join(texts(heard), " "), string(kind)) {
				t.Errorf("nobody heard of %s: %v", kind, heard)
			}
		}
		if _, _, err := w.Session(ctx, session.ID); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("the session: %v", err)
		}
		if _, err := w.PersonalToken(ctx, token.ID); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("the personal token: %v", err)
		}
		if _, err := w.Grant(ctx, w.ben.ID, w.app.ID); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("the grant: %v", err)
		}
		if list, err := w.Memberships(ctx, w.ben.ID); err != nil || len(list) != 0 {
			t.Errorf("memberships: %v, %v", list, err)
		}
		if own, err := w.Account(ctx, w.bensCo.ID); err != nil || own.SuspendedAt.IsZero() {
			t.Errorf("his own account is open: %+v, %v", own, err)
		}
		for _, id := range []core.ID{made.ID, into.ID} {
			wantErr(t, "his invitation", w.AcceptInvitation(ctx, id, core.Identity{ID: w.ann.ID, Email: "friend@example.com"}, now), core.ErrConflict)
		}
		wantErr(t, "his session", w.StartSession(ctx, w.session(w.ben), core.ID{}), core.ErrConflict)
		wantErr(t, "a rotation", w.Rotate(ctx, rotation(redeemed, g, 1, now)), core.ErrConflict)
		wantErr(t, "a membership", w.AddMember(ctx, w.ben.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, now), core.ErrConflict)
		wantErr(t, "an account", w.CreateAccount(ctx, core.Account{ID: w.id(), Slug: "new", Name: "New", CreatedAt: now}, w.ben.ID), core.ErrConflict)
		wantErr(t, "another name", w.RenameIdentity(ctx, w.ben.ID, "Ben again", now), core.ErrNotFound)
		app := w.app
		app.ID, app.ClientID = w.id(), "app_ben"
		wantErr(t, "an app", w.RegisterApp(ctx, bens, app), core.ErrConflict)
		if st, err := w.Authorization(ctx, code.ID); err != nil || !st.IdentityLocked {
			t.Errorf("a code that is out stands on a living person: %v", err)
		}
		gone, err := w.Identity(ctx, w.ben.ID)
		must(t, err)
		if gone.Name != "" || gone.PasswordHash != "" || strings.Contains(gone.Email, "ben") || !gone.Locked() || gone.DeletedAt.IsZero() {
			t.Errorf("what is left: %+v", gone)
		}
		again := w.newcomer(w.ben.Email)
		if made, err := w.SignUp(ctx, again, nil, core.ID{}); err != nil || !made {
			t.Errorf("the address is not free: made=%v, %v", made, err)
		}
	})
}

func texts(kinds []core.EventKind) (list []string) {
	for _, kind := range kinds {
		list = append(list, string(kind))
	}
	return list
}

// Two owners who go at once: one of them has to stay with the others.
func TestAnAccountKeepsAnOwnerWhenBothGo(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		cara, _ := w.person(t, "cara@example.com", "sample-cara")
		for _, who := range []core.Identity{w.ben, cara} {
			must(t, w.AddMember(ctx, who.ID, w.annsCo.ID, core.RoleOwner, w.ann.ID, now))
		}
		must(t, w.AddMember(ctx, w.ann.ID, w.bensCo.ID, core.RoleMember, w.ben.ID, now))
		must(t, w.ChangeRole(ctx, w.membership(t, w.ann, w.annsCo), w.member(t, w.ann), core.RoleMember, now))
		must(t, w.RemoveMember(ctx, w.membership(t, w.ben, w.bensCo), core.Member{Identity: w.ann, Role: core.RoleMember}, now))
		gone := race2(
			func() error { return w.DeleteIdentity(ctx, w.ben.ID, now) },
			func() error { return w.DeleteIdentity(ctx, cara.ID, now) },
		)
		if gone != 1 {
			t.Errorf("%d of two owners went, want 1: ann is a member still", gone)
		}
	})
}

func TestPeopleFindOnlyTheirOwnHoldings(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		w.signedIn(t, w.ann)
		w.clock.Advance(time.Second)
		must(t, w.CreatePersonalToken(ctx, core.PersonalToken{ID: w.id(), IdentityID: w.ann.ID, Name: "Hers", Reach: core.Reach{Accounts: []core.ID{w.annsCo.ID}}, Digest: "digest", CreatedAt: now}))
		w.clock.Advance(time.Second)
		w.invitation(t, w.annsCo, "", w.ann)
		sessions, err := w.SessionsHeldOf(ctx, w.ann.ID)
		must(t, err)
		tokens, err := w.PersonalTokensHeldBy(ctx, w.ann.ID)
		must(t, err)
		invitations, err := w.InvitationsBy(ctx, w.ann.ID)
		must(t, err)
		events, err := w.EventsAbout(ctx, w.ann.ID, 100)
		must(t, err)
		if len(sessions) != 1 || sessions[0].Address != "203.0.113.77" || len(tokens) != 1 || len(tokens[0].Reach.Accounts) != 1 || tokens[0].Digest != "" || len(invitations) != 1 || invitations[0].Digest != "" {
			t.Errorf("hers: %+v %+v %+v", sessions, tokens, invitations)
		}
		if len(events) < 6 || events[0].Kind != core.EventInvitationMade {
			t.Errorf("%d lines about her, the newest first: %+v", len(events), events)
		}
		if few, err := w.EventsAbout(ctx, w.ann.ID, 2); err != nil || len(few) != 2 {
			t.Errorf("bounded: %d, %v", len(few), err)
		}
		sessions, _ = w.SessionsHeldOf(ctx, w.ben.ID)
		tokens, _ = w.PersonalTokensHeldBy(ctx, w.ben.ID)
		invitations, _ = w.InvitationsBy(ctx, w.ben.ID)
		events, err = w.EventsAbout(ctx, w.ben.ID, 100)
		must(t, err)
		for _, e := range events {
			if e.ActorID != w.ben.ID && e.IdentityID != w.ben.ID {
				t.Errorf("a line that is not about him: %+v", e)
			}
		}
		if len(sessions)+len(tokens)+len(invitations) != 0 {
			t.Errorf("his: %+v %+v %+v", sessions, tokens, invitations)
		}
	})
}

// What is over, and where people were, is forgotten in time.
func TestWhatIsOverIsForgotten(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		sweep := func() {
			must(t, w.SweepRest(ctx, store.Horizon{Now: w.clock.Now(), RefreshIdle: time.Hour, Keep: 4 * time.Hour}))
		}
		now := w.clock.Now()
		ended, old := w.signedIn(t, w.ann), w.session(w.ben)
		old.ExpiresAt = now.Add(60 * 24 * time.Hour)
		must(t, w.StartSession(ctx, old, core.ID{}))
		must(t, w.EndSession(ctx, ended.ID, w.ann.ID, now))
		revoked := core.PersonalToken{ID: w.id(), IdentityID: w.ann.ID, Name: "x", Reach: core.Reach{Accounts: []core.ID{w.annsCo.ID}}, Digest: "digest", CreatedAt: now}
		expiring, lasting := revoked, revoked
		expiring.ID, expiring.ExpiresAt, lasting.ID = w.id(), now.Add(time.Hour), w.id()
		for _, p := range []core.PersonalToken{revoked, expiring, lasting} {
			must(t, w.CreatePersonalToken(ctx, p))
		}
		must(t, w.RevokePersonalToken(ctx, revoked.ID, w.ann.ID, now))
		invitation := w.invitation(t, core.Account{}, "friend@example.com", w.operator(t))
		has := func(what string, err error, want bool) {
			t.Helper()
			if (err == nil) != want {
				t.Errorf("%s is there: %v (%v), want %v", what, err == nil, err, want)
			}
		}
		check := func(over, invited bool) {
			t.Helper()
			_, _, err := w.Session(ctx, ended.ID)
			has("the ended session", err, !over)
			_, err = w.PersonalToken(ctx, revoked.ID)
			has("the revoked token", err, !over)
			_, err = w.PersonalToken(ctx, expiring.ID)
			has("the expired token", err, !over)
			_, err = w.PersonalToken(ctx, lasting.ID)
			has("the token without end", err, true)
			_, err = w.Invitation(ctx, invitation.ID)
			has("the invitation", err, invited)
		}
		w.clock.Advance(23 * time.Hour)
		sweep()
		check(false, true)
		w.clock.Advance(3 * time.Hour)
		sweep()
		check(true, true)
		where := func() (string, string) {
			held, err := w.SessionsHeldOf(ctx, w.ben.ID)
			must(t, err)
			return held[0].UserAgent, held[0].Address
		}
		if agent, address := where(); agent == "" || address != "203.0.113.77" {
			t.Errorf("forgotten too early: %q %q", agent, address)
		}
		w.clock.Advance(30 * 24 * time.Hour)
		sweep()
		check(true, false)
		if agent, address := where(); agent != "" || address != "203.0.113.0/24" {
			t.Errorf("after 30 days: %q %q, want the network only", agent, address)
		}
	})
}
