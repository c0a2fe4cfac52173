package importer

import (
	"context"
	"slices"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// tokens makes old tokens good here, and ends those that the source has revoked since they came.
func (i *Import) tokens(ctx context.Context, rows []Token) error {
	decided := i.report.draft(kindToken)
	return settled(ctx, rows, func(ctx context.Context, rows []Token) error {
		decided.reset()
		b, err := i.look(ctx, rows)
		if err != nil {
			return err
		}
		for _, t := range rows {
			b.judge(t, decided)
		}
		if !i.o.DryRun {
			if err := b.write(ctx, decided); err != nil {
				return err
			}
		}
		decided.keep()
		return nil
	}, func(t Token) { i.report.refuse(kindToken, t.Key, reasonLost) })
}

// pair is whose grant it is.
type pair struct{ identity, app core.ID }

// batch is a number of tokens that are decided together.
type batch struct {
	*Import
	now     time.Time
	people  map[string]core.ID
	living  map[string]core.Identity
	here    map[string]bool
	grants  map[pair]core.Grant // live ones, and those that the batch makes
	taken   map[pair]time.Time  // when the person took the access back
	changed map[pair]bool       // scopes were added
	given   map[pair]bool
	out     store.ImportedTokens
	ended   []string
}

func (i *Import) look(ctx context.Context, rows []Token) (*batch, error) {
	b := &batch{
		Import: i, now: i.clock.Now(), grants: map[pair]core.Grant{}, taken: map[pair]time.Time{}, changed: map[pair]bool{}, given: map[pair]bool{},
		out: store.ImportedTokens{Refresh: map[string]core.Authorization{}, Access: map[string]core.AccessToken{}},
	}
	var keys, digests, ids []string
	for _, t := range rows {
		if !slices.Contains(keys, t.PersonKey) {
			keys = append(keys, t.PersonKey)
		}
		digests = append(digests, t.Access.digest(), t.Refresh.digest())
	}
	var err error
	if b.people, err = i.store.ImportedRows(ctx, i.o.Name, "identity", keys); err != nil {
		return nil, err
	}
	for _, id := range b.people {
		ids = append(ids, id.String())
	}
	if b.living, err = i.store.LivingIdentities(ctx, ids); err != nil {
		return nil, err
	}
	if b.here, err = i.store.TokensHere(ctx, digests); err != nil {
		return nil, err
	}
	grants, err := i.store.GrantsOf(ctx, ids)
	for _, g := range grants {
		whose := pair{g.IdentityID, g.AppID}
		if g.RevokedAt.IsZero() {
			b.grants[whose] = g
		} else if g.RevokedAt.After(b.taken[whose]) {
			b.taken[whose] = g.RevokedAt
		}
	}
	return b, err
}

// digest is what is kept of a token; "" of none.
func (s Stored) digest() string {
	if s.Text == "" {
		return ""
	}
	if digest, ok := secret.DigestOfSHA256(s.Text); ok && s.Hashed {
		return digest
	}
	return secret.Digest(s.Text)
}

// judge decides about one token.
func (b *batch) judge(t Token, decided *draft) {
	access, refresh := t.Access.digest(), t.Refresh.digest()
	if !t.ExpiresAt.IsZero() && !b.now.Before(t.ExpiresAt) {
		access = ""
	}
	app, appCame := b.apps[t.AppKey]
	identity, personCame := b.people[t.PersonKey]
	_, alive := b.living[identity.String()]
	forItself := t.PersonKey == ""
	if forItself {
		refresh = "" // RFC 6749 §4.4.3: there is none
	}
	revoked := !t.RevokedAt.IsZero() && !b.now.Before(t.RevokedAt)
	if revoked && !b.first {
		b.ended = append(b.ended, t.Access.digest(), t.Refresh.digest())
	}
	switch {
	case t.Broken != "":
		decided.refuse(t.Key, t.Broken)
	case revoked:
		decided.refuse(t.Key, "revoked")
	case access == "" && refresh == "":
		decided.refuse(t.Key, "expired")
	case t.AppKey == "" || !appCame:
		decided.refuse(t.Key, "its app did not come")
	case app.gone:
		decided.refuse(t.Key, "its app was deleted here")
	case b.here[t.Access.digest()] || refresh != "" && b.here[refresh]:
		decided.here()
	case forItself && app.id.Zero(): // a dry run
		decided.brought(t.Key, b.missingScopes(t))
	case forItself:
		b.forApp(t, app.id, access, decided)
	case !personCame && !b.ahead[t.PersonKey]:
		decided.refuse(t.Key, reasonPerson)
	case !personCame || app.id.Zero(): // a dry run
		decided.brought(t.Key, b.missingScopes(t))
	case !alive:
		decided.refuse(t.Key, reasonGone)
	case !t.CreatedAt.After(b.taken[pair{identity, app.id}]):
		decided.refuse(t.Key, "the person took the access back here")
	default:
		b.forPerson(t, pair{identity, app.id}, access, refresh, decided)
	}
}

func (b *batch) missingScopes(t Token) string {
	if _, some := b.scope(t.Scope); some {
		return "scopes that do not exist here were left out; map them with --scope"
	}
	return ""
}

func (b *batch) forApp(t Token, app core.ID, access string, decided *draft) {
	scope, _ := b.scope(t.Scope)
	b.here[access] = true
	b.out.Access[access] = core.AccessToken{ID: secret.NewID(b.now), AppID: app, Scope: scope, IssuedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}
	decided.brought(t.Key, b.missingScopes(t))
}

func (b *batch) forPerson(t Token, whose pair, access, refresh string, decided *draft) {
	scope, _ := b.scope(t.Scope)
	g, exists := b.grants[whose]
	switch {
	case !exists:
		g = core.Grant{ID: secret.NewID(b.now), IdentityID: whose.identity, AppID: whose.app, Scope: scope, CreatedAt: b.now}
		b.given[whose] = true
	case !g.Scope.Covers(scope):
		g.Scope = g.Scope.Or(scope)
		b.changed[whose] = !b.given[whose]
	}
	b.grants[whose] = g
	token := core.AccessToken{ID: secret.NewID(b.now), GrantID: g.ID, IdentityID: whose.identity, AppID: whose.app, Scope: scope, IssuedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}
	if refresh != "" {
		token.AuthorizationID = secret.NewID(b.now)
		b.here[refresh] = true
		b.out.Refresh[refresh] = core.Authorization{
			ID: token.AuthorizationID, GrantID: g.ID, AppID: whose.app, IdentityID: whose.identity, Scope: scope,
			CreatedAt: t.CreatedAt, ExpiresAt: b.now.Add(b.o.RefreshAbsolute),
		}
	}
	if access != "" {
		b.here[access] = true
		b.out.Access[access] = token
	}
	decided.brought(t.Key, b.missingScopes(t))
}

func (b *batch) write(ctx context.Context, decided *draft) error {
	for whose := range b.given {
		b.out.Given = append(b.out.Given, b.grants[whose])
	}
	for whose, changed := range b.changed {
		if changed {
			b.out.Widened = append(b.out.Widened, b.grants[whose])
		}
	}
	if len(b.out.Refresh)+len(b.out.Access) > 0 {
		if err := b.store.BringTokens(ctx, b.out, b.now); err != nil {
			return err
		}
	}
	if len(b.ended) == 0 {
		return nil
	}
	ended, err := b.store.EndImported(ctx, b.ended, b.now)
	decided.ended(ended)
	return err
}
