package importer

import (
	"context"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// members lets people into accounts, which are made if they are not here. An account that was here before is somebody's:
// only the one that was named takes people in.
func (i *Import) members(ctx context.Context, rows []Member) error {
	decided := i.report.draft(kindMember)
	return settled(ctx, rows, func(ctx context.Context, rows []Member) error {
		decided.reset()
		accounts, seats, err := i.judgeMembers(ctx, rows, decided)
		if err != nil {
			return err
		}
		if !i.o.DryRun && len(accounts)+len(seats) > 0 {
			if err := i.store.BringMembers(ctx, i.o.Name, accounts, seats, i.clock.Now()); err != nil {
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
	accounts map[string]core.Account // by slug
	came     map[string]core.ID      // accounts that an import made, by slug
	belongs  map[core.ID][]core.ID
	taken    map[core.ID]int
	created  []core.Account
	seats    []core.Membership
}

func (i *Import) judgeMembers(ctx context.Context, rows []Member, decided *draft) ([]core.Account, []core.Membership, error) {
	s, err := i.seating(ctx, rows)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range rows {
		if err := i.seat(ctx, s, m, decided); err != nil {
			return nil, nil, err
		}
	}
	return s.created, s.seats, nil
}

func (i *Import) seating(ctx context.Context, rows []Member) (*seating, error) {
	var keys, slugs, ids []string
	for _, m := range rows {
		keys, slugs = append(keys, m.PersonKey), append(slugs, m.Slug)
	}
	s := &seating{taken: map[core.ID]int{}}
	var err error
	if s.people, err = i.store.ImportedRows(ctx, i.o.Name, "identity", keys); err != nil {
		return nil, err
	}
	if s.came, err = i.store.ImportedRows(ctx, i.o.Name, "account", slugs); err != nil {
		return nil, err
	}
	if s.accounts, err = i.store.AccountsBySlug(ctx, slugs); err != nil {
		return nil, err
	}
	for key, id := range s.people {
		if id.Zero() {
			delete(s.people, key) // whoever deleted their ID takes no seat again
		}
		ids = append(ids, id.String())
	}
	s.belongs, err = i.store.MembershipsOf(ctx, ids)
	return s, err
}

func (i *Import) seat(ctx context.Context, s *seating, m Member, decided *draft) error {
	person, known := s.people[m.PersonKey]
	account, exists := s.accounts[m.Slug]
	_, came := s.came[m.Slug]
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
	default:
		if !exists {
			now := i.clock.Now()
			account = core.Account{ID: secret.NewID(now), Slug: m.Slug, Name: visible(m.Name, m.Slug), CreatedAt: now}
			s.accounts[m.Slug], s.came[m.Slug] = account, account.ID
			s.created = append(s.created, account)
		}
		return i.take(ctx, s, m, core.Membership{IdentityID: person, Account: account, Role: role}, decided)
	}
	return nil
}

// take gives a seat, if there is one.
func (i *Import) take(ctx context.Context, s *seating, m Member, seat core.Membership, decided *draft) error {
	for _, account := range s.belongs[seat.IdentityID] {
		if account == seat.Account.ID {
			decided.here()
			return nil
		}
	}
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
		s.seats = append(s.seats, seat)
	}
	decided.brought(m.Key, "")
	return nil
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
