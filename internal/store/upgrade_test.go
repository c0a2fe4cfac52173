package store

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"launchpad/internal/core"
	"launchpad/internal/store/schema"
)

// upgraded opens a database of an older version, in which these statements were run.
func upgraded(t *testing.T, version int64, statements ...string) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite", sqliteDSN(path, "foreign_keys(1)"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, schema.Migrations)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), "sqlite:"+path, core.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Apps of before there were teams and kinds of public apps go on as they were.
func TestAppsFromBeforeTeams(t *testing.T) {
	const owner, account, app, secret = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-000000000003", "00000000-0000-7000-8000-000000000004"
	s := upgraded(t, 5,
		`INSERT INTO identities (id, email, name, password_hash, operator, created_at) VALUES ('`+owner+`', 'ann@example.com', 'Ann', 'h', 0, 1)`,
		`INSERT INTO accounts (id, slug, name, created_at) VALUES ('`+account+`', 'ann', 'Ann', 1)`,
		`INSERT INTO memberships (identity_id, account_id, role, created_at) VALUES ('`+owner+`', '`+account+`', 'owner', 1)`,
		`INSERT INTO apps (id, client_id, name, homepage_url, kind, profile, token_format, redirect_uris, scope, account_id, owner_id, client_credentials, introspection, created_at)
			VALUES ('`+app+`', 'app_old', 'Old', '', 'public', 'oauth2.1', 'sealed', 'https://a.example/cb', '', '`+account+`', '`+owner+`', 0, 0, 1)`,
		`INSERT INTO app_secrets (id, app_id, digest, created_at) VALUES ('`+secret+`', '`+app+`', 'digest', 1)`,
	)
	found, err := s.AppByClientID(t.Context(), "app_old")
	if err != nil {
		t.Fatal(err)
	}
	if found.Kind != core.KindNative || len(found.Secrets) != 1 || found.Secrets[0].MadeByName != "Ann" || found.Secrets[0].Digest != "digest" || found.OwnerLeft || !found.RedirectsChangedAt.IsZero() {
		t.Errorf("the old app: %+v", found)
	}
	again := core.AppSecret{ID: core.ID{15: 9}, Digest: "d", MadeBy: found.OwnerID, CreatedAt: time.UnixMilli(2)}
	if err := s.AddSecret(t.Context(), found.ID, again); err != nil {
		t.Errorf("a second secret beside the old one: %v", err)
	}
}

// Rows that came from another server are known after their table was made anew.
func TestImportedRowsFromBeforeTheirKeyCameFirst(t *testing.T) {
	const one, other = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
	s := upgraded(t, 19, `INSERT INTO imported_rows (source, kind, key, id) VALUES ('a', 'app', '7', '`+one+`'), ('a', 'account', '7', '`+other+`'), ('b', 'app', '7', '`+other+`')`)
	for _, c := range []struct{ source, kind, id string }{{"a", ImportedApp, one}, {"a", "account", other}, {"b", ImportedApp, other}} {
		if found, err := s.ImportedRows(t.Context(), c.source, c.kind, []string{"7", "8"}); err != nil || len(found) != 1 || found["7"].String() != c.id {
			t.Errorf("%s %s: %v, %v", c.source, c.kind, found, err)
		}
	}
}
