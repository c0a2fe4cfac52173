package importer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL
	_ "modernc.org/sqlite"             // and of SQLite
)

// pageSize is how many rows of a foreign table are read at once.
const pageSize = 1000

// database is somebody else's, which we only read.
type database struct {
	*sql.DB
	numbered bool // placeholders are $1, not ?
}

// openDatabase opens postgres://…, mysql://user:password@host:3306/name or sqlite:PATH. Errors do not repeat the address,
// which may hold a password.
func openDatabase(ctx context.Context, dsn string) (*database, error) {
	scheme, rest, _ := strings.Cut(dsn, ":")
	var db *sql.DB
	var err error
	switch scheme {
	case "postgres", "postgresql":
		db, err = sql.Open("pgx", dsn)
	case "mysql", "mariadb":
		db, err = openMySQL(dsn)
	case "sqlite":
		if _, err := os.Stat(rest); err != nil {
			return nil, fmt.Errorf("there is no SQLite database at %s", rest)
		}
		db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: rest}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(5000)")
	default:
		return nil, errors.New("the source is named by postgres://…, mysql://… or sqlite:PATH")
	}
	if err != nil {
		return nil, errors.New("the address of the source is malformed")
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("the source does not answer: %w", err)
	}
	return &database{DB: db, numbered: strings.HasPrefix(scheme, "postgres")}, nil
}

func openMySQL(dsn string) (*sql.DB, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Passwd, _ = u.User.Password()
	c.ParseTime, c.Loc = true, time.UTC
	if socket := u.Query().Get("socket"); socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// columns lists those of a table; none if there is no such table.
func (d *database) columns(ctx context.Context, table string) map[string]bool {
	rows, err := d.QueryContext(ctx, "SELECT * FROM "+table+" WHERE 1 = 0")
	if err != nil {
		return nil
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil
	}
	found := map[string]bool{}
	for _, name := range names {
		found[name] = true
	}
	return found
}

func (d *database) count(ctx context.Context, table string) (n int, err error) {
	err = d.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	return n, err
}

// pages reads a table in the order of its ids, a page at a time: no statement and no transaction lasts long, and only a
// page is in memory. A column that this version of the table lacks is nil.
func (d *database) pages(ctx context.Context, table string, columns []string, yield func([]any) error) error {
	there := d.columns(ctx, table)
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = "NULL"
		if there[column] {
			names[i] = column
		}
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + table
	mark := "?"
	if d.numbered {
		mark = "$1"
	}
	end := " ORDER BY id LIMIT " + strconv.Itoa(pageSize)
	after := []any{}
	for {
		page, err := d.page(ctx, query+end, after, len(columns))
		if err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		for _, row := range page {
			if err := yield(row); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
		after = []any{page[len(page)-1][0]} // the id is the first column
		end = " WHERE id > " + mark + " ORDER BY id LIMIT " + strconv.Itoa(pageSize)
	}
}

func (d *database) page(ctx context.Context, query string, values []any, width int) ([][]any, error) {
	var page [][]any
	err := d.each(ctx, query, values, func(row []any) error {
		if len(row) != width {
			return fmt.Errorf("%d columns, want %d", len(row), width)
		}
		page = append(page, row)
		return nil
	})
	return page, err
}

// each calls yield for every row of a query, with texts as strings.
func (d *database) each(ctx context.Context, query string, values []any, yield func([]any) error) error {
	rows, err := d.QueryContext(ctx, query, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		row, places := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			places[i] = &row[i]
		}
		if err := rows.Scan(places...); err != nil {
			return err
		}
		for i := range row {
			if bytes, ok := row[i].([]byte); ok {
				row[i] = string(bytes)
			}
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// What drivers give for a column differs; these read all of it.

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}

func number(v any) (n int64, ok bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case nil:
		return 0, false
	}
	n, err := strconv.ParseInt(text(v), 10, 64)
	return n, err == nil
}

// truth is false for nil.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int64:
		return v != 0
	}
	s := text(v)
	return s == "1" || s == "t" || s == "true"
}

// layouts in which SQLite keeps times: as Rails writes them, always in UTC.
var layouts = []string{"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05", time.RFC3339Nano}

// moment is the zero time for nil; ok is false for what is no time.
func moment(v any) (at time.Time, ok bool) {
	switch v := v.(type) {
	case nil:
		return time.Time{}, true
	case time.Time:
		return v.UTC(), true
	case string:
		for _, layout := range layouts {
			if at, err := time.Parse(layout, v); err == nil {
				return at.UTC(), true
			}
		}
	}
	return time.Time{}, false
}
