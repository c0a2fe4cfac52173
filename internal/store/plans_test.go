package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"modernc.org/sqlite"

	"launchpad/internal/store/schema"
)

// No statement may read a whole table that grows: the tests of this package note every text that they prepare, and in the
// end each is asked how it finds its rows. A text that no test prepares is not seen here, but neither is it tested.

// small are the tables that may be read as a whole.
var small = map[string]bool{
	"keys":             true, // a few for each ring; those that are over are deleted
	"goose_db_version": true, // one for each migration
	"invitations":      true, // those that are over are swept within weeks
	"registrations":    true, // apps.mostWaiting at most
	"waiting":          true, // they, counted
	"old_uses":         true, // one for each app, old way and day of the last month, summed for the operator's page
	"count_messages":   true, // one for each node that has something to tell
	"sqlite_schema":    true, // this test asks it
	"u":                true, // that sum
	"about":            true, // a part of a change log's page
	"written":          true, // and the other
}

func TestMain(m *testing.M) {
	sql.Register(notingDriver, noting{})
	sqliteDriver = notingDriver
	status := m.Run()
	if status == 0 {
		status = readPlans()
	}
	os.Exit(status)
}

const notingDriver = "sqlite-noting"

// noted are the texts that were prepared.
var noted sync.Map

type noting struct{}

func (noting) Open(dsn string) (driver.Conn, error) {
	conn, err := (&sqlite.Driver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return notingConn{conn}, nil
}

type notingConn struct{ driver.Conn }

func (c notingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	noted.Store(query, true)
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c notingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

// readPlans is the exit status.
func readPlans() int {
	dir, err := os.MkdirTemp("", "plans-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	e, err := openSQLite(context.Background(), filepath.Join(dir, "plans.db"))
	if err != nil {
		panic(err)
	}
	defer e.close()
	migrations := allMigrations()
	var bad []string
	var asked []string
	noted.Range(func(text, _ any) bool {
		query := strings.TrimSpace(text.(string))
		if statement.MatchString(query) && !strings.Contains(migrations, query) {
			asked = append(asked, query)
			for _, table := range scanned(e.reads, query) {
				if !small[table] {
					bad = append(bad, fmt.Sprintf("reads all of %s:\n\t%s", table, query))
				}
			}
		}
		return true
	})
	bad = append(bad, postgresPlans(asked)...)
	slices.Sort(bad)
	for _, line := range slices.Compact(bad) {
		fmt.Println(line)
	}
	if len(bad) > 0 {
		return 1
	}
	if len(asked) == 0 {
		fmt.Println("no statement was noted")
		return 1
	}
	return 0
}

// allMigrations run once, before anybody waits.
func allMigrations() string {
	var all strings.Builder
	files, err := fs.Glob(schema.Migrations, "*.sql")
	if err != nil {
		panic(err)
	}
	for _, name := range files {
		text, err := schema.Migrations.ReadFile(name)
		if err != nil {
			panic(err)
		}
		all.Write(text)
	}
	return all.String()
}

var (
	statement = regexp.MustCompile(`(?i)^(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)
	places    = regexp.MustCompile(`\?(\d*)`)
	whole     = regexp.MustCompile(`^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?`)
)

// scanned lists the tables that a query reads as a whole, and not along an index that says where to stop.
func scanned(db *sql.DB, query string) (tables []string) {
	var values []any
	for _, place := range places.FindAllStringSubmatch(query, -1) {
		n, err := strconv.Atoi(place[1])
		if err != nil {
			n = len(values) + 1 // the next one
		}
		for len(values) < n {
			values = append(values, nil)
		}
	}
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, values...)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return nil // only a test has it
	}
	if err != nil {
		panic(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			panic(err)
		}
		if found := whole.FindStringSubmatch(detail); found != nil && found[1] != "CONSTANT" && !partial(db, found[2]) {
			tables = append(tables, found[1])
		}
	}
	return tables
}

// partial tells that an index has a part of its table, and so may be read as a whole.
func partial(db *sql.DB, index string) bool {
	var n int
	err := db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?1 AND sql LIKE '%WHERE%'`, index).Scan(&n)
	return err == nil && n == 1
}
