package store_test

import (
	"testing"
	"time"

	"launchpad/internal/core"
)

func (w *world) invitation(t *testing.T, account core.Account, email string, by core.Identity) core.Invitation {
	t.Helper()
	now := w.clock.Now()
	i := core.Invitation{ID: w.id(), Digest: "digest", Account: account, Role: core.RoleAdmin, Email: email, InvitedBy: by.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	must(t, w.Invite(t.Context(), i))
	return i
}

func (w *world) newcomer(email string) core.Identity {
	return core.Identity{ID: w.id(), Email: email, Name: email, PasswordHash: "hash", CreatedAt: w.clock.Now()}
}

func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		i := w.invitation(t, w.annsCo, "", w.ann)
		if n := race(t, func() error { return w.AcceptInvitation(t.Context(), i.ID, w.ben, w.clock.Now()) }); n != 1 {
			t.Errorf("%d acceptances, want 1", n)
		}
		found, err := w.Invitation(t.Context(), i.ID)
		must(t, err)
		if found.Open(w.clock.Now()) {
			t.Error("an accepted invitation is still open")
		}
		members, err := w.Members(t.Context(), w.annsCo.ID)
		must(t, err)
		if len(members) != 2 || members[1].Identity.Email != w.ben.Email || members[1].Role != core.RoleAdmin {
			t.Errorf("members: got %+v, want ann and ben, who is admin", members)
		}
	})
}

func TestAnInvitationIsNotForOthersNorForEver(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		other := w.invitation(t, w.annsCo, "somebody@example.com", w.ann)
		wantErr(t, "another address", w.AcceptInvitation(ctx, other.ID, w.ben, w.clock.Now()), core.ErrConflict)
		withdrawn := w.invitation(t, w.annsCo, w.ben.Email, w.ann)
		wantErr(t, "withdrawn by another account", w.WithdrawInvitation(ctx, withdrawn.ID, w.bensCo.ID, w.ben.ID, w.clock.Now()), core.ErrNotFound)
		wantErr(t, "withdrawn by a stranger as his own", w.WithdrawInvitation(ctx, withdrawn.ID, core.ID{}, w.ann.ID, w.clock.Now()), core.ErrNotFound)
		must(t, w.WithdrawInvitation(ctx, withdrawn.ID, w.annsCo.ID, w.ann.ID, w.clock.Now()))
		wantErr(t, "withdrawn", w.AcceptInvitation(ctx, withdrawn.ID, w.ben, w.clock.Now()), core.ErrConflict)
		late := w.invitation(t, w.annsCo, w.ben.Email, w.ann)
		w.clock.Advance(time.Hour)
		wantErr(t, "late", w.AcceptInvitation(ctx, late.ID, w.ben, w.clock.Now()), core.ErrConflict)
		open, err := w.InvitationsInto(ctx, w.annsCo.ID, w.clock.Now())
		must(t, err)
		if len(open) != 0 {
			t.Errorf("%d open invitations, want none", len(open))
		}
	})
}

func TestOnlyMembersInvite(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		i := core.Invitation{ID: w.id(), Digest: "digest", Account: w.annsCo, Role: core.RoleAdmin, InvitedBy: w.ben.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		wantErr(t, "a stranger invites", w.Invite(t.Context(), i), core.ErrConflict)
		i.Account, i.Role = core.Account{}, ""
		wantErr(t, "no operator invites to sign up", w.Invite(t.Context(), i), core.ErrConflict)
	})
}

func TestSigningUpUsesTheInvitationUp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		operator := w.newcomer("operator@example.com")
		operator.Operator = true
		must(t, w.CreateIdentity(ctx, operator))
		code := w.invitation(t, core.Account{}, "", operator)
		if open, err := w.SignUpInvitationsBy(ctx, operator.ID, w.clock.Now()); err != nil || len(open) != 1 {
			t.Errorf("open codes: got %d, %v, want 1", len(open), err)
		}
		cara := w.newcomer("cara@example.com")
		own := core.Account{ID: w.id(), Slug: "sample-cara", Name: "Cara", CreatedAt: w.clock.Now()}
		signUp := func(email string, invitation core.ID) error {
			_, err := w.SignUp(ctx, w.newcomer(email), nil, invitation)
			return err
		}
		made, err := w.SignUp(ctx, cara, &own, code.ID)
		if err != nil || !made {
			t.Fatalf("sign up: made=%v, %v", made, err)
		}
		wantErr(t, "the code again", signUp("dora@example.com", code.ID), core.ErrConflict)
		if _, err := w.IdentityByEmail(ctx, "dora@example.com"); err != core.ErrNotFound {
			t.Errorf("a refused sign-up left a person: %v", err)
		}
		into := w.invitation(t, w.annsCo, "eve@example.com", w.ann)
		wantErr(t, "another address", signUp("mallory@example.com", into.ID), core.ErrConflict)
		must(t, signUp("eve@example.com", into.ID))
	})
}

func TestAnAccountKeepsAnOwner(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		wantErr(t, "the last owner steps down", w.ChangeRole(ctx, w.ann.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, now), core.ErrConflict)
		wantErr(t, "the last owner leaves", w.RemoveMember(ctx, w.ann.ID, w.annsCo.ID, w.ann.ID, now), core.ErrConflict)
		wantErr(t, "no member", w.ChangeRole(ctx, w.ben.ID, w.annsCo.ID, core.RoleOwner, w.ann.ID, now), core.ErrNotFound)
		must(t, w.AddMember(ctx, w.ben.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, now))
		must(t, w.ChangeRole(ctx, w.ben.ID, w.annsCo.ID, core.RoleOwner, w.ann.ID, now))
		// Both step down at once: one of them must stay.
		left := race2(
			func() error { return w.ChangeRole(ctx, w.ann.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, now) },
			func() error { return w.ChangeRole(ctx, w.ben.ID, w.annsCo.ID, core.RoleMember, w.ben.ID, now) },
		)
		if left != 1 {
			t.Errorf("%d owners stepped down, want 1", left)
		}
	})
}

// race2 runs two facts at once and counts the winners.
func race2(a, b func() error) (winners int) {
	first := make(chan error)
	go func() { first <- a() }()
	for _, err := range []error{b(), <-first} {
		if err == nil {
			winners++
		}
	}
	return winners
}
