package importer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// engines that a Doorkeeper can be on. SQLite is always there; the others where the environment names them.
func engines(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "old.db")}
	for name, env := range map[string]string{"postgres": "LAUNCHPAD_TEST_POSTGRES", "mariadb": "LAUNCHPAD_TEST_MARIADB"} {
		if dsn := os.Getenv(env); dsn != "" {
			found[name] = dsn
		} else if strings.Contains(os.Getenv("LAUNCHPAD_TEST_REQUIRE"), name) {
			t.Fatalf("%s is asked for, but %s does not name a server", name, env)
		}
	}
	return found
}

// old makes a database of another server, with statements that every engine understands; DATETIME is its type for times.
func old(t *testing.T, engine, dsn string, statements ...string) {
	t.Helper()
	driver, name := "sqlite", strings.TrimPrefix(dsn, "sqlite:")
	var db *sql.DB
	var err error
	switch engine {
	case "postgres":
		driver, name = "pgx", dsn
		fallthrough
	case "sqlite":
		db, err = sql.Open(driver, name)
	default:
		db, err = openMySQL(dsn)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"users", "places", "oauth_applications", "oauth_access_tokens"} {
		if _, err := db.Exec("DROP TABLE IF EXISTS " + table); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range statements {
		if engine == "postgres" {
			statement = strings.ReplaceAll(statement, "DATETIME", "TIMESTAMP")
		}
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

const (
	hashed   = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" // SHA-256 of "test"
	longAgo  = "2020-01-02 03:04:05.678901"
	farAhead = "2099-01-01 00:00:00"
)

var doorkeeperTables = []string{
	`CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(100), name VARCHAR(100), encrypted_password VARCHAR(200))`,
	`CREATE TABLE places (slug VARCHAR(40), user_id BIGINT, role VARCHAR(10))`,
	`CREATE TABLE oauth_applications (id BIGINT PRIMARY KEY, name VARCHAR(100), uid VARCHAR(100), secret VARCHAR(100), redirect_uri TEXT, scopes VARCHAR(100), confidential BOOLEAN, owner_id BIGINT, created_at DATETIME)`,
	`CREATE TABLE oauth_access_tokens (id BIGINT PRIMARY KEY, application_id BIGINT, resource_owner_id BIGINT, token VARCHAR(100), refresh_token VARCHAR(100), expires_in INTEGER, revoked_at DATETIME, created_at DATETIME, scopes VARCHAR(100))`,
	`INSERT INTO users VALUES (1, 'Ann@Example.com', 'Ann', '$2a$04$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonPAC'), (2, 'no address', 'Ben', ''), (3, 'boss@example.com', 'Eve', ''), (4, 'dan@example.com', 'D<b>an', '{SSHA}x')`,
	`INSERT INTO places VALUES ('bakery', 1, 'owner'), ('bakery', 4, ''), ('cinema', 1, 'king'), ('bakery', 2, ''), ('own', 1, '')`,
	`INSERT INTO oauth_applications VALUES
		(1, 'Web', 'web', 'm7Yx2QpK9sVb4TzR1wLc8NdF6gHj3AeUiOtPqXvZk5M', 'https://a.example/cb
http://a.example/cb', 'public', true, 1, '` + longAgo + `'),
		(2, 'Desktop', 'desktop', 'x', 'https://a.example/*
myapp://cb', '', false, NULL, '` + longAgo + `'),
		(3, 'Taken', 'taken', 'chosen', 'https://a.example/', '', true, NULL, '` + longAgo + `'),
		(4, 'Bad', 'with:colon', 'chosen', 'https://a.example/', '', true, NULL, '` + longAgo + `'),
		(5, 'Robot', 'robot', 'chosen', '', '', true, NULL, '` + longAgo + `')`,
	`INSERT INTO oauth_access_tokens VALUES
		(1, 1, 1, 'a1', 'r1', NULL, NULL, '` + longAgo + `', 'public'),
		(2, 1, 1, 'a2', 'r2', 7200, NULL, '` + longAgo + `', 'public write'),
		(3, 1, 1, 'a3', NULL, 7200, NULL, '` + longAgo + `', 'public'),
		(4, 1, 1, 'a4', 'r4', NULL, '` + longAgo + `', '` + longAgo + `', 'public'),
		(5, 1, 2, 'a5', 'r5', NULL, NULL, '` + longAgo + `', 'public'),
		(6, 4, 1, 'a6', 'r6', NULL, NULL, '` + longAgo + `', 'public'),
		(7, 5, NULL, 'a7', NULL, NULL, NULL, '` + longAgo + `', ''),
		(8, 2, 4, 'a8', 'r8', NULL, '` + farAhead + `', '` + longAgo + `', 'gone')`,
}

// here is a Launchpad with an operator, their account, and an app.
func here(t *testing.T) (*store.Store, Options) {
	t.Helper()
	return on(t, lptest.Engines(t)[0])
}

func on(t *testing.T, engine lptest.Engine) (*store.Store, Options) {
	t.Helper()
	clock := core.SystemClock{}
	s := engine.Store(t, clock)
	now := clock.Now()
	boss := core.Identity{ID: secret.NewID(now), Email: "boss@example.com", Name: "Boss", Operator: true, CreatedAt: now}
	account := core.Account{ID: secret.NewID(now), Slug: "own", Name: "Own", CreatedAt: now}
	other := core.Account{ID: secret.NewID(now), Slug: "cinema", Name: "Somebody's", CreatedAt: now}
	app := core.App{ID: secret.NewID(now), ClientID: "taken", Name: "Taken", Kind: core.KindNative, Publisher: account, OwnerID: boss.ID, CreatedAt: now}
	for _, err := range []error{s.CreateOperator(t.Context(), boss, account), s.CreateAccount(t.Context(), other, boss.ID), s.RegisterApp(t.Context(), core.Membership{IdentityID: boss.ID, Account: account, Role: core.RoleOwner}, app)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s, Options{
		Name: "old", Account: account, Owner: boss, Profile: core.ProfileOAuth2, HTTPRedirectsUntil: now.AddDate(1, 0, 0),
		Published: oauth.Scopes("read", "write"), Scopes: map[string]string{"public": "read"}, RefreshAbsolute: 24 * time.Hour,
	}
}

var queries = DoorkeeperOptions{UsersQuery: "SELECT id, email, name, encrypted_password FROM users", AccountsQuery: "SELECT slug, '', user_id, role FROM places", OwnerType: "User"}

// brings runs an import and gives its report.
func brings(t *testing.T, s *store.Store, o Options, dsn string, d DoorkeeperOptions) (map[string]Counts, []Line) {
	t.Helper()
	source, closer, err := Doorkeeper(t.Context(), dsn, d)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	return runs(t, s, o, source)
}

func runs(t *testing.T, s *store.Store, o Options, source Source) (map[string]Counts, []Line) {
	t.Helper()
	var file bytes.Buffer
	report := NewReport(&file)
	if err := New(s, core.SystemClock{}, o, report).Run(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if err := report.Close(); err != nil {
		t.Fatal(err)
	}
	var written struct{ Rows []Line }
	if err := json.Unmarshal(file.Bytes(), &written); err != nil {
		t.Fatalf("the report is not JSON: %v\n%s", err, file.Bytes())
	}
	return report.Counts(), written.Rows
}

// eachWay runs a test for every engine of a source, and for every one of ours; never two at once, because the sources are shared.
func eachWay(t *testing.T, test func(t *testing.T, engine, dsn string, target lptest.Engine)) {
	t.Helper()
	for engine, dsn := range engines(t) {
		for _, target := range lptest.Engines(t) {
			t.Run(engine+" to "+target.Name, func(t *testing.T) { test(t, engine, dsn, target) })
		}
	}
}

func TestEveryRowIsBroughtOrExplained(t *testing.T) {
	eachWay(t, func(t *testing.T, engine, dsn string, target lptest.Engine) {
		old(t, engine, dsn, doorkeeperTables...)
		s, o := on(t, target)
		want := map[string]Counts{
			"people": {Read: 4, New: 2, NotBrought: 2}, "memberships": {Read: 5, New: 3, NotBrought: 2},
			"apps": {Read: 5, New: 3, NotBrought: 2}, "tokens": {Read: 8, New: 4, NotBrought: 4},
		}
		dry := o
		dry.DryRun = true
		counts, _ := brings(t, s, dry, dsn, queries)
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("dry run (-want +got):\n%s", diff)
		}
		if some, err := s.HoldsImportedTokens(t.Context()); some || err != nil {
			t.Errorf("a dry run left something: %t, %v", some, err)
		}
		counts, lines := brings(t, s, o, dsn, queries)
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		wantReasons(t, lines)
		checkBrought(t, s)
		again, _ := brings(t, s, o, dsn, queries)
		for kind, c := range again {
			if c.New != 0 || c.Here != want[kind].New || c.NotBrought != want[kind].NotBrought || c.Ended != 0 {
				t.Errorf("again, %s: %+v", kind, c)
			}
		}
	})
}

// Text that a column of PostgreSQL cannot hold breaks the row that has it, and no other.
func TestUnreadableTextStaysInItsRow(t *testing.T) {
	const bcrypt = "$2a$04$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonP"
	for _, bad := range []string{"\x00", "\xff", "x\x00y", "\xc3("} {
		for _, target := range lptest.Engines(t) {
			t.Run(fmt.Sprintf("%q to %s", bad, target.Name), func(t *testing.T) {
				s, o := on(t, target)
				good := Source{
					People:  slice(Person{Row: Row{Key: "1"}, Email: "ann@example.com", Name: "Ann"}),
					Members: slice(Member{Row: Row{Key: "bakery/1"}, PersonKey: "1", Slug: "bakery"}),
					Apps:    slice(App{Row: Row{Key: "1"}, ClientID: "web", Secret: Stored{Text: "chosen"}, RedirectURIs: []string{"https://a.example/"}}),
					Tokens:  slice(Token{Row: Row{Key: "1"}, AppKey: "1", PersonKey: "1", Access: Stored{Text: "good"}, CreatedAt: core.SystemClock{}.Now()}),
				}
				source := Source{
					People: with(good.People,
						Person{Row: Row{Key: bad}, Email: "ben@example.com"}, Person{Row: Row{Key: "3"}, Email: "cat" + bad + "@example.com"},
						Person{Row: Row{Key: "4"}, Email: "dan@example.com", Name: bad, PasswordHash: bcrypt + bad}),
					Members: with(good.Members,
						Member{Row: Row{Key: bad}, PersonKey: "1", Slug: "cellar"}, Member{Row: Row{Key: "b"}, PersonKey: bad, Slug: "cellar"},
						Member{Row: Row{Key: "c"}, PersonKey: "1", Slug: bad}, Member{Row: Row{Key: "d"}, PersonKey: "4", Slug: "bakery", Name: bad, Role: bad}),
					Apps: with(good.Apps,
						App{Row: Row{Key: bad}, ClientID: "a", Secret: Stored{Text: "x"}}, App{Row: Row{Key: "b"}, ClientID: bad, Secret: Stored{Text: "x"}},
						App{Row: Row{Key: "c"}, ClientID: "c", Secret: Stored{Text: "x"}, OwnerKey: bad},
						App{Row: Row{Key: "d"}, ClientID: "d", Secret: Stored{Text: bcrypt + bad}},
						App{Row: Row{Key: "e"}, ClientID: "e", Name: bad, Secret: Stored{Text: "x" + bad}, Scope: "public " + bad, RedirectURIs: []string{"https://a.example/" + bad}}),
					Tokens: with(good.Tokens,
						Token{Row: Row{Key: bad}, AppKey: "1", Access: Stored{Text: "k"}}, Token{Row: Row{Key: "b"}, AppKey: bad, Access: Stored{Text: "k"}},
						Token{Row: Row{Key: "c"}, AppKey: "1", PersonKey: bad, Access: Stored{Text: "k"}},
						Token{Row: Row{Key: "d"}, AppKey: "1", PersonKey: "1", Access: Stored{Text: bad}, Refresh: Stored{Text: "r" + bad}, Replaces: Stored{Text: bad}, Scope: bad, CreatedAt: core.SystemClock{}.Now()}),
				}
				dry := o
				dry.DryRun = true
				runs(t, s, dry, source)
				counts, lines := runs(t, s, o, source)
				want := map[string]Counts{
					"people": {Read: 4, New: 2, NotBrought: 2}, "memberships": {Read: 5, New: 1, NotBrought: 4},
					"apps": {Read: 6, New: 2, NotBrought: 4}, "tokens": {Read: 5, New: 2, NotBrought: 3},
				}
				if diff := cmp.Diff(want, counts); diff != "" {
					t.Errorf("(-want +got):\n%s\n%+v", diff, lines)
				}
				if _, err := s.ImportedAccessToken(t.Context(), secret.Digest("good")); err != nil {
					t.Errorf("the good row of the batch: %v", err)
				}
			})
		}
	}
}

func slice[T any](rows ...T) Rows[T] {
	return Rows[T]{Count: len(rows), Each: func(_ context.Context, yield func(T) error) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}}
}

func with[T any](some Rows[T], more ...T) Rows[T] {
	return Rows[T]{Each: func(ctx context.Context, yield func(T) error) error {
		if err := slice(more[:len(more)/2]...).Each(ctx, yield); err != nil {
			return err
		}
		if err := some.Each(ctx, yield); err != nil {
			return err
		}
		return slice(more[len(more)/2:]...).Each(ctx, yield)
	}}
}

func wantReasons(t *testing.T, lines []Line) {
	t.Helper()
	got := map[string]string{}
	for _, l := range lines {
		got[l.Kind+" "+l.Key] = fmt.Sprint(l.Brought, " ", l.Reason)
	}
	two := strings.Split(strings.TrimPrefix(got["app 2"], "true "), "; ")
	if len(two) != 2 || !strings.HasPrefix(two[0], "redirect URI https://a.example/* was left out: ") || !strings.Contains(two[0], "wildcards") ||
		!strings.HasPrefix(two[1], "redirect URIs whose scheme has no dot, and so is nobody's, are taken until ") {
		t.Errorf("app 2: %q", two)
	}
	for row, part := range map[string]string{
		"person 2": "false its e-mail address is none", "person 3": "false an operator", "person 4": "true the hash of the password",
		"membership cinema/1": "false its role", "membership bakery/2": "false its person did not come",
		"app 1": "true plain http", "app 3": "false another app has this client_id",
		"app 4": "false its client_id", "app 5": "true its secret keeps a slow hash",
		"token 1": "", "token 2": "", "token 3": "false expired", "token 4": "false revoked", "token 5": "false its person did not come",
		"token 6": "false its app did not come", "token 8": "true scopes",
	} {
		if !strings.HasPrefix(got[row], part) || part == "" && got[row] != "" {
			t.Errorf("%s: %q, want %q", row, got[row], part)
		}
	}
}

func checkBrought(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	web, err := s.AppByClientID(ctx, "web")
	if err != nil {
		t.Fatal(err)
	}
	ann, err := s.IdentityByEmail(ctx, "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if web.OwnerID != ann.ID || web.Kind != core.KindWeb || len(web.RedirectURIs) != 2 || web.HTTPRedirectsUntil.IsZero() || web.Scope.String() != "read" ||
		!web.CreatedAt.Truncate(time.Second).Equal(time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("web: %+v", web)
	}
	if desktop, err := s.AppByClientID(ctx, "desktop"); err != nil || desktop.Confidential() || strings.Join(desktop.RedirectURIs, " ") != "myapp://cb" || desktop.HTTPRedirectsUntil.IsZero() {
		t.Errorf("desktop: %+v, %v", desktop, err)
	}
	if robot, err := s.AppByClientID(ctx, "robot"); err != nil || robot.Kind != core.KindMachine || !robot.ClientCredentials {
		t.Errorf("robot: %+v, %v", robot, err)
	}
	token, err := s.ImportedAccessToken(ctx, secret.Digest("a1"))
	if err != nil || token.IdentityID != ann.ID || token.AppID != web.ID || token.Scope.String() != "read" || !token.ExpiresAt.IsZero() || !token.Reach.All {
		t.Errorf("token 1: %+v, %v", token, err)
	}
	later, err := s.ImportedAccessToken(ctx, secret.Digest("a8"))
	if err != nil || later.ExpiresAt.Format("2006-01-02 15:04:05") != farAhead {
		t.Errorf("token 8, which the source ends on a day to come: %+v, %v", later, err)
	}
	grant, err := s.Grant(ctx, ann.ID, web.ID)
	if err != nil || grant.Scope.String() != "read write" {
		t.Errorf("the grant has the scopes of all tokens: %+v, %v", grant, err)
	}
}

// What the source revokes between two runs ends here with the second.
func TestWhatTheSourceRevokesEndsHere(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "old.db")
	old(t, "sqlite", dsn, doorkeeperTables...)
	s, o := here(t)
	brings(t, s, o, dsn, queries)
	statements := append([]string{}, doorkeeperTables...)
	old(t, "sqlite", dsn, append(statements, `UPDATE oauth_access_tokens SET revoked_at = '`+longAgo+`' WHERE id IN (1, 7)`)...)
	counts, _ := brings(t, s, o, dsn, queries)
	if got := counts["tokens"]; got.Ended != 3 || got.New != 0 { // a1, r1 and a7
		t.Errorf("%+v, want 3 ended", got)
	}
	for _, token := range []string{"a1", "a7"} {
		if _, err := s.ImportedAccessToken(t.Context(), secret.Digest(token)); err == nil {
			t.Errorf("%s is good", token)
		}
	}
}

// How secrets are stored is never guessed where it cannot be seen.
func TestHashedOrPlain(t *testing.T) {
	insert := `INSERT INTO oauth_access_tokens VALUES (9, 1, 1, '` + hashed + `', NULL, NULL, NULL, '` + longAgo + `', 'public')`
	newer := `INSERT INTO oauth_access_tokens VALUES (10, 1, 1, 'a10', NULL, NULL, NULL, '` + longAgo + `', 'public')`
	for _, c := range []struct {
		name  string
		more  []string
		told  string
		error bool
		holds string // whose bearer calls the API
	}{
		{"the newest looks hashed", []string{insert}, "", true, ""},
		{"somebody says hashed", []string{insert}, "hashed", false, "test"},
		{"somebody says plain", []string{insert}, "plain", false, hashed},
		{"a newer one is plain", []string{insert, newer}, "", true, ""},
		{"a newer one is plain, and somebody says so", []string{insert, newer}, "plain", false, hashed},
		{"none looks hashed", []string{newer}, "", false, "a10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := "sqlite:" + filepath.Join(t.TempDir(), "old.db")
			old(t, "sqlite", dsn, append(append([]string{}, doorkeeperTables...), c.more...)...)
			s, o := here(t)
			d := queries
			d.Tokens = c.told
			source, closer, err := Doorkeeper(t.Context(), dsn, d)
			if err != nil {
				t.Fatal(err)
			}
			defer closer.Close()
			err = New(s, core.SystemClock{}, o, NewReport(nil)).Run(t.Context(), source)
			if (err != nil) != c.error || c.error && !strings.Contains(err.Error(), "--tokens plain or --tokens hashed") {
				t.Fatalf("got %v", err)
			}
			for _, bearer := range []string{"test", hashed, "a10"} {
				_, err := s.ImportedAccessToken(t.Context(), secret.Digest(bearer))
				if good := err == nil; good != (bearer == c.holds || bearer == "a10" && !c.error && len(c.more) > 0 && c.more[len(c.more)-1] == newer) {
					t.Errorf("%s is good: %t", bearer, good)
				}
			}
		})
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const realm = `{
	"realm": "old", "clientScopes": [{"name": "x", "attributes": {"clients": "no"}}],
	"users": [
		{"id": "u1", "username": "ann", "email": "ann@example.com", "firstName": "Ann", "enabled": true, "credentials": [
			{"type": "password", "secretData": "{\"value\":\"OM0FAoIqCVK1sWtxDiffVlBejtLa+ks4TP71JiecwuSZCG8iLbnlIEPOMoVX+i2B2wkSxjQ8CRGR9OkNGuIPMQ==\",\"salt\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}",
			 "credentialData": "{\"hashIterations\":1000,\"algorithm\":\"pbkdf2-sha512\",\"additionalParameters\":{}}"}]},
		{"id": "u2", "username": "ben@example.com", "enabled": true, "credentials": [
			{"type": "password", "secretData": "{\"value\":\"2Ek5zMZVGrFVTlHZZgywf+fd0fS6/y+DB3Z5fAX1+zM=\",\"salt\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}",
			 "credentialData": "{\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}"}]},
		{"id": "u3", "username": "gone", "email": "gone@example.com", "enabled": false}],
	"clients": [
		{"id": "c1", "clientId": "shop", "secret": "aG7kQ2mZ9xW4vT1nR6yL3bC8dF5jH0pS", "redirectUris": ["https://shop.example/cb", "https://shop.example/*"], "publicClient": false, "enabled": true, "protocol": "openid-connect"},
		{"id": "c2", "clientId": "account", "publicClient": true},
		{"id": "c3", "clientId": "api", "bearerOnly": true},
		{"id": "c4", "clientId": "masked", "secret": "**********", "redirectUris": ["https://a.example/"]}]}`

func TestKeycloak(t *testing.T) {
	s, o := here(t)
	o.Everybody = true
	counts, lines := runs(t, s, o, Keycloak(write(t, "realm.json", realm)))
	if p, a := counts["people"], counts["apps"]; p.New != 2 || p.NotBrought != 1 || a.New != 1 || a.NotBrought != 3 {
		t.Errorf("%+v\n%+v", counts, lines)
	}
	shop, err := s.AppByClientID(t.Context(), "shop")
	if err != nil || len(shop.RedirectURIs) != 1 || !secret.Matches("aG7kQ2mZ9xW4vT1nR6yL3bC8dF5jH0pS", shop.Secrets[0].Digest) {
		t.Errorf("%+v, %v", shop, err)
	}
	gate := secret.NewGate(time.Minute)
	for _, email := range []string{"ann@example.com", "ben@example.com"} {
		person, err := s.IdentityByEmail(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := gate.CheckPassword(t.Context(), secret.SlowLane, "correct horse", person.PasswordHash); !ok || err != nil {
			t.Errorf("%s cannot sign in: %v", email, err)
		}
	}
}

func TestHydra(t *testing.T) {
	s, o := here(t)
	o.Scopes["openid"] = "read"
	list := write(t, "clients.json", `{"items": [
		{"client_id": "spa", "client_name": "SPA", "redirect_uris": ["http://127.0.0.1/cb"], "scope": "openid", "token_endpoint_auth_method": "none", "created_at": "2024-01-02T03:04:05Z"},
		{"client_id": "web", "client_name": "Web", "redirect_uris": ["https://a.example/"], "scope": "openid", "token_endpoint_auth_method": "client_secret_basic"}], "next_page_token": ""}`)
	source, closer, err := Hydra(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	if counts, lines := runs(t, s, o, source); counts["apps"].New != 1 || len(lines) != 1 || !strings.Contains(lines[0].Reason, "no secret") {
		t.Errorf("from a list: %+v %+v", counts, lines)
	}
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "hydra.db")
	old(t, "sqlite", dsn, `CREATE TABLE hydra_client (id TEXT, client_name TEXT, client_secret TEXT, redirect_uris TEXT, scope TEXT, token_endpoint_auth_method TEXT, created_at DATETIME)`,
		`INSERT INTO hydra_client VALUES ('web', 'Web', '$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M', 'https://a.example/|https://b.example/', 'openid', 'client_secret_post', '2024-01-02 03:04:05')`)
	source, closer, err = Hydra(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	runs(t, s, o, source)
	web, err := s.AppByClientID(t.Context(), "web")
	if err != nil || len(web.RedirectURIs) != 2 {
		t.Fatalf("%+v, %v", web, err)
	}
	if ok, err := secret.NewGate(time.Minute).CheckSecret(t.Context(), "correct horse", web.Secrets[0].Digest); !ok || err != nil {
		t.Errorf("the secret is not taken: %v", err)
	}
}

func TestCSV(t *testing.T) {
	s, o := here(t)
	people, members := PeopleCSV(write(t, "people.csv", "id,email,name,accounts\n1,ann@example.com,Ann,bakery:owner own\n2,ben@example.com\n3,cat@example.com,Cat,bakery\n"))
	source := Source{People: people, Members: members, Apps: AppsCSV(write(t, "apps.csv", "client_id,client_secret,name,redirect_uris,public\nweb,chosen,Web,https://a.example/ https://b.example/,false\nphone,,Phone,com.example.app:/cb,true\n"))}
	counts, lines := runs(t, s, o, source)
	if counts["people"].New != 2 || counts["people"].NotBrought != 1 || counts["memberships"].New != 3 || counts["apps"].New != 2 {
		t.Errorf("%+v\n%+v", counts, lines)
	}
	unknown, _ := PeopleCSV(write(t, "other.csv", "id,email,colour\n1,a@example.com,red\n"))
	if err := New(s, core.SystemClock{}, o, NewReport(nil)).Run(t.Context(), Source{People: unknown}); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("an unknown column: %v", err)
	}
}

// Whatever a realm's credentials hold, the result is a hash that is refused, or one that can be compared.
func FuzzKeycloak(f *testing.F) {
	f.Add([]byte(realm))
	f.Add([]byte(`{"users": [{}], "clients": [[]]}`))
	f.Add([]byte(`[1, {"id": 1}]`))
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, names := range [][]string{{"users"}, {"clients"}} {
			_ = eachElement(json.NewDecoder(bytes.NewReader(document)), names, func(element json.RawMessage) error {
				checkKeycloak(t, keycloakPerson(element), keycloakApp(element))
				return nil
			})
		}
	})
}

func checkKeycloak(t *testing.T, p Person, a App) {
	p.check()
	a.check()
	for _, text := range []string{p.Key, a.Key, a.ClientID} {
		if !isText(text) {
			t.Errorf("%q would be looked up", text)
		}
	}
	i := &Import{clock: core.SystemClock{}, o: Options{Profile: core.ProfileOAuth2}, report: NewReport(nil)}
	decided := i.report.draft(kindApp)
	app, comes := i.judgeApp(a, decided)
	if comes != (decided.counts.New == 1) || comes == (decided.counts.NotBrought == 1) {
		t.Errorf("%+v: comes %t, counted %+v", a, comes, decided.counts)
	}
	if comes && (a.Broken != "" || !clientID(app.ClientID) || app.Confidential() && len(app.Secrets) == 0) {
		t.Errorf("%+v came as %+v", a, app)
	}
	for _, kept := range app.Secrets {
		if a.Secret.Text == kept.Digest && !secret.IsSlow(kept.Digest) {
			t.Errorf("the secret of %+v is kept as it was", a)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, name := range []string{"", "Ann", "D<b>an", " \u202e evil ", strings.Repeat("long ", 40), "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := visible(name, "somebody"); !core.VisibleName(got) {
			t.Errorf("%q became %q", name, got)
		}
	})
}
