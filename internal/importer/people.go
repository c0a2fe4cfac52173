package importer

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// people decides who is who, by e-mail address, and adds those who are not here.
func (i *Import) people(ctx context.Context, rows []Person) error {
	decided, seated := i.report.draft(kindPerson), i.report.draft(kindMember)
	return settled(ctx, rows, func(ctx context.Context, rows []Person) error {
		decided.reset()
		seated.reset()
		come, err := i.judgePeople(ctx, rows, decided)
		if err != nil {
			return err
		}
		if i.o.DryRun {
			for key := range come.keys {
				i.ahead[key] = true
			}
			come.keys = nil
		}
		seats, err := i.everybody(ctx, rows, come, seated)
		if err != nil {
			return err
		}
		if !i.o.DryRun && len(come.keys)+len(seats.Seen) > 0 {
			if err := i.store.BringPeople(ctx, i.o.Name, come.created, come.keys, seats, i.clock.Now()); err != nil {
				return err
			}
		}
		decided.keep()
		seated.keep()
		return nil
	}, func(p Person) { i.report.refuse(kindPerson, p.Key, reasonLost) })
}

// arrival is what a batch of people becomes.
type arrival struct {
	created []core.Identity
	keys    map[string]core.ID // of those who come with it
	here    map[string]core.ID // of those who came before
}

func (i *Import) judgePeople(ctx context.Context, rows []Person, decided *draft) (come arrival, err error) {
	var all, emails []string
	for _, p := range rows {
		all = append(all, p.Key)
		if email, ok := core.NormalEmail(p.Email); ok {
			emails = append(emails, email)
		}
	}
	come.keys = map[string]core.ID{}
	if come.here, err = i.store.ImportedRows(ctx, i.o.Name, store.ImportedIdentity, all); err != nil {
		return come, err
	}
	known, err := i.store.IdentitiesByEmail(ctx, emails)
	if err != nil {
		return come, err
	}
	var ids []string
	for _, identity := range known {
		ids = append(ids, identity.ID.String())
	}
	sources, err := i.store.SourcesOf(ctx, ids)
	if err != nil {
		return come, err
	}
	for _, p := range rows {
		email, valid := core.NormalEmail(p.Email)
		identity, exists := known[email]
		from := sources[identity.ID]
		id, came := come.here[p.Key]
		_, twice := come.keys[p.Key]
		switch {
		case came && id.Zero():
			decided.refuse(p.Key, "the person deleted their ID here")
		case came:
			decided.here()
		case p.Broken != "":
			decided.refuse(p.Key, p.Broken)
		case p.Key == "" || twice:
			decided.refuse(p.Key, "its id is missing or comes twice")
		case !valid:
			decided.refuse(p.Key, "its e-mail address is none")
		case exists && slices.Contains(from, i.o.Name):
			// Addresses that differ there can be the same here, in large and small letters.
			decided.refuse(p.Key, "another person of the source has its e-mail address")
		case exists && identity.Operator && !i.o.Operators:
			decided.refuse(p.Key, "an operator of this Launchpad has its e-mail address; --operators lets them be the same")
		case exists && identity.Locked():
			decided.refuse(p.Key, "the person with its e-mail address is locked here")
		case exists && len(from) == 0 && !identity.Operator && !i.o.Existing:
			// Nobody has checked the addresses of those who signed up here.
			decided.refuse(p.Key, "somebody here has its e-mail address, and did not come from another server; --existing says that they are the same")
		case exists:
			come.keys[p.Key], sources[identity.ID] = identity.ID, append(from, i.o.Name)
			decided.brought(p.Key, "the person was here already, with an own password")
		default:
			identity := i.identity(p, email, decided)
			come.created, come.keys[p.Key], known[email] = append(come.created, identity), identity.ID, identity
			sources[identity.ID] = []string{i.o.Name}
		}
	}
	return come, nil
}

func (i *Import) identity(p Person, email string, decided *draft) core.Identity {
	now := i.clock.Now()
	note := ""
	switch {
	case p.PasswordHash == "":
		note = "no password came along; the person cannot sign in with one"
	case secret.CheckForeign(p.PasswordHash) != nil || !isText(p.PasswordHash):
		p.PasswordHash, note = "", "the hash of the password is of an unknown form or costs too much; the person cannot sign in with it"
	}
	decided.brought(p.Key, note)
	local, _, _ := strings.Cut(email, "@")
	return core.Identity{ID: secret.NewID(now), Email: email, Name: visible(p.Name, local), PasswordHash: p.PasswordHash, CreatedAt: now}
}

// visible makes a name that may stand on a page; whatever is left of nothing is the other.
func visible(name, other string) string {
	name = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(name, ""), func(c rune) bool { return unicode.IsSpace(c) || !core.VisibleName(string(c)) }), " ")
	if runes := []rune(name); len(runes) > 60 {
		name = strings.TrimSpace(string(runes[:60]))
	}
	if !core.VisibleName(name) {
		return other[:min(len(other), 60)]
	}
	return name
}

// everybody lets people into the account that all belong to, in the fact that brings them: a run that dies in between would
// have left them outside for good.
func (i *Import) everybody(ctx context.Context, rows []Person, come arrival, decided *draft) (store.ImportedSeats, error) {
	if !i.o.Everybody {
		return store.ImportedSeats{}, nil
	}
	var seats []Member
	for _, p := range rows {
		_, comes := come.keys[p.Key]
		if id, came := come.here[p.Key]; came && !id.Zero() || comes || i.ahead[p.Key] {
			seats = append(seats, Member{Row: Row{Key: i.o.Account.Slug + "/" + p.Key}, PersonKey: p.Key, Slug: i.o.Account.Slug})
		}
	}
	return i.judgeMembers(ctx, seats, come.keys, decided)
}
