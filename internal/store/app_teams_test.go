package store_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/core"
)

func (w *world) secret(by core.Identity) core.AppSecret {
	return core.AppSecret{ID: w.id(), Digest: "digest", Hint: "hint", MadeBy: by.ID, CreatedAt: w.clock.Now()}
}

// join lets ben into ann's account and, if asked, onto the team of her app.
func (w *world) join(t *testing.T, team bool) {
	t.Helper()
	must(t, w.AddMember(t.Context(), w.ben.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, w.clock.Now()))
	if team {
		must(t, w.JoinTeam(t.Context(), w.app.ID, w.ann.ID, w.ben.ID, w.clock.Now()))
	}
}

func (w *world) reread(t *testing.T) core.App {
	t.Helper()
	app, err := w.App(t.Context(), w.app.ID)
	must(t, err)
	return app
}

func TestTwoSecretsLiveAtMost(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		if n := race(t, func() error { return w.AddSecret(context.Background(), w.app.ID, w.secret(w.ann)) }); n != 1 {
			t.Errorf("%d of a hundred secrets were added to one, want 1", n)
		}
		if app := w.reread(t); len(app.Secrets) != core.MaxSecrets {
			t.Errorf("%d secrets live, want %d", len(app.Secrets), core.MaxSecrets)
		}
	})
}

func TestOneSecretLivesAtLeast(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		wantErr(t, "end the only secret", w.EndSecret(ctx, w.app.ID, w.app.Secrets[0].ID, w.ann.ID, now), core.ErrConflict)
		must(t, w.AddSecret(ctx, w.app.ID, w.secret(w.ann)))
		two := w.reread(t).Secrets
		var next atomic.Int64
		// Half of them end the one, half the other.
		if n := race(t, func() error {
			return w.EndSecret(context.Background(), w.app.ID, two[next.Add(1)%2].ID, w.ann.ID, now)
		}); n != 1 {
			t.Errorf("%d secrets were ended, want 1", n)
		}
		left := w.reread(t).Secrets
		if len(left) != 1 {
			t.Fatalf("%d secrets live, want 1", len(left))
		}
		must(t, w.AddSecret(ctx, w.app.ID, w.secret(w.ann)))
		must(t, w.EndSecret(ctx, w.app.ID, left[0].ID, w.ann.ID, now))
	})
}

func TestTheLastUseOfASecretMovesForward(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now, secret := t.Context(), w.clock.Now(), w.app.Secrets[0].ID
		must(t, w.SeeSecrets(ctx, map[core.ID]time.Time{secret: now.Add(time.Hour), w.id(): now}))
		must(t, w.SeeSecrets(ctx, map[core.ID]time.Time{secret: now}))
		if got := w.reread(t).Secrets[0].LastUsedAt; !got.Equal(now.Add(time.Hour)) {
			t.Errorf("last use: %s, want the later one", got)
		}
	})
}

// Strangers, and colleagues who are not on the team, change nothing: the store asks by itself.
func TestOnlyTheTeamChangesAnApp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		must(t, w.AddSecret(ctx, w.app.ID, w.secret(w.ann)))
		changed := w.app
		changed.Name = "Changed"
		token := func() core.PersonalToken {
			return core.PersonalToken{ID: w.id(), IdentityID: w.ben.ID, AppID: w.app.ID, Name: "t", Digest: "d", Reach: core.Reach{All: true}, CreatedAt: now}
		}
		refused := func(who string) {
			t.Helper()
			wantErr(t, who+" edits", w.ChangeApp(ctx, changed, w.ben.ID, now), core.ErrConflict)
			wantErr(t, who+" adds a secret", w.AddSecret(ctx, w.app.ID, w.secret(w.ben)), core.ErrConflict)
			wantErr(t, who+" ends a secret", w.EndSecret(ctx, w.app.ID, w.app.Secrets[0].ID, w.ben.ID, now), core.ErrConflict)
			wantErr(t, who+" makes a token", w.CreatePersonalToken(ctx, token()), core.ErrConflict)
			wantErr(t, who+" takes it over", w.TakeOver(ctx, w.app.ID, w.ben.ID, now), core.ErrConflict)
		}
		ownersOnly := func(who string) {
			t.Helper()
			wantErr(t, who+" adds himself to the team", w.JoinTeam(ctx, w.app.ID, w.ben.ID, w.ben.ID, now), core.ErrConflict)
			wantErr(t, who+" hands it over to himself", w.HandOverApp(ctx, w.app.ID, w.ben.ID, w.ben.ID, now), core.ErrConflict)
			wantErr(t, who+" deletes", w.DeleteApp(ctx, w.app.ID, w.ben.ID, now), core.ErrConflict)
		}
		wantErr(t, "a stranger is seated", w.JoinTeam(ctx, w.app.ID, w.ann.ID, w.ben.ID, now), core.ErrConflict)
		wantErr(t, "nobody is seated", w.JoinTeam(ctx, w.app.ID, w.ann.ID, w.id(), now), core.ErrConflict)
		wantErr(t, "the owner is seated", w.JoinTeam(ctx, w.app.ID, w.ann.ID, w.ann.ID, now), core.ErrConflict)
		refused("a stranger")
		ownersOnly("a stranger")
		w.join(t, false)
		refused("a colleague")
		ownersOnly("a colleague")
		wantErr(t, "hand over to a colleague who is not on the team", w.HandOverApp(ctx, w.app.ID, w.ann.ID, w.ben.ID, now), core.ErrConflict)
		wantErr(t, "take a seat that nobody has", w.LeaveTeam(ctx, w.app.ID, w.ann.ID, w.ben.ID, now), core.ErrNotFound)
		if list, err := w.AppsOf(ctx, w.ben.ID); err != nil || len(list) != 0 {
			t.Errorf("the colleague's apps: %v, %v, want none", list, err)
		}
		must(t, w.JoinTeam(ctx, w.app.ID, w.ann.ID, w.ben.ID, now))
		wantErr(t, "seated twice", w.JoinTeam(ctx, w.app.ID, w.ann.ID, w.ben.ID, now), core.ErrConflict)
		ownersOnly("a team member")
		wantErr(t, "a team member takes the seat of another", w.LeaveTeam(ctx, w.app.ID, w.ben.ID, w.ann.ID, now), core.ErrNotFound)
		must(t, w.EndSecret(ctx, w.app.ID, w.app.Secrets[0].ID, w.ben.ID, now))
		must(t, w.AddSecret(ctx, w.app.ID, w.secret(w.ben)))
		must(t, w.ChangeApp(ctx, changed, w.ben.ID, now))
		must(t, w.CreatePersonalToken(ctx, token()))
		if list, err := w.AppsOf(ctx, w.ben.ID); err != nil || len(list) != 1 || list[0].Name != "Changed" {
			t.Errorf("the team member's apps: %v, %v, want the one", list, err)
		}
		must(t, w.RemoveMember(ctx, w.membership(t, w.ben, w.annsCo), w.member(t, w.ben), now))
		refused("a former team member")
		w.join(t, false)
		refused("a former team member who is a colleague again")
		if team := w.reread(t).Team; len(team) != 0 {
			t.Errorf("the team: %v, want nobody: a seat goes with the membership", team)
		}
	})
}

func TestAnAppIsHandedOverOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.join(t, true)
		if n := race(t, func() error {
			return w.HandOverApp(context.Background(), w.app.ID, w.ann.ID, w.ben.ID, w.clock.Now())
		}); n != 1 {
			t.Errorf("handed over %d times, want once", n)
		}
		if app := w.reread(t); app.OwnerID != w.ben.ID || len(app.Team) != 1 || app.Team[0] != w.ann.ID {
			t.Errorf("owner %s, team %v; want ben, and ann on his team", app.OwnerID, app.Team)
		}
	})
}

func TestAnAppLeftBehindIsTakenOverOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		w.join(t, true)
		must(t, w.ChangeRole(ctx, w.membership(t, w.ann, w.annsCo), w.member(t, w.ben), core.RoleOwner, now))
		if list, err := w.AppsLeftBehind(ctx, w.ben.ID); err != nil || len(list) != 0 {
			t.Errorf("before the owner left: %v, %v, want none", list, err)
		}
		must(t, w.RemoveMember(ctx, w.membership(t, w.ann, w.annsCo), w.member(t, w.ann), now))
		wantErr(t, "the owner who left adds a secret", w.AddSecret(ctx, w.app.ID, w.secret(w.ann)), core.ErrConflict)
		wantErr(t, "the owner who left deletes", w.DeleteApp(ctx, w.app.ID, w.ann.ID, now), core.ErrConflict)
		if list, err := w.AppsLeftBehind(ctx, w.ben.ID); err != nil || len(list) != 1 || !list[0].OwnerLeft {
			t.Errorf("after the owner left: %v, %v, want the one", list, err)
		}
		if n := race(t, func() error { return w.TakeOver(context.Background(), w.app.ID, w.ben.ID, now) }); n != 1 {
			t.Errorf("taken over %d times, want once", n)
		}
		if app := w.reread(t); app.OwnerID != w.ben.ID || app.OwnerLeft || len(app.Team) != 0 {
			t.Errorf("owner %s, left=%v, team %v; want ben alone", app.OwnerID, app.OwnerLeft, app.Team)
		}
	})
}

func TestATeamIsBounded(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for n := range 51 {
			who := w.newcomer(string(rune('a'+n/26)) + string(rune('a'+n%26)) + "@example.com")
			must(t, w.CreateIdentity(t.Context(), who))
			must(t, w.AddMember(t.Context(), who.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, w.clock.Now()))
			err := w.JoinTeam(t.Context(), w.app.ID, w.ann.ID, who.ID, w.clock.Now())
			if full := n == 50; (err != nil) != full {
				t.Fatalf("seat %d: %v", n+1, err)
			}
		}
	})
}

// When people are sent back elsewhere, the moment is kept; another name changes nothing of it.
func TestChangedRedirectsAreDated(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		edited, now := w.app, w.clock.Now()
		edited.Name = "Edited"
		must(t, w.ChangeApp(t.Context(), edited, w.ann.ID, now))
		if got := w.reread(t).RedirectsChangedAt; !got.IsZero() {
			t.Errorf("after another name: %s, want never", got)
		}
		edited.RedirectURIs = []string{"https://c.example/cb"}
		must(t, w.ChangeApp(t.Context(), edited, w.ann.ID, now))
		must(t, w.ChangeApp(t.Context(), edited, w.ann.ID, now.Add(time.Hour)))
		if got := w.reread(t).RedirectsChangedAt; !got.Equal(now) {
			t.Errorf("after other redirects: %s, want %s", got, now)
		}
	})
}

// AD02: whoever was locked, or lost a role, between the look and the fact does nothing by it; and only operators switch.
func TestRightsOnAppsEndWithWhatTheyStandOn(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		w.join(t, true)
		another := w.app
		another.ID, another.ClientID, another.Secrets = w.id(), "app_another", nil
		anns := w.membership(t, w.ann, w.annsCo)
		in := w.invitation(t, w.bensCo, w.ann.Email, w.ben)
		wantErr(t, "register in a role that one has not", w.RegisterApp(ctx, core.Membership{IdentityID: w.ben.ID, Account: w.annsCo, Role: core.RoleOwner}, another), core.ErrConflict)
		wantErr(t, "register for a stranger's account", w.RegisterApp(ctx, core.Membership{IdentityID: w.ann.ID, Account: w.bensCo, Role: core.RoleOwner}, another), core.ErrConflict)
		wantErr(t, "switch one's own app", w.SwitchApp(ctx, w.app, w.ann.ID, now), core.ErrConflict)
		must(t, w.LockIdentity(ctx, w.ann.ID, core.ID{}, now))
		for what, act := range map[string]func() error{
			"edit":         func() error { return w.ChangeApp(ctx, w.app, w.ann.ID, now) },
			"delete":       func() error { return w.DeleteApp(ctx, w.app.ID, w.ann.ID, now) },
			"add a secret": func() error { return w.AddSecret(ctx, w.app.ID, w.secret(w.ann)) },
			"hand over":    func() error { return w.HandOverApp(ctx, w.app.ID, w.ann.ID, w.ben.ID, now) },
			"register":     func() error { return w.RegisterApp(ctx, anns, another) },
			"open an account": func() error {
				return w.CreateAccount(ctx, core.Account{ID: w.id(), Slug: "another", Name: "Another", CreatedAt: now}, w.ann.ID)
			},
			"join": func() error { return w.AcceptInvitation(ctx, in.ID, w.ann, now) },
		} {
			wantErr(t, "locked, "+what, act(), core.ErrConflict)
		}
		wantErr(t, "locked, take a seat away", w.LeaveTeam(ctx, w.app.ID, w.ann.ID, w.ben.ID, now), core.ErrNotFound)
		wantErr(t, "locked, take another name", w.RenameIdentity(ctx, w.ann.ID, "Another", now), core.ErrNotFound)
	})
}

// AD02: a locked heir takes nothing over.
func TestALockedHeirTakesNothingOver(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		must(t, w.AddMember(ctx, w.ben.ID, w.annsCo.ID, core.RoleOwner, w.ann.ID, now))
		must(t, w.RemoveMember(ctx, w.membership(t, w.ann, w.annsCo), w.member(t, w.ann), now))
		must(t, w.LockIdentity(ctx, w.ben.ID, core.ID{}, now))
		wantErr(t, "take over", w.TakeOver(ctx, w.app.ID, w.ben.ID, now), core.ErrConflict)
	})
}
