package importer

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// people decides who is who, by e-mail address, and adds those who are not here.
func (i *Import) people(ctx context.Context, rows []Person) error {
	decided := i.report.draft(kindPerson)
	return settled(ctx, rows, func(ctx context.Context, rows []Person) error {
		decided.reset()
		created, keys, err := i.judgePeople(ctx, rows, decided)
		if err != nil {
			return err
		}
		if i.o.DryRun {
			for key := range keys {
				i.ahead[key] = true
			}
		} else if len(keys) > 0 {
			if err := i.store.BringPeople(ctx, i.o.Name, created, keys, i.clock.Now()); err != nil {
				return err
			}
		}
		decided.keep()
		return i.join(ctx, keys)
	}, func(p Person) { i.report.refuse(kindPerson, p.Key, reasonLost) })
}

func (i *Import) judgePeople(ctx context.Context, rows []Person, decided *draft) (created []core.Identity, keys map[string]core.ID, err error) {
	var all, emails []string
	for _, p := range rows {
		all = append(all, p.Key)
		if email, ok := core.NormalEmail(p.Email); ok {
			emails = append(emails, email)
		}
	}
	here, err := i.store.ImportedRows(ctx, i.o.Name, "identity", all)
	if err != nil {
		return nil, nil, err
	}
	known, err := i.store.IdentitiesByEmail(ctx, emails)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, identity := range known {
		ids = append(ids, identity.ID.String())
	}
	sources, err := i.store.SourcesOf(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	keys = map[string]core.ID{}
	for _, p := range rows {
		email, valid := core.NormalEmail(p.Email)
		identity, exists := known[email]
		from := sources[identity.ID]
		id, came := here[p.Key]
		_, twice := keys[p.Key]
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
			keys[p.Key], sources[identity.ID] = identity.ID, append(from, i.o.Name)
			decided.brought(p.Key, "the person was here already, with an own password")
		default:
			identity := i.identity(p, email, decided)
			created, keys[p.Key], known[email] = append(created, identity), identity.ID, identity
			sources[identity.ID] = []string{i.o.Name}
		}
	}
	return created, keys, nil
}

func (i *Import) identity(p Person, email string, decided *draft) core.Identity {
	now := i.clock.Now()
	note := ""
	switch {
	case p.PasswordHash == "":
		note = "no password came along; the person cannot sign in with one"
	case secret.CheckForeign(p.PasswordHash) != nil:
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

// join lets people who have just come into the account that everybody belongs to.
func (i *Import) join(ctx context.Context, keys map[string]core.ID) error {
	if !i.o.Everybody {
		return nil
	}
	var rows []Member
	for key := range keys {
		rows = append(rows, Member{Row: Row{Key: i.o.Account.Slug + "/" + key}, PersonKey: key, Slug: i.o.Account.Slug})
	}
	return i.members(ctx, rows)
}
