package drive

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// Scratch is an empty PostgreSQL database of our own: the demo wants one, and a second run must not meet the first
// one's data.
type Scratch struct {
	Database string // its address
	name     string
	admin    string
}

// newScratch makes a database on the server that admin names; its user must be allowed to.
func newScratch(ctx context.Context, admin string) (*Scratch, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return nil, fmt.Errorf("the postgres:// address is malformed: %w", err)
	}
	s := &Scratch{admin: admin, name: fmt.Sprintf("launchpad_bench_%d_%d", os.Getpid(), time.Now().UnixNano())} // one process can make several in a second
	u.Path = "/" + s.name
	s.Database = u.String()
	if err := s.command(ctx, "CREATE DATABASE "+s.name); err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	return s, nil
}

// Drop removes the database. Without one there is nothing to do.
func (s *Scratch) Drop(ctx context.Context) error {
	if s == nil {
		return nil
	}
	if err := s.command(ctx, "DROP DATABASE "+s.name+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the database: %w", err)
	}
	return nil
}

func (s *Scratch) command(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// Settle waits until the database has finished what connections older than a moment had asked for. A killed server
// leaves statements behind that may still commit; what they were about is unknown until then.
func (s *Scratch) Settle(ctx context.Context, before time.Time) error {
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.Database)
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for {
		var left int
		err := conn.QueryRow(ctx, `
			SELECT count(*)
			FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND backend_start < $1`, before).Scan(&left)
		if err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if left == 0 {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}
