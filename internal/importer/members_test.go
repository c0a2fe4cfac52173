package importer

import (
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

func company(t *testing.T, text string) Source {
	t.Helper()
	people, members := PeopleCSV(write(t, "people.csv", "id,email,accounts\n"+text))
	return Source{People: people, Members: members}
}

func belongs(t *testing.T, s *store.Store, email, slug string) bool {
	t.Helper()
	person, err := s.IdentityByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	account, err := s.AccountBySlug(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := s.MembershipsOf(t.Context(), []string{person.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range accounts[person.ID] {
		if id == account.ID {
			return true
		}
	}
	return false
}

// removed is what an owner of the account does to somebody.
func removed(t *testing.T, s *store.Store, o Options, email string) {
	t.Helper()
	person, err := s.IdentityByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	seat := core.Membership{IdentityID: o.Owner.ID, Account: o.Account, Role: core.RoleOwner}
	if err := s.RemoveMember(t.Context(), seat, core.Member{Identity: person, Role: core.RoleMember}, core.SystemClock{}.Now()); err != nil {
		t.Fatal(err)
	}
}

// Everybody is everybody, also those who came before it was said, or with a run that died.
func TestEverybodyIsLetIn(t *testing.T) {
	s, o := here(t)
	runs(t, s, o, company(t, "1,ann@example.com,\n2,ben@example.com,\n"))
	o.Everybody = true
	counts, lines := runs(t, s, o, company(t, "1,ann@example.com,\n2,ben@example.com,\n3,cat@example.com,\n"))
	if counts["memberships"].New != 3 {
		t.Errorf("%+v\n%+v", counts, lines)
	}
	for _, email := range []string{"ann@example.com", "ben@example.com", "cat@example.com"} {
		if !belongs(t, s, email, "own") {
			t.Errorf("%s does not belong to the account", email)
		}
	}
	counts, _ = runs(t, s, o, company(t, "1,ann@example.com,\n2,ben@example.com,\n3,cat@example.com,\n"))
	if m := counts["memberships"]; m.New != 0 || m.Here != 3 {
		t.Errorf("again: %+v", m)
	}
}

// Whom somebody removed here is not let in again by the next run, whichever way the seat came.
func TestWhoWasRemovedHereStaysAway(t *testing.T) {
	for name, everybody := range map[string]bool{"named by the source": false, "with everybody": true} {
		t.Run(name, func(t *testing.T) {
			s, o := here(t)
			o.Everybody = everybody
			text := "1,ann@example.com,own bakery\n2,ben@example.com,own\n"
			runs(t, s, o, company(t, text))
			removed(t, s, o, "ann@example.com")
			counts, lines := runs(t, s, o, company(t, text))
			if belongs(t, s, "ann@example.com", "own") || !belongs(t, s, "ann@example.com", "bakery") || !belongs(t, s, "ben@example.com", "own") {
				t.Errorf("%+v\n%+v", counts, lines)
			}
			told := 0
			for _, l := range lines {
				if l.Kind == kindMember && l.Key == "own/1" && !l.Brought && strings.Contains(l.Reason, "was removed here") {
					told++
				}
			}
			if told == 0 || counts["memberships"].New != 0 {
				t.Errorf("%+v\n%+v", counts, lines)
			}
		})
	}
}

// A person who was a member before the import and is removed after it was named there, too.
func TestASeatThatWasHereBeforeIsRememberedAsWell(t *testing.T) {
	s, o := here(t)
	o.Existing = true
	now := core.SystemClock{}.Now()
	runs(t, s, o, company(t, "1,ann@example.com,\n"))
	ann, err := s.IdentityByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddMember(t.Context(), ann.ID, o.Account.ID, core.RoleMember, o.Owner.ID, now); err != nil {
		t.Fatal(err)
	}
	runs(t, s, o, company(t, "1,ann@example.com,own\n"))
	removed(t, s, o, "ann@example.com")
	if counts, lines := runs(t, s, o, company(t, "1,ann@example.com,own\n")); belongs(t, s, "ann@example.com", "own") {
		t.Errorf("%+v\n%+v", counts, lines)
	}
}

// Nobody sits down who may not sign in.
func TestLockedPeopleGetNoSeat(t *testing.T) {
	s, o := here(t)
	runs(t, s, o, company(t, "1,ann@example.com,\n"))
	ann, err := s.IdentityByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.LockIdentity(t.Context(), ann.ID, o.Owner.ID, core.SystemClock{}.Now()); err != nil {
		t.Fatal(err)
	}
	o.Everybody = true
	counts, lines := runs(t, s, o, company(t, "1,ann@example.com,bakery\n"))
	if m := counts["memberships"]; m.New != 0 || m.NotBrought != 2 {
		t.Errorf("%+v\n%+v", counts, lines)
	}
}
