package store_test

import (
	"errors"
	"testing"

	"launchpad/internal/core"
)

// membership reads what somebody is in an account, as whoever decides would.
func (w *world) membership(t *testing.T, who core.Identity, account core.Account) core.Membership {
	t.Helper()
	m, err := w.Membership(t.Context(), who.ID, account.Slug)
	must(t, err)
	return m
}

// member reads a member of Ann's account.
func (w *world) member(t *testing.T, who core.Identity) core.Member {
	t.Helper()
	m, err := w.Member(t.Context(), w.annsCo.ID, who.ID)
	must(t, err)
	return m
}

// joined lets somebody into Ann's account.
func (w *world) joined(t *testing.T, who core.Identity, role core.Role) core.Membership {
	t.Helper()
	must(t, w.AddMember(t.Context(), who.ID, w.annsCo.ID, role, w.ann.ID, w.clock.Now()))
	return w.membership(t, who, w.annsCo)
}

func (w *world) operator(t *testing.T) core.Identity {
	t.Helper()
	operator := w.newcomer("operator@example.com")
	operator.Operator = true
	must(t, w.CreateIdentity(t.Context(), operator))
	return operator
}

// inAnnsAccount are all acts in Ann's account, each of them one that its actor might do.
func (w *world) inAnnsAccount(t *testing.T, open core.Invitation, cara core.Identity) map[string]func(by core.Membership) error {
	ctx, now, who := t.Context(), w.clock.Now(), w.member(t, cara)
	return map[string]func(by core.Membership) error{
		"rename":      func(by core.Membership) error { return w.RenameAccount(ctx, by, "Other", now) },
		"change role": func(by core.Membership) error { return w.ChangeRole(ctx, by, who, core.RoleAdmin, now) },
		"remove":      func(by core.Membership) error { return w.RemoveMember(ctx, by, who, now) },
		"hand over":   func(by core.Membership) error { return w.HandOver(ctx, by, who, now) },
		"close":       func(by core.Membership) error { return w.CloseAccount(ctx, by, now) },
		"withdraw":    func(by core.Membership) error { return w.WithdrawInvitationInto(ctx, by, open.ID, now) },
		"invite": func(by core.Membership) error {
			id := w.id()
			return w.InviteInto(ctx, by, core.Invitation{ID: id, Digest: "d", Role: core.RoleMember, Email: id.String() + "@example.com", CreatedAt: now, ExpiresAt: now.Add(1)})
		},
	}
}

// Whatever is done in an account has no effect by somebody who is not, or is no more, what the decision said.
func TestNobodyActsByARoleThatIsNotTheirs(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		dora := w.newcomer("dora@example.com")
		must(t, w.CreateIdentity(ctx, dora))
		cara := w.newcomer("cara@example.com")
		must(t, w.CreateIdentity(ctx, cara))
		w.joined(t, cara, core.RoleMember)
		open := w.invitation(t, w.annsCo, "somebody@example.com", w.ann)
		was := w.joined(t, dora, core.RoleOwner)
		for name, spoil := range map[string]func(m core.Membership) core.Membership{
			"a stranger":                 func(m core.Membership) core.Membership { m.IdentityID = w.ben.ID; return m },
			"nobody":                     func(m core.Membership) core.Membership { m.IdentityID = core.ID{}; return m },
			"a member as owner":          func(m core.Membership) core.Membership { m.IdentityID = cara.ID; return m },
			"an owner as what she was":   func(m core.Membership) core.Membership { m.Role = core.RoleAdmin; return m },
			"the owner of another one":   func(core.Membership) core.Membership { return w.membership(t, w.ben, w.bensCo) },
			"a role that does not exist": func(m core.Membership) core.Membership { m.Role = ""; return m },
		} {
			for act, do := range w.inAnnsAccount(t, open, cara) {
				if act == "rename" || act == "close" || act == "invite" {
					if name == "the owner of another one" {
						continue // these name no other thing than the actor's own account
					}
				}
				if err := do(spoil(was)); !errors.Is(err, core.ErrConflict) && !errors.Is(err, core.ErrNotFound) {
					t.Errorf("%s, as %s: got %v, want a refusal", act, name, err)
				}
			}
		}
		must(t, w.RemoveMember(ctx, w.membership(t, w.ann, w.annsCo), w.member(t, dora), now))
		for act, do := range w.inAnnsAccount(t, open, cara) {
			if do(was) == nil {
				t.Errorf("%s, a moment after she was removed: it was done", act)
			}
		}
		if after := w.member(t, cara); after.Role != core.RoleMember {
			t.Errorf("cara is %s now", after.Role)
		}
	})
}

// The removal of an admin and what the admin does at the same moment: one of the two comes first, and an act that comes
// second is not done.
func TestARemovedAdminDoesNothingMore(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		ann := w.membership(t, w.ann, w.annsCo)
		for range 20 {
			ben := w.joined(t, w.ben, core.RoleAdmin)
			id := w.id()
			i := core.Invitation{ID: id, Digest: "d", Role: core.RoleMember, Email: id.String() + "@example.com", CreatedAt: now, ExpiresAt: now.AddDate(0, 0, 1)}
			race2(
				func() error { return w.RemoveMember(ctx, ann, core.Member{Identity: w.ben, Role: core.RoleAdmin}, now) },
				func() error { return w.InviteInto(ctx, ben, i) },
			)
			if found, err := w.Invitation(ctx, id); err == nil && found.Open(now) {
				t.Fatal("a removed admin left an open invitation")
			}
		}
	})
}

func TestAnAccountKeepsAnOwner(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		ann := w.membership(t, w.ann, w.annsCo)
		wantErr(t, "the last owner steps down", w.ChangeRole(ctx, ann, w.member(t, w.ann), core.RoleMember, now), core.ErrConflict)
		wantErr(t, "the last owner leaves", w.RemoveMember(ctx, ann, w.member(t, w.ann), now), core.ErrConflict)
		wantErr(t, "no member", w.ChangeRole(ctx, ann, core.Member{Identity: w.ben, Role: core.RoleMember}, core.RoleOwner, now), core.ErrConflict)
		wantErr(t, "to herself", w.HandOver(ctx, ann, w.member(t, w.ann), now), core.ErrConflict)
		w.joined(t, w.ben, core.RoleMember)
		must(t, w.ChangeRole(ctx, ann, w.member(t, w.ben), core.RoleOwner, now))
		// Both step down at once: one of them must stay.
		ben := w.membership(t, w.ben, w.annsCo)
		left := race2(
			func() error {
				return w.ChangeRole(ctx, ann, core.Member{Identity: w.ann, Role: core.RoleOwner}, core.RoleMember, now)
			},
			func() error {
				return w.ChangeRole(ctx, ben, core.Member{Identity: w.ben, Role: core.RoleOwner}, core.RoleMember, now)
			},
		)
		if left != 1 {
			t.Errorf("%d owners stepped down, want 1", left)
		}
	})
}

func TestHandingOver(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		w.joined(t, w.ben, core.RoleMember)
		ann, ben := w.membership(t, w.ann, w.annsCo), w.member(t, w.ben)
		if n := race(t, func() error { return w.HandOver(ctx, ann, ben, now) }); n != 1 {
			t.Errorf("%d times, want 1", n)
		}
		if a, b := w.member(t, w.ann).Role, w.member(t, w.ben).Role; a != core.RoleAdmin || b != core.RoleOwner {
			t.Errorf("ann is %s and ben is %s, want admin and owner", a, b)
		}
	})
}

func TestClosingAndReopening(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		operator, ann := w.operator(t), w.membership(t, w.ann, w.annsCo)
		if n := race(t, func() error { return w.CloseAccount(ctx, ann, now) }); n != 1 {
			t.Errorf("closed %d times, want 1", n)
		}
		wantErr(t, "an act in a closed account", w.RenameAccount(ctx, ann, "Other", now), core.ErrConflict)
		wantErr(t, "its owner opens it", w.ResumeAccount(ctx, w.annsCo.ID, w.ann.ID, now), core.ErrConflict)
		if n := race(t, func() error { return w.ResumeAccount(ctx, w.annsCo.ID, operator.ID, now) }); n != 1 {
			t.Errorf("opened %d times, want 1", n)
		}
		wantErr(t, "no operator suspends", w.SuspendAccount(ctx, w.annsCo.ID, w.ben.ID, now), core.ErrConflict)
		must(t, w.RenameAccount(ctx, ann, "Other", now))
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
