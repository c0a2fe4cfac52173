package lptest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

const (
	envPostgres = "LAUNCHPAD_TEST_POSTGRES"
	envRequire  = "LAUNCHPAD_TEST_REQUIRE"
)

// Engine is a database that tests run on.
type Engine struct {
	Name     string
	DSN      func(t testing.TB) string // of a new, empty database that goes with the test
	Migrated func(t testing.TB) string // of one with all tables, as it is at the first start: making them takes long
}

// Engines lists those at hand.
func Engines(t testing.TB) []Engine {
	list := []Engine{{"sqlite", sqliteDSN, sqliteMigrated}}
	admin := os.Getenv(envPostgres)
	if admin == "" {
		if strings.Contains(os.Getenv(envRequire), "postgres") {
			t.Fatalf("%s asks for PostgreSQL, but %s does not name a server", envRequire, envPostgres)
		}
		return list
	}
	return append(list, Engine{"postgres",
		func(t testing.TB) string { return postgresDSN(t, admin) },
		func(t testing.TB) string { return postgresMigrated(t, admin) }})
}

// EachEngine runs a test on every engine.
func EachEngine(t *testing.T, test func(t *testing.T, e Engine)) {
	t.Helper()
	for _, e := range Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// Store opens a new store on the engine; it is closed with the test.
func (e Engine) Store(t testing.TB, clock core.Clock) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), e.Migrated(t), clock)
	if err != nil {
		t.Fatalf("open %s store: %v", e.Name, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close %s store: %v", e.Name, err)
		}
	})
	return s
}

func sqliteDSN(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "launchpad.db") }

func sqliteMigrated(t testing.TB) string {
	t.Helper()
	file, err := migratedFile()
	if err != nil {
		t.Fatalf("make database: %v", err)
	}
	path := filepath.Join(t.TempDir(), "launchpad.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// migratedFile is an embedded database as it is at the first start.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	directory, err := os.MkdirTemp("", "lptest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "launchpad.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrate(dsn string) error {
	s, err := store.Open(context.Background(), dsn, NewClock())
	if err != nil {
		return err
	}
	return s.Close()
}

func postgresDSN(t testing.TB, admin string) string {
	t.Helper()
	name, err := createDatabase(admin)
	if err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		if err := command(admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return pooled(admin, name)
}

var databases atomic.Int64

func createDatabase(admin string) (name string, err error) {
	name = fmt.Sprintf("lptest_%d_%d", os.Getpid(), databases.Add(1))
	return name, command(admin, "CREATE DATABASE "+name)
}

func command(dsn, sql string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// databasePassword stands where operators write theirs, so that it is seen wherever theirs would be.
const databasePassword = "a-database-password-for-tests"

// addressOf gives the address of a database, with parameters in pairs.
func addressOf(admin, database string, parameters ...string) string {
	u, err := url.Parse(admin)
	if err != nil {
		panic(err) // a connection to it was made
	}
	if _, set := u.User.Password(); !set {
		u.User = url.UserPassword(u.User.Username(), databasePassword) // of no use to a server that trusts everybody, but ours
	}
	u.Path = "/" + database
	query := u.Query()
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// pooled is for stores, which keep several connections.
func pooled(admin, database string) string { return addressOf(admin, database, "pool_max_conns", "8") }

// used are databases that tests are done with. They stay until the server goes, which is there for this run alone.
var used struct {
	mu   sync.Mutex
	free []string
}

// postgresMigrated makes a database, or takes one that a test has left, and puts everything back into it that was there
// when it was new.
func postgresMigrated(t testing.TB, admin string) string {
	t.Helper()
	name, err := leftDatabase(), error(nil)
	if name == "" {
		name, err = newDatabase(admin)
	} else {
		err = command(addressOf(admin, name), restore)
	}
	if err != nil {
		t.Fatalf("make test database: %v", err)
	}
	t.Cleanup(func() {
		used.mu.Lock()
		defer used.mu.Unlock()
		used.free = append(used.free, name)
	})
	return pooled(admin, name)
}

func leftDatabase() (name string) {
	used.mu.Lock()
	defer used.mu.Unlock()
	if n := len(used.free); n > 0 {
		name, used.free = used.free[n-1], used.free[:n-1]
	}
	return name
}

func newDatabase(admin string) (string, error) {
	name, err := createDatabase(admin)
	if err == nil {
		err = migrate(addressOf(admin, name))
	}
	if err == nil {
		err = command(addressOf(admin, name), remember)
	}
	return name, err
}

// What a database holds is remembered in a schema of its own.
const (
	remember = `
		CREATE SCHEMA at_first;
		DO $$ DECLARE name text; BEGIN
			FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
				EXECUTE format('CREATE TABLE at_first.%I AS TABLE public.%I', name, name);
			END LOOP;
		END $$`
	restore = `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
		DO $$ DECLARE name text; BEGIN
			EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('public.%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public');
			FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'at_first' LOOP
				EXECUTE format('INSERT INTO public.%I SELECT * FROM at_first.%I', name, name);
			END LOOP;
		END $$`
)
