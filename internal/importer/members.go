package importer

import (
	"context"
	"maps"
	"slices"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// members lets people into accounts, which are made if they are not here. An account that was here before is somebody's:
// only the one that was named takes people in. A seat that the source named once is remembered: what becomes of it here
// is decided here.
func (i *Import) members(ctx context.Context, rows []Member) error {
	decided := i.report.draft(kindMember)
	return settled(ctx, rows, func(ctx context.Context, rows []Member) error {
		decided.reset()
		seats, err := i.judgeMembers(ctx, rows, nil, decided)
		if err != nil {
			return err
		}
		if !i.o.DryRun && len(seats.Seen) > 0 {
			if err := i.store.BringMembers(ctx, i.o.Name, seats, i.clock.Now()); err != nil {
				return err
			}
		}
		decided.keep()
		return nil
	}, func(m Member) { i.report.refuse(kindMember, m.Key, reasonLost) })
}

// seating is what a batch of members knows while it is decided.
type seating struct {
	people   map[string]core.ID
	living   map[string]core.Identity
	coming   map[string]core.ID      // people of the same fact
	accounts map[string]core.Account // by slug
	came     map[string]core.ID      // accounts that an import made, by slug
	seen     map[string]core.ID      // seats that the source named before
	belongs  map[core.ID][]core.ID
	taken    map[core.ID]int
	out      store.ImportedSeats
}

func (i *Import) judgeMembers(ctx context.Context, rows []Member, coming map[string]core.ID, decided *draft) (store.ImportedSeats, error) {
	s, err := i.seating(ctx, rows, coming)
	if err != nil {
		return s.out, err
	}
	for _, m := range rows {
		if err := i.seat(ctx, s, m, decided); err != nil {
			return s.out, err
		}
	}
	return s.out, nil
}

func (i *Import) seating(ctx context.Context, rows []Member, coming map[string]core.ID) (*seating, error) {
	var keys, slugs, seats, ids []string
	for _, m := range rows {
		keys, slugs, seats = append(keys, m.PersonKey), append(slugs, m.Slug), append(seats, m.seat())
	}
	s := &seating{coming: coming, taken: map[core.ID]int{}, out: store.ImportedSeats{Seen: map[string]core.ID{}}}
	var err error
	if s.people, err = i.store.ImportedRows(ctx, i.o.Name, store.ImportedIdentity, keys); err != nil {
		return s, err
	}
	maps.Copy(s.people, coming)
	if s.came, err = i.store.ImportedRows(ctx, i.o.Name, store.ImportedAccount, slugs); err != nil {
		return s, err
	}
	if s.seen, err = i.store.ImportedRows(ctx, i.o.Name, store.ImportedSeat, seats); err != nil {
		return s, err
	}
	if s.accounts, err = i.store.AccountsBySlug(ctx, slugs); err != nil {
		return s, err
	}
	for key, id := range s.people {
		if id.Zero() {
			delete(s.people, key) // whoever deleted their ID takes no seat again
		}
		ids = append(ids, id.String())
	}
	if s.living, err = i.store.LivingIdentities(ctx, ids); err != nil {
		return s, err
	}
	s.belongs, err = i.store.MembershipsOf(ctx, ids)
	return s, err
}

// seat is the key by which a place is remembered; no slug has a slash.
func (m Member) seat() string { return m.Slug + "/" + m.PersonKey }

func (s *seating) lives(key string) bool {
	_, alive := s.living[s.people[key].String()]
	_, comes := s.coming[key]
	return alive || comes
}

func (i *Import) seat(ctx context.Context, s *seating, m Member, decided *draft) error {
	person, known := s.people[m.PersonKey]
	account, exists := s.accounts[m.Slug]
	_, came := s.came[m.Slug]
	_, seen := s.seen[m.seat()]
	role, roleKnown := roleOf(m.Role)
	switch {
	case m.Broken != "":
		decided.refuse(m.Key, m.Broken)
	case !known && !i.ahead[m.PersonKey]:
		decided.refuse(m.Key, reasonPerson)
	case !roleKnown:
		decided.refuse(m.Key, "its role is neither owner, admin nor member")
	case !core.ValidSlug(m.Slug):
		decided.refuse(m.Key, "its slug cannot name an account: small letters, digits and hyphens")
	case exists && !came && account.ID != i.o.Account.ID:
		decided.refuse(m.Key, "an account of this name is here, and did not come from there")
	case known && slices.Contains(s.belongs[person], account.ID):
		if decided.here(); !seen {
			s.see(m, person)
		}
	case seen:
		decided.refuse(m.Key, "the person was removed here")
	case known && !s.lives(m.PersonKey):
		decided.refuse(m.Key, reasonGone)
	default:
		if !exists {
			now := i.clock.Now()
			account = core.Account{ID: secret.NewID(now), Slug: m.Slug, Name: visible(m.Name, m.Slug), CreatedAt: now}
			s.accounts[m.Slug], s.came[m.Slug] = account, account.ID
			s.out.Accounts = append(s.out.Accounts, account)
		}
		return i.take(ctx, s, m, core.Membership{IdentityID: person, Account: account, Role: role}, decided)
	}
	return nil
}

// take gives a seat, if there is one.
func (i *Import) take(ctx context.Context, s *seating, m Member, seat core.Membership, decided *draft) error {
	if _, counted := s.taken[seat.Account.ID]; !counted {
		n, err := i.store.MembersIn(ctx, seat.Account.ID)
		if err != nil {
			return err
		}
		s.taken[seat.Account.ID] = n
	}
	if s.taken[seat.Account.ID] >= core.MaxMembers {
		decided.refuse(m.Key, "the account is full")
		return nil
	}
	s.taken[seat.Account.ID]++
	if !seat.IdentityID.Zero() {
		s.belongs[seat.IdentityID] = append(s.belongs[seat.IdentityID], seat.Account.ID)
		s.out.Members = append(s.out.Members, seat)
		s.see(m, seat.IdentityID)
	}
	decided.brought(m.Key, "")
	return nil
}

func (s *seating) see(m Member, person core.ID) {
	s.seen[m.seat()], s.out.Seen[m.seat()] = person, person
}

func roleOf(text string) (core.Role, bool) {
	switch role := core.Role(text); role {
	case "":
		return core.RoleMember, true
	case core.RoleOwner, core.RoleAdmin, core.RoleMember:
		return role, true
	}
	return "", false
}
