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
	crowd  = 900 // people of one account: two batches, and fewer than it has seats
)

// dialect is what the engines of a source call things.
type dialect struct{ driver, random, now, time string }

var (
	sqlite   = dialect{"sqlite", "lower(hex(randomblob(16)))", "datetime('now')", "DATETIME"}
	postgres = dialect{"pgx", "replace(gen_random_uuid()::text, '-', '')", "now() AT TIME ZONE 'UTC'", "TIMESTAMP"}
)

// generate writes a source in which every token lives, in place of the one that was there.
func generate(ctx context.Context, source string, people, tokens int) error {
	d, name := postgres, source
	if path, found := strings.CutPrefix(source, "sqlite:"); found {
		d, name = sqlite, path
	}
	db, err := sql.Open(d.driver, name)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	named := strings.NewReplacer("RANDOM", d.random, "NOW", d.now, "TIME", d.time)
	for _, statement := range []string{
		`DROP TABLE IF EXISTS users`,
		`DROP TABLE IF EXISTS oauth_applications`,
		`DROP TABLE IF EXISTS oauth_access_tokens`,
		`CREATE TABLE users (id BIGINT PRIMARY KEY, email TEXT, name TEXT)`,
		`CREATE TABLE oauth_applications (id BIGINT PRIMARY KEY, name TEXT, uid TEXT, secret TEXT, redirect_uri TEXT, scopes TEXT, confidential BOOLEAN, created_at TIME)`,
		`CREATE TABLE oauth_access_tokens (id BIGINT PRIMARY KEY, resource_owner_id BIGINT, application_id BIGINT, token TEXT, refresh_token TEXT, previous_refresh_token TEXT, expires_in INTEGER, revoked_at TIME, created_at TIME, scopes TEXT)`,
		`BEGIN`,
		numbers(people, `INSERT INTO users SELECT n, 'person-' || n || '@example.com', 'Person ' || n FROM numbers`),
		numbers(apps, `INSERT INTO oauth_applications SELECT n, 'App ' || n, RANDOM, RANDOM, 'https://app.example/' || n, '', true, NOW FROM numbers`),
		numbers(tokens, fmt.Sprintf(`INSERT INTO oauth_access_tokens SELECT n, 1 + n %% %d, 1 + (n / %d) %% %d, 'a-' || RANDOM, 'r-' || RANDOM, '', 7200, NULL, NOW, 'public' FROM numbers`, people, people, apps)),
		`COMMIT`,
	} {
		if _, err := db.ExecContext(ctx, named.Replace(statement)); err != nil {
			return fmt.Errorf("generate: %w", err)
		}
	}
	return nil
}

func numbers(n int, insert string) string {
	return fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n <= %d) %s WHERE n <= %d`, n, insert, n)
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

// Questions.
const (
	tokensBrought = `SELECT count(*) FROM imported_refresh_tokens`
	peopleBrought = `SELECT count(*) FROM imported_rows WHERE kind = 'identity'`
	peopleOutside = `SELECT count(*) FROM imported_rows r WHERE r.kind = 'identity' AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.identity_id = r.id)`
)

// count asks the tables: each token once, standing on what it should.
func count(ctx context.Context, o options, launch drive.Launch) error {
	return compare(ctx, launch, map[string]int{
		tokensBrought: o.tokens,
		`SELECT count(*) FROM imported_access_tokens`:                              o.tokens,
		`SELECT count(*) FROM authorizations WHERE generation = 1 AND digest = ''`: o.tokens,
		`SELECT count(DISTINCT authorization_id) FROM imported_access_tokens`:      o.tokens,
		`SELECT count(*) FROM imported_access_tokens k
			JOIN imported_refresh_tokens r ON r.authorization_id = k.authorization_id
			JOIN authorizations a ON a.id = k.authorization_id AND a.grant_id = k.grant_id
			JOIN grants g ON g.id = k.grant_id AND g.identity_id = k.identity_id AND g.app_id = k.app_id AND g.revoked_at IS NULL`: o.tokens,
	})
}

func compare(ctx context.Context, launch drive.Launch, answers map[string]int) error {
	var wrong []string
	for question, want := range answers {
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
