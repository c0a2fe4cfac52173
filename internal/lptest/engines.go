package lptest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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
	Name string
	DSN  func(t testing.TB) string // of a new, empty database that goes with the test
}

// Engines lists those at hand.
func Engines(t testing.TB) []Engine {
	list := []Engine{{"sqlite", sqliteDSN}}
	admin := os.Getenv(envPostgres)
	if admin == "" {
		if strings.Contains(os.Getenv(envRequire), "postgres") {
			t.Fatalf("%s asks for PostgreSQL, but %s does not name a server", envRequire, envPostgres)
		}
		return list
	}
	return append(list, Engine{"postgres", func(t testing.TB) string { return postgresDSN(t, admin) }})
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
	s, err := store.Open(context.Background(), e.DSN(t), clock)
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

var databases atomic.Int64

func postgresDSN(t testing.TB, admin string) string {
	t.Helper()
	ctx := context.Background()
	name := fmt.Sprintf("lptest_%d_%d", os.Getpid(), databases.Add(1))
	command := func(sql string) error {
		conn, err := pgx.Connect(ctx, admin)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, sql)
		return err
	}
	if err := command("CREATE DATABASE " + name); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		if err := command("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s: %v", envPostgres, err)
	}
	u.Path = "/" + name
	query := u.Query()
	query.Set("pool_max_conns", "8")
	u.RawQuery = query.Encode()
	return u.String()
}
