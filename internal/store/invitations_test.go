package store_test

import (
	"sync"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

func (w *world) invitation(t *testing.T, account core.Account, email string, by core.Identity) core.Invitation {
	t.Helper()
	now := w.clock.Now()
	i := core.Invitation{ID: w.id(), Digest: "digest", Account: account, Role: core.RoleAdmin, Email: email, InvitedBy: by.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	if account.ID.Zero() {
		must(t, w.Invite(t.Context(), i))
	} else {
		must(t, w.InviteInto(t.Context(), w.membership(t, by, account), i))
	}
	return i
}

func (w *world) newcomer(email string) core.Identity {
	return core.Identity{ID: w.id(), Email: email, Name: email, PasswordHash: "hash", CreatedAt: w.clock.Now()}
}

func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		i := w.invitation(t, w.annsCo, w.ben.Email, w.ann)
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
		ann, ben := w.membership(t, w.ann, w.annsCo), w.membership(t, w.ben, w.bensCo)
		wantErr(t, "withdrawn by another account", w.WithdrawInvitationInto(ctx, ben, withdrawn.ID, w.clock.Now()), core.ErrNotFound)
		wantErr(t, "withdrawn as if to sign up", w.WithdrawInvitation(ctx, withdrawn.ID, w.ann.ID, w.clock.Now()), core.ErrNotFound)
		must(t, w.WithdrawInvitationInto(ctx, ann, withdrawn.ID, w.clock.Now()))
		wantErr(t, "withdrawn twice", w.WithdrawInvitationInto(ctx, ann, withdrawn.ID, w.clock.Now()), core.ErrNotFound)
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

func TestOnlyOperatorsInviteToSignUp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		i := core.Invitation{ID: w.id(), Digest: "digest", InvitedBy: w.ben.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		wantErr(t, "no operator invites to sign up", w.Invite(t.Context(), i), core.ErrConflict)
	})
}

func TestAnInvitationStandsOnTheRoleOfItsMaker(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		ben := w.joined(t, w.ben, core.RoleAdmin)
		made := func(email string) core.Invitation {
			return core.Invitation{ID: w.id(), Digest: "digest", Role: core.RoleMember, Email: email, InvitedBy: w.ben.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		}
		stranger, asOwner := w.membership(t, w.ben, w.bensCo), ben
		stranger.Account, asOwner.Role = w.annsCo, core.RoleOwner
		wantErr(t, "in a role that he had elsewhere", w.InviteInto(ctx, stranger, made("a@example.com")), core.ErrConflict)
		wantErr(t, "in a role that he never had", w.InviteInto(ctx, asOwner, made("a@example.com")), core.ErrConflict)
		first, second := made("a@example.com"), made("b@example.com")
		must(t, w.InviteInto(ctx, ben, first))
		must(t, w.InviteInto(ctx, ben, second))
		wantErr(t, "the same address again", w.InviteInto(ctx, ben, made("a@example.com")), core.ErrConflict)
		wantErr(t, "a member's address", w.InviteInto(ctx, ben, made(w.ann.Email)), core.ErrConflict)

		must(t, w.ChangeRole(ctx, w.membership(t, w.ann, w.annsCo), w.member(t, w.ben), core.RoleMember, now))
		wantErr(t, "after he was made a member", w.InviteInto(ctx, ben, made("c@example.com")), core.ErrConflict)
		newcomer := w.newcomer("a@example.com")
		must(t, w.CreateIdentity(ctx, newcomer))
		wantErr(t, "by what he made before", w.AcceptInvitation(ctx, first.ID, newcomer, now), core.ErrConflict)
		if found, err := w.Invitation(ctx, second.ID); err != nil || found.WithdrawnAt.IsZero() {
			t.Errorf("his invitations are still there: %+v, %v", found, err)
		}
	})
}

func TestAnInvitationIsWorthWhatItsMakerAndItsAccountAre(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		operator := w.operator(t)
		i := w.invitation(t, w.annsCo, w.ben.Email, w.ann)
		must(t, w.SuspendAccount(ctx, w.annsCo.ID, operator.ID, now))
		wantErr(t, "into a closed account", w.AcceptInvitation(ctx, i.ID, w.ben, now), core.ErrConflict)
		must(t, w.ResumeAccount(ctx, w.annsCo.ID, operator.ID, now))
		must(t, w.LockIdentity(ctx, w.ann.ID, operator.ID, now))
		wantErr(t, "made by somebody who is locked", w.AcceptInvitation(ctx, i.ID, w.ben, now), core.ErrConflict)
	})
}

func TestAnAccountHasSoManyInvitationsAndSeats(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		ann := w.membership(t, w.ann, w.annsCo)
		invite := func() (core.Invitation, error) {
			id := w.id()
			i := core.Invitation{ID: id, Digest: "digest", Role: core.RoleMember, Email: id.String() + "@example.com", InvitedBy: w.ann.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
			return i, w.InviteInto(ctx, ann, i)
		}
		var last core.Invitation
		for range core.MaxInvitations {
			var err error
			last, err = invite()
			must(t, err)
		}
		_, err := invite()
		wantErr(t, "one too many", err, core.ErrConflict)
		must(t, w.WithdrawInvitationInto(ctx, ann, last.ID, now))
		_, err = invite()
		wantErr(t, "making and withdrawing in turns", err, core.ErrConflict)
		w.clock.Advance(2 * time.Hour)
		must(t, w.SweepRest(ctx, store.Horizon{Now: w.clock.Now(), Keep: time.Minute}))
		_, err = invite()
		must(t, err)

		var crowd [core.MaxMembers - 1]core.Identity
		var all sync.WaitGroup
		for n := range crowd {
			all.Go(func() {
				crowd[n] = w.newcomer(w.id().String() + "@example.com")
				if err := w.CreateIdentity(ctx, crowd[n]); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, somebody := range crowd {
			must(t, w.AddMember(ctx, somebody.ID, w.annsCo.ID, core.RoleMember, w.ann.ID, now))
		}
		i := w.invitation(t, w.annsCo, w.ben.Email, w.ann)
		wantErr(t, "no seat", w.AcceptInvitation(ctx, i.ID, w.ben, w.clock.Now()), core.ErrConflict)
		if found, err := w.Invitation(ctx, i.ID); err != nil || !found.Open(w.clock.Now()) {
			t.Errorf("an invitation without a seat was used up: %+v, %v", found, err)
		}
	})
}

func TestSigningUpUsesTheInvitationUp(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		operator := w.operator(t)
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
