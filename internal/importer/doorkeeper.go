package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Doorkeeper keeps its secrets plain, or with hash_token_secrets as the SHA-256 of each in 64 small hex digits; secrets of
// apps also as bcrypt, which shows itself. But it also used to make plain tokens of 64 hex digits. So if any row has that
// form, somebody who knows must say which of the two it is: which rows are new, and made as the server does today, cannot be
// told where ids are no numbers, and a hash that is taken for a token makes the database's content good as a bearer token.

// DoorkeeperOptions is what its tables do not tell.
type DoorkeeperOptions struct {
	UsersQuery    string // id, email, name and perhaps the hash of the password
	AccountsQuery string // slug, name, id of a user and perhaps the role
	OwnerType     string // of tokens' owners, where the table has several
	Tokens        string // "plain", "hashed" or "": as the rows tell
	Secrets       string // likewise
}

// Doorkeeper opens the database of a Rails application with Doorkeeper.
func Doorkeeper(ctx context.Context, dsn string, o DoorkeeperOptions) (Source, io.Closer, error) {
	db, err := openDatabase(ctx, dsn)
	if err != nil {
		return Source{}, nil, err
	}
	d := &doorkeeper{database: db, o: o}
	source, err := d.source(ctx)
	if err != nil {
		db.Close()
		return Source{}, nil, err
	}
	return source, db, nil
}

type doorkeeper struct {
	*database
	o                           DoorkeeperOptions
	tokensHashed, secretsHashed bool
}

const (
	doorkeeperApps   = "oauth_applications"
	doorkeeperTokens = "oauth_access_tokens"
)

func (d *doorkeeper) source(ctx context.Context) (s Source, err error) {
	for _, table := range []string{doorkeeperApps, doorkeeperTokens} {
		if d.columns(ctx, table) == nil {
			return s, fmt.Errorf("the source has no table %s: is it Doorkeeper's database?", table)
		}
	}
	var unclear []string
	for _, kind := range []struct {
		table, column, flag, told string
		hashed                    *bool
	}{
		{doorkeeperTokens, "token", "--tokens", d.o.Tokens, &d.tokensHashed},
		{doorkeeperApps, "secret", "--secrets", d.o.Secrets, &d.secretsHashed},
	} {
		clear, err := d.form(ctx, kind.table, kind.column, kind.told, kind.hashed)
		if err != nil {
			return s, err
		}
		if !clear {
			unclear = append(unclear, fmt.Sprintf("%s: say %s plain or %s hashed", kind.table, kind.flag, kind.flag))
		}
	}
	if len(unclear) > 0 {
		s.Ambiguous = "there are secrets of 64 hex digits, which Doorkeeper's SHA-256 hashes have, and the plain ones that its older versions made. See hash_token_secrets and hash_application_secrets in its initializer. " + strings.Join(unclear, "; ")
	}
	if s.Apps.Count, err = d.count(ctx, doorkeeperApps); err != nil {
		return s, err
	}
	if s.Tokens.Count, err = d.count(ctx, doorkeeperTokens); err != nil {
		return s, err
	}
	if codes, err := d.count(ctx, "oauth_access_grants"); err == nil && codes > 0 {
		s.LeftOut = append(s.LeftOut, "authorization codes: they live for ten minutes, and whoever is on the way authorizes once more")
	}
	s.Apps.Each, s.Tokens.Each = d.apps, d.tokens
	if d.o.UsersQuery != "" {
		s.People.Each = d.people
	}
	if d.o.AccountsQuery != "" {
		s.Members.Each = d.members
	}
	return s, nil
}

// form finds out how secrets are stored; clear is false if only somebody who knows can say.
func (d *doorkeeper) form(ctx context.Context, table, column, told string, hashed *bool) (clear bool, err error) {
	*hashed = told == "hashed"
	if told != "" {
		return true, nil
	}
	found := errors.New("found")
	err = d.each(ctx, "SELECT "+column+" FROM "+table+" WHERE length("+column+") = 64", nil, func(row []any) error {
		if looksHashed(text(row[0])) {
			return found
		}
		return nil
	})
	if errors.Is(err, found) {
		return false, nil
	}
	return true, err
}

func looksHashed(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func (d *doorkeeper) apps(ctx context.Context, yield func(App) error) error {
	columns := []string{"id", "uid", "name", "secret", "redirect_uri", "scopes", "confidential", "owner_id", "created_at"}
	hasConfidential := d.columns(ctx, doorkeeperApps)["confidential"]
	return d.pages(ctx, doorkeeperApps, columns, func(row []any) error {
		secret := text(row[3])
		app := App{
			Row: Row{Key: text(row[0])}, ClientID: text(row[1]), Name: text(row[2]),
			Secret: Stored{secret, d.secretsHashed && looksHashed(secret)}, RedirectURIs: strings.Fields(text(row[4])),
			Scope: text(row[5]), Public: hasConfidential && !truth(row[6]), OwnerKey: text(row[7]),
		}
		var ok bool
		if app.CreatedAt, ok = moment(row[8]); !ok {
			app.Broken = "created_at is no time"
		}
		return yield(app)
	})
}

func (d *doorkeeper) tokens(ctx context.Context, yield func(Token) error) error {
	columns := []string{"id", "application_id", "resource_owner_id", "token", "refresh_token", "expires_in", "revoked_at", "created_at", "scopes", "resource_owner_type", "previous_refresh_token"}
	return d.pages(ctx, doorkeeperTokens, columns, func(row []any) error {
		return yield(d.token(row))
	})
}

func (d *doorkeeper) token(row []any) Token {
	stored := func(v any) Stored {
		s := text(v)
		return Stored{s, d.tokensHashed && looksHashed(s)}
	}
	t := Token{
		Row: Row{Key: text(row[0])}, AppKey: text(row[1]), PersonKey: text(row[2]),
		Access: stored(row[3]), Refresh: stored(row[4]), Replaces: stored(row[10]), Scope: text(row[8]),
	}
	var ok bool
	if t.RevokedAt, ok = moment(row[6]); !ok {
		t.Broken = "revoked_at is no time"
	}
	if t.CreatedAt, ok = moment(row[7]); !ok || t.CreatedAt.IsZero() {
		t.Broken = "created_at is no time"
	}
	if row[5] != nil {
		seconds, ok := number(row[5])
		if !ok || seconds < 0 {
			t.Broken = "expires_in is no number of seconds"
		}
		t.ExpiresAt = t.CreatedAt.Add(time.Duration(min(seconds, math.MaxInt32)) * time.Second)
	}
	if kind := text(row[9]); kind != "" && kind != d.o.OwnerType {
		t.Broken = "it belongs to a " + kind
	}
	return t
}

func (d *doorkeeper) people(ctx context.Context, yield func(Person) error) error {
	return d.each(ctx, d.o.UsersQuery, nil, func(row []any) error {
		if len(row) < 2 {
			return fmt.Errorf("--users-query gives %d columns; it must give id, email, name and perhaps password_hash", len(row))
		}
		row = append(row, nil, nil)
		return yield(Person{Row: Row{Key: text(row[0])}, Email: text(row[1]), Name: text(row[2]), PasswordHash: text(row[3])})
	})
}

func (d *doorkeeper) members(ctx context.Context, yield func(Member) error) error {
	return d.each(ctx, d.o.AccountsQuery, nil, func(row []any) error {
		if len(row) < 3 {
			return fmt.Errorf("--accounts-query gives %d columns; it must give slug, name, user_id and perhaps role", len(row))
		}
		row = append(row, nil)
		return yield(Member{Row: Row{Key: text(row[0]) + "/" + text(row[2])}, Slug: text(row[0]), Name: text(row[1]), PersonKey: text(row[2]), Role: text(row[3])})
	})
}
