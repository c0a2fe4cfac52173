package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// What comes from another server. Whoever imports looks first, decides, and then brings a batch in one fact; if anything
// was changed in between, the fact has lost, core.ErrConflict, and they look again.

// Kinds of rows that are remembered by their key in the source.
const (
	ImportedIdentity = "identity"
	ImportedAccount  = "account"
	ImportedApp      = "app"
	ImportedSeat     = "membership" // its id is the person's, whose deletion forgets it
)

// BeginImport notes that rows of a source begin to come. From then on tokens may be here that we did not issue.
func (s *Store) BeginImport(ctx context.Context, source string, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if _, err := t.exec(`
			INSERT INTO meta (name, value)
			VALUES ('imported_tokens', '1')
			ON CONFLICT DO NOTHING`); err != nil {
			return err
		}
		return t.log(importEvent(core.EventImportBegun, source, nil, now))
	})
}

// EndImport notes that a run came to its end, and how many rows of each kind were new.
func (s *Store) EndImport(ctx context.Context, source string, brought map[string]int, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.log(importEvent(core.EventImportEnded, source, brought, now)) })
}

func importEvent(kind core.EventKind, source string, brought map[string]int, now time.Time) core.Event {
	data, _ := json.Marshal(struct {
		Source  string         `json:"source"`
		Brought map[string]int `json:"brought,omitempty"`
	}{source, brought}) // text and numbers cannot fail
	return core.Event{At: now, Kind: kind, Data: string(data)}
}

// HoldsImportedTokens reports whether there can be tokens that we did not issue.
func (s *Store) HoldsImportedTokens(ctx context.Context) (bool, error) {
	var value string
	err := s.engine.view(ctx).one(`SELECT value FROM meta WHERE name = 'imported_tokens'`, nil, &value)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// ImportedRows finds what rows of a source became here. The zero ID: a person who deleted their ID since, or what went with them.
func (s *Store) ImportedRows(ctx context.Context, source, kind string, keys []string) (map[string]core.ID, error) {
	spelled, err := s.spelled(ctx, source, kind, keys)
	if err != nil {
		return nil, err
	}
	found := map[string]core.ID{}
	err = s.engine.view(ctx).among(`
		SELECT key, id
		FROM imported_rows
		WHERE source = $1 AND kind = $2 AND key IN (…)`, args(source, kind), slices.Sorted(maps.Keys(spelled)), func(row scanner) error {
		var key string
		var id core.ID
		err := row.Scan(&key, &id)
		found[spelled[key]] = id
		return err
	})
	return found, err
}

// SourcesOf lists the sources that each of some people came from.
func (s *Store) SourcesOf(ctx context.Context, identities []string) (map[core.ID][]string, error) {
	found := map[core.ID][]string{}
	err := s.engine.view(ctx).among(`
		SELECT id, source, kind
		FROM imported_rows
		WHERE id IN (…)`, nil, identities, func(row scanner) error {
		var id core.ID
		var source, kind string
		err := row.Scan(&id, &source, &kind)
		if kind == ImportedIdentity {
			found[id] = append(found[id], source)
		}
		return err
	})
	return found, err
}

// OldKey is the id of a person in the source that an app came from. core.ErrNotFound: they did not come from one source.
func (s *Store) OldKey(ctx context.Context, app, identity core.ID) (key string, err error) {
	err = s.engine.view(ctx).one(`
		SELECT p.key
		FROM imported_rows p
		JOIN imported_rows a ON a.source = p.source AND a.kind = '`+ImportedApp+`' AND a.id = $1
		WHERE p.kind = '`+ImportedIdentity+`' AND p.id = $2
		ORDER BY p.key
		LIMIT 1`, args(app, identity), &key)
	return key, err
}

func (t *tx) remember(source, kind string, ids map[string]core.ID) error {
	var rows [][]any
	for key, id := range ids {
		rows = append(rows, args(source, kind, key, id))
	}
	return t.insert(`imported_rows (source, kind, key, id)`, `($1, $2, $3, $4)`, rows)
}

// IdentitiesByEmail finds people by normalised e-mail addresses.
func (s *Store) IdentitiesByEmail(ctx context.Context, emails []string) (map[string]core.Identity, error) {
	return s.identities(ctx, `email`, emails, func(i core.Identity) string { return i.Email })
}

// LivingIdentities finds, of people, those who are not locked.
func (s *Store) LivingIdentities(ctx context.Context, ids []string) (map[string]core.Identity, error) {
	all, err := s.identities(ctx, `id`, ids, func(i core.Identity) string { return i.ID.String() })
	for key, identity := range all {
		if identity.Locked() {
			delete(all, key)
		}
	}
	return all, err
}

func (s *Store) identities(ctx context.Context, column string, keys []string, name func(core.Identity) string) (map[string]core.Identity, error) {
	found := map[string]core.Identity{}
	err := s.engine.view(ctx).among(`
		SELECT `+identityColumns+`
		FROM identities
		WHERE `+column+` IN (…)`, nil, keys, func(row scanner) error {
		var i core.Identity
		err := row.Scan(scanIdentity(&i)...)
		found[name(i)] = i
		return err
	})
	return found, err
}

// BringPeople adds people, remembers by their keys in the source who everybody is here, and gives them their seats.
func (s *Store) BringPeople(ctx context.Context, source string, created []core.Identity, keys map[string]core.ID, seats ImportedSeats, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		var rows [][]any
		var events []core.Event
		for _, i := range created {
			rows = append(rows, args(i.ID, i.Email, i.Name, i.PasswordHash, ms(i.CreatedAt)))
			events = append(events, core.Event{At: now, Kind: core.EventIdentityCreated, SubjectID: i.ID, IdentityID: i.ID})
		}
		if err := t.insert(`identities (id, email, name, password_hash, operator, created_at)`, `($1, $2, $3, $4, 0, $5)`, rows); err != nil {
			return err
		}
		if err := t.remember(source, ImportedIdentity, keys); err != nil {
			return err
		}
		if err := t.logAll(events); err != nil {
			return err
		}
		return t.bringSeats(source, seats, now)
	})
}

// AccountsBySlug finds accounts.
func (s *Store) AccountsBySlug(ctx context.Context, slugs []string) (map[string]core.Account, error) {
	found := map[string]core.Account{}
	err := s.engine.view(ctx).among(`
		SELECT id, slug, name, created_at, suspended_at
		FROM accounts
		WHERE slug IN (…)`, nil, slugs, func(row scanner) error {
		var a core.Account
		err := row.Scan(&a.ID, &a.Slug, &a.Name, since(&a.CreatedAt), since(&a.SuspendedAt))
		found[a.Slug] = a
		return err
	})
	return found, err
}

// MembersIn counts the members of an account.
func (s *Store) MembersIn(ctx context.Context, account core.ID) (n int, err error) {
	err = s.engine.view(ctx).one(`SELECT count(*) FROM memberships WHERE account_id = $1`, args(account), &n)
	return n, err
}

// MembershipsOf lists the accounts that people belong to, by the people's ids.
func (s *Store) MembershipsOf(ctx context.Context, identities []string) (map[core.ID][]core.ID, error) {
	found := map[core.ID][]core.ID{}
	err := s.engine.view(ctx).among(`
		SELECT identity_id, account_id
		FROM memberships
		WHERE identity_id IN (…)`, nil, identities, func(row scanner) error {
		var identity, account core.ID
		err := row.Scan(&identity, &account)
		found[identity] = append(found[identity], account)
		return err
	})
	return found, err
}

// ImportedSeats is a batch of people's places in accounts.
type ImportedSeats struct {
	Accounts []core.Account     // new ones, remembered by their slugs
	Members  []core.Membership  // new ones
	Seen     map[string]core.ID // the people of seats that the source names for the first time, taken or not, by the keys of the seats
}

// BringMembers adds accounts and lets people into accounts.
func (s *Store) BringMembers(ctx context.Context, source string, seats ImportedSeats, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.bringSeats(source, seats, now) })
}

func (t *tx) bringSeats(source string, seats ImportedSeats, now time.Time) error {
	var rows [][]any
	var events []core.Event
	slugs := map[string]core.ID{}
	for _, a := range seats.Accounts {
		rows = append(rows, args(a.ID, a.Slug, a.Name, ms(a.CreatedAt)))
		slugs[a.Slug] = a.ID
		events = append(events, core.Event{At: now, Kind: core.EventAccountCreated, SubjectID: a.ID, AccountID: a.ID})
	}
	if err := t.insert(`accounts (id, slug, name, created_at)`, `($1, $2, $3, $4)`, rows); err != nil {
		return err
	}
	if err := t.remember(source, ImportedAccount, slugs); err != nil {
		return err
	}
	rows = nil
	for _, m := range seats.Members {
		rows = append(rows, args(m.IdentityID, m.Account.ID, string(m.Role), ms(now)))
		events = append(events, memberEvent(core.EventMembershipAdded, m.IdentityID, m.Account.ID, core.ID{}, now))
	}
	if err := t.insert(`memberships (identity_id, account_id, role, created_at)`, `($1, $2, $3, $4)`, rows); err != nil {
		return err
	}
	// Whoever is removed here stays away, although the source still names the seat.
	if err := t.remember(source, ImportedSeat, seats.Seen); err != nil {
		return err
	}
	return t.logAll(events)
}

// BringApp registers an app under the client_id that it had. core.ErrConflict: it is taken.
func (s *Store) BringApp(ctx context.Context, source, key string, app core.App, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			INSERT INTO apps (id, client_id, name, homepage_url, kind, profile, token_format, redirect_uris, scope,
				account_id, owner_id, client_credentials, implicit, introspection, created_at, http_redirects_until, likeness)
			SELECT $1, $2, $3, '', $4, $5, $6, $7, $8, $9, i.id, CAST($11 AS BIGINT), 0, 0, CAST($12 AS BIGINT), CAST($13 AS BIGINT), $14
			FROM identities i
			WHERE i.id = $10 AND i.deleted_at IS NULL`,
			app.ID, app.ClientID, app.Name, string(app.Kind), string(app.Profile), string(app.TokenFormat),
			strings.Join(app.RedirectURIs, "\n"), app.Scope.String(), app.Publisher.ID, app.OwnerID,
			truth(app.ClientCredentials), ms(app.CreatedAt), ms(app.HTTPRedirectsUntil), core.Likeness(app.Name)); err != nil {
			return err
		}
		if err := t.insertSecrets(app); err != nil {
			return err
		}
		if err := t.remember(source, ImportedApp, map[string]core.ID{key: app.ID}); err != nil {
			return err
		}
		return t.log(appEvent(core.EventAppRegistered, app.ID, core.ID{}, now))
	})
}

// TokensHere finds which tokens, by their digests, came already.
func (s *Store) TokensHere(ctx context.Context, digests []string) (map[string]bool, error) {
	here := map[string]bool{}
	for _, table := range []string{`imported_refresh_tokens`, `imported_access_tokens`} {
		err := s.engine.view(ctx).among(`
		SELECT digest
		FROM `+table+`
		WHERE digest IN (…)`, nil, digests, func(row scanner) error {
			var digest string
			err := row.Scan(&digest)
			here[digest] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return here, nil
}

// GrantsOf lists what people ever allowed, also what they took back.
func (s *Store) GrantsOf(ctx context.Context, identities []string) ([]core.Grant, error) {
	var list []core.Grant
	for _, which := range []string{`revoked_at IS NULL`, `revoked_at IS NOT NULL`} { // each has an index of its own
		err := s.engine.view(ctx).among(`
		SELECT id, identity_id, app_id, scope, version, revoked_at
		FROM grants
		WHERE `+which+` AND identity_id IN (…)`, nil, identities, func(row scanner) error {
			var g core.Grant
			err := row.Scan(&g.ID, &g.IdentityID, &g.AppID, scopeOf(&g.Scope), &g.Version, since(&g.RevokedAt))
			list = append(list, g)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ImportedTokens is a batch of tokens that another server issued, with what they stand on.
type ImportedTokens struct {
	Given   []core.Grant                  // new ones, for all accounts, now and later
	Widened []core.Grant                  // with their new scopes, and the version that they had
	Refresh map[string]core.Authorization // that begin here, by the digests of their refresh tokens
	Access  map[string]core.AccessToken   // by their digests
	// Replaces holds the digests of the refresh tokens that authorizations came for, of those that were not used yet.
	Replaces map[core.ID]string
}

// BringTokens makes tokens of another server good here.
func (s *Store) BringTokens(ctx context.Context, b ImportedTokens, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.bringGrants(b, now); err != nil {
			return err
		}
		var families, refresh, access, successors [][]any
		// In the order of their index, which then touches each page once.
		for _, digest := range slices.Sorted(maps.Keys(b.Refresh)) {
			a := b.Refresh[digest]
			// The family's own digest is not known before the token is shown: see ClaimFamily.
			families = append(families, args(a.ID, a.GrantID, a.AppID, a.IdentityID, a.Scope.String(), ms(a.CreatedAt), ms(now), ms(a.ExpiresAt)))
			refresh = append(refresh, args(digest, a.ID, ms(a.ExpiresAt)))
			if replaced, unused := b.Replaces[a.ID]; unused {
				successors = append(successors, args(a.ID, replaced, ms(a.ExpiresAt)))
			}
		}
		for _, digest := range slices.Sorted(maps.Keys(b.Access)) {
			a := b.Access[digest]
			access = append(access, args(digest, a.ID, a.AuthorizationID, a.GrantID, a.AppID, a.IdentityID, a.Scope.String(), ms(a.IssuedAt), ms(a.ExpiresAt)))
		}
		if err := t.insert(`authorizations (id, grant_id, app_id, identity_id, scope, redirect_uri, code_challenge, digest,
			generation, confirmed, recent, created_at, code_expires_at, rotated_at, expires_at)`,
			`($1, $2, $3, $4, $5, '', '', '', 1, 1, '', $6, $7, $7, $8)`, families); err != nil {
			return err
		}
		if err := t.insert(`imported_refresh_tokens (digest, authorization_id, expires_at)`, `($1, $2, $3)`, refresh); err != nil {
			return err
		}
		if err := t.insert(`imported_successors (authorization_id, replaces, expires_at)`, `($1, $2, $3)`, successors); err != nil {
			return err
		}
		return t.insert(`imported_access_tokens (digest, id, authorization_id, grant_id, app_id, identity_id, scope, issued_at, expires_at)`,
			`($1, $2, $3, $4, $5, $6, $7, $8, $9)`, access)
	})
}

func (t *tx) bringGrants(b ImportedTokens, now time.Time) error {
	var rows [][]any
	var events []core.Event
	for _, g := range b.Given {
		g.Version, g.UpdatedAt, g.Reach = now.UnixMilli(), now, core.Reach{All: true}
		rows = append(rows, args(g.ID, g.IdentityID, g.AppID, g.Scope.String(), g.Version, ms(g.CreatedAt), ms(now)))
		event := grantGiven(g, core.EventGrantGiven)
		event.ActorID = core.ID{} // the person gave it elsewhere
		events = append(events, event)
	}
	// Old clients name no account: what they reach first is the account that the person had first.
	if err := t.insert(`grants (id, identity_id, app_id, scope, all_accounts, default_account_id, version, created_at, updated_at)`,
		`($1, $2, $3, $4, 1, (SELECT m.account_id FROM memberships m WHERE m.identity_id = $2 ORDER BY m.created_at, m.account_id LIMIT 1), $5, $6, $7)`, rows); err != nil {
		return err
	}
	for _, g := range b.Widened {
		if err := t.widen(g, now); err != nil {
			return err
		}
	}
	return t.logAll(events)
}

// widen adds scopes to a grant that is as it was seen. Its reach stays what the person chose; what comes along is bound to no API.
func (t *tx) widen(g core.Grant, now time.Time) error {
	seen := g.Version
	g.Version, g.UpdatedAt = max(now.UnixMilli(), seen+1), now
	err := t.one(`
		UPDATE grants
		SET scope = $3, version = $4, updated_at = $5, bound = 0
		WHERE id = $1 AND version = $2 AND revoked_at IS NULL
		RETURNING all_accounts, default_account_id`, args(g.ID, seen, g.Scope.String(), g.Version, ms(now)), isTrue(&g.Reach.All), &g.Reach.Default)
	if errors.Is(err, core.ErrNotFound) {
		return core.ErrConflict
	}
	if err == nil {
		err = t.readReach(ofGrant, g.ID, &g.Reach)
	}
	if err != nil {
		return err
	}
	event := grantGiven(g, core.EventGrantChanged)
	event.ActorID = core.ID{}
	return t.log(event)
}

// EndImported ends tokens, by their digests, that the source has revoked since they came, and says how many.
func (s *Store) EndImported(ctx context.Context, digests []string, now time.Time) (ended int, err error) {
	err = s.fact(ctx, func(t *tx) error {
		ended = 0
		families, tokens, err := t.livingImported(digests)
		if err != nil {
			return err
		}
		for _, a := range families {
			if err := t.revokeAuthorization(a, core.EventAuthorizationRevoked, core.ID{}, now); err != nil {
				return err
			}
		}
		for _, token := range tokens {
			if err := t.revokeImported(token, now); err != nil {
				return err
			}
		}
		ended = len(families) + len(tokens)
		return nil
	})
	return ended, err
}

// livingImported finds what is not over of tokens, by their digests. A key at the end of its list is looked up again and
// again, so ids keep what was found apart.
func (t *tx) livingImported(digests []string) (families map[core.ID]core.Authorization, tokens map[core.ID]core.ImportedToken, err error) {
	families, tokens = map[core.ID]core.Authorization{}, map[core.ID]core.ImportedToken{}
	if err = t.among(`
		SELECT a.id, a.identity_id, a.app_id
		FROM imported_refresh_tokens r
		JOIN authorizations a ON a.id = r.authorization_id
		WHERE a.revoked_at IS NULL AND r.digest IN (…)`, nil, digests, func(row scanner) error {
		var a core.Authorization
		err := row.Scan(&a.ID, &a.IdentityID, &a.AppID)
		families[a.ID] = a
		return err
	}); err != nil {
		return nil, nil, err
	}
	err = t.among(`
		SELECT digest, id, identity_id, app_id
		FROM imported_access_tokens
		WHERE revoked_at IS NULL AND digest IN (…)`, nil, digests, func(row scanner) error {
		var token core.ImportedToken
		err := row.Scan(&token.Digest, &token.ID, &token.IdentityID, &token.AppID)
		tokens[token.ID] = token
		return err
	})
	return families, tokens, err
}

// ImportedAccessToken finds an access token of another server by its digest, with the rights that it has by now.
// core.ErrNotFound: there is none, or it or what it stands on is over.
func (s *Store) ImportedAccessToken(ctx context.Context, digest string) (core.ImportedToken, error) {
	k := core.ImportedToken{Digest: digest}
	var granted core.Grant
	t := s.engine.view(ctx)
	err := t.one(`
		SELECT k.id, k.authorization_id, k.grant_id, k.identity_id, k.app_id, k.scope, k.issued_at, k.expires_at,
			COALESCE(g.scope, k.scope), COALESCE(g.all_accounts, 0), g.default_account_id, p.account_id, CASE WHEN u.replaces IS NULL THEN 0 ELSE 1 END
		FROM imported_access_tokens k
		JOIN apps p ON p.id = k.app_id
		LEFT JOIN grants g ON g.id = k.grant_id
		LEFT JOIN identities i ON i.id = k.identity_id
		LEFT JOIN authorizations a ON a.id = k.authorization_id
		LEFT JOIN imported_successors u ON u.authorization_id = k.authorization_id
		WHERE k.digest = $1 AND k.revoked_at IS NULL AND p.deleted_at IS NULL AND p.suspended_at IS NULL
			AND (k.grant_id IS NULL OR (g.revoked_at IS NULL AND g.id IS NOT NULL))
			AND (k.identity_id IS NULL OR (i.locked_at IS NULL AND i.id IS NOT NULL))
			AND `+notSucceeded, args(digest),
		&k.ID, &k.AuthorizationID, &k.GrantID, &k.IdentityID, &k.AppID, scopeOf(&k.Scope), since(&k.IssuedAt), since(&k.ExpiresAt),
		scopeOf(&granted.Scope), isTrue(&granted.Reach.All), &granted.Reach.Default, &granted.AppID, isTrue(&k.Unused))
	if err != nil {
		return core.ImportedToken{}, err
	}
	if k.GrantID.Zero() {
		k.Reach = core.Reach{Accounts: []core.ID{granted.AppID}, Default: granted.AppID}
		return k, nil
	}
	k.Generation = 1
	k.Scope, k.Reach = k.Scope.And(granted.Scope), granted.Reach
	return k, t.readReach(ofGrant, k.GrantID, &k.Reach)
}

// notSucceeded: the access token that came with a refresh token ends as it did where it came from, when the refreshed one
// is first used: until then the answer may have been lost. The row of an authorization can be gone while a token without
// an end lives, because nobody refreshed for long; the sweep has then ended those which were over.
const notSucceeded = `(k.authorization_id IS NULL
				OR (a.id IS NULL AND k.expires_at IS NULL)
				OR (a.revoked_at IS NULL AND a.confirmed < 2))`

// RevokeImportedToken ends an access token of another server.
func (s *Store) RevokeImportedToken(ctx context.Context, token core.ImportedToken, now time.Time) error {
	return s.fact(ctx, func(t *tx) error { return t.revokeImported(token, now) })
}

func (t *tx) revokeImported(token core.ImportedToken, now time.Time) error {
	if _, err := t.exec(`
		UPDATE imported_access_tokens
		SET revoked_at = $2
		WHERE digest = $1 AND revoked_at IS NULL`, token.Digest, ms(now)); err != nil {
		return err
	}
	return t.log(core.Event{At: now, Kind: core.EventTokenRevoked, SubjectID: token.ID, IdentityID: token.IdentityID, AppID: token.AppID})
}

// ImportedRefreshToken finds the authorization that a refresh token of another server began here, by its digest.
func (s *Store) ImportedRefreshToken(ctx context.Context, digest string) (authorization core.ID, err error) {
	err = s.engine.view(ctx).one(`
		SELECT authorization_id
		FROM imported_refresh_tokens
		WHERE digest = $1`, args(digest), &authorization)
	return authorization, err
}

// EndPredecessor ends what an authorization was refreshed from at another server, when the successor is first used. If
// the predecessor was refreshed here meanwhile, it is a line of its own by now, as it would have been there, and goes on.
func (s *Store) EndPredecessor(ctx context.Context, successor core.ID, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		var replaced string
		err := t.one(`
			DELETE FROM imported_successors
			WHERE authorization_id = $1
			RETURNING replaces`, args(successor), &replaced)
		if errors.Is(err, core.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		var a core.Authorization
		err = t.one(`
			SELECT a.id, a.identity_id, a.app_id
			FROM imported_refresh_tokens r
			JOIN authorizations a ON a.id = r.authorization_id
			JOIN authorizations b ON b.id = $2 AND b.app_id = a.app_id AND b.identity_id = a.identity_id
			WHERE r.digest = $1 AND a.generation = 1 AND a.revoked_at IS NULL AND b.revoked_at IS NULL`, args(replaced, successor), &a.ID, &a.IdentityID, &a.AppID)
		if errors.Is(err, core.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.revokeAuthorization(a, core.EventAuthorizationRevoked, core.ID{}, now)
	})
}

// ClaimFamily gives an imported authorization the digest of its family's bits, which only whoever holds the refresh token
// can make, at its first use. core.ErrConflict: it has one.
func (s *Store) ClaimFamily(ctx context.Context, id core.ID, digest string) error {
	return s.hot(ctx, func(t *tx) error {
		return t.must(`
			UPDATE authorizations
			SET digest = $2
			WHERE id = $1 AND digest = '' AND generation = 1 AND revoked_at IS NULL`, id, digest)
	})
}

// ReplaceForeignHash keeps a person's password, just proved, under our own hash. core.ErrConflict: it is another one by now.
func (s *Store) ReplaceForeignHash(ctx context.Context, identity core.ID, foreign, hash string) error {
	return s.hot(ctx, func(t *tx) error {
		return t.must(`
			UPDATE identities
			SET password_hash = $3
			WHERE id = $1 AND password_hash = $2 AND locked_at IS NULL`, identity, foreign, hash)
	})
}

// logAll is log for many lines.
func (t *tx) logAll(events []core.Event) error {
	var rows [][]any
	for i := range events {
		e := &events[i]
		e.ID = secret.NewID(e.At)
		if e.Data == "" {
			e.Data = "{}"
		}
		rows = append(rows, args(e.ID, ms(e.At), string(e.Kind), e.ActorID, e.SubjectID, e.IdentityID, e.AppID, e.AccountID, e.Data))
	}
	err := t.insert(`events (`+eventColumns+`)`, `($1, $2, $3, $4, $5, $6, $7, $8, $9)`, rows)
	if err == nil {
		t.events = append(t.events, events...)
	}
	return err
}
