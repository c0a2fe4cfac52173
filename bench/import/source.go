package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL

	"launchpad/bench/drive"

	_ "modernc.org/sqlite" // and of SQLite
)

// people and apps of the source. Somebody who has more than one token has them of different apps.
const (
	people = 10_000
	apps   = 100
)

// generate writes a source in which every token lives.
func generate(ctx context.Context, path string, tokens int) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT)`,
		`CREATE TABLE oauth_applications (id INTEGER PRIMARY KEY, name TEXT, uid TEXT, secret TEXT, redirect_uri TEXT, scopes TEXT, confidential INTEGER, created_at DATETIME)`,
		`CREATE TABLE oauth_access_tokens (id INTEGER PRIMARY KEY, resource_owner_id INTEGER, application_id INTEGER, token TEXT, refresh_token TEXT, previous_refresh_token TEXT, expires_in INTEGER, revoked_at DATETIME, created_at DATETIME, scopes TEXT)`,
		`BEGIN`,
		numbers(people, `INSERT INTO users SELECT n, 'person-' || n || '@example.com', 'Person ' || n FROM numbers`),
		numbers(apps, `INSERT INTO oauth_applications SELECT n, 'App ' || n, lower(hex(randomblob(16))), hex(randomblob(20)), 'https://app.example/' || n, '', 1, datetime('now') FROM numbers`),
		numbers(tokens, fmt.Sprintf(`INSERT INTO oauth_access_tokens SELECT n, 1 + n %% %d, 1 + (n / %d) %% %d, 'a-' || hex(randomblob(20)), 'r-' || hex(randomblob(20)), '', 7200, NULL, datetime('now'), 'public' FROM numbers`, people, people, apps)),
		`COMMIT`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("generate: %w", err)
		}
	}
	return nil
}

func numbers(n int, insert string) string {
	return fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d) %s`, n, insert)
}

// look asks the database that was imported into.
func look(ctx context.Context, launch drive.Launch, question string) (n int, err error) {
	driver, name := "sqlite", launch.Data+"/launchpad.db"
	if launch.Database != "" {
		driver, name = "pgx", launch.Database
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, question).Scan(&n)
	return n, err
}

func brought(ctx context.Context, launch drive.Launch) (int, error) {
	return look(ctx, launch, `SELECT count(*) FROM imported_refresh_tokens`)
}

// count asks the tables: each token once, standing on what it should.
func count(ctx context.Context, o options, launch drive.Launch) error {
	var wrong []string
	for question, want := range map[string]int{
		`SELECT count(*) FROM imported_refresh_tokens`:                             o.tokens,
		`SELECT count(*) FROM imported_access_tokens`:                              o.tokens,
		`SELECT count(*) FROM authorizations WHERE generation = 1 AND digest = ''`: o.tokens,
		`SELECT count(DISTINCT authorization_id) FROM imported_access_tokens`:      o.tokens,
		`SELECT count(*) FROM imported_access_tokens k
			JOIN imported_refresh_tokens r ON r.authorization_id = k.authorization_id
			JOIN authorizations a ON a.id = k.authorization_id AND a.grant_id = k.grant_id
			JOIN grants g ON g.id = k.grant_id AND g.identity_id = k.identity_id AND g.app_id = k.app_id AND g.revoked_at IS NULL`: o.tokens,
	} {
		got, err := look(ctx, launch, question)
		if err != nil {
			return err
		}
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%d, want %d: %s", got, want, question))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("not all is there once:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}
