package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// tx is how facts and questions speak to either engine. Outside a fact it reads committed data.
type tx struct {
	ctx    context.Context
	db     runner
	events []core.Event
}

// runner is the part of a connection that both drivers share. Rows and row errors keep the driver's own types;
// translate maps them.
type runner interface {
	exec(ctx context.Context, query string, args []any) (int64, error)
	row(ctx context.Context, query string, args []any) scanner
	rows(ctx context.Context, query string, args []any) (rows, error)
	translate(error) error
	many() many
}

type scanner interface{ Scan(dest ...any) error }

type rows interface {
	scanner
	Next() bool
	Err() error
	Close() error
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	n, err := t.db.exec(t.ctx, query, args)
	return n, t.db.translate(err)
}

// must runs a statement that has to change exactly one row; else the fact has lost: core.ErrConflict.
func (t *tx) must(query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n != 1 {
		return core.ErrConflict
	}
	return err
}

// one reads one row, or core.ErrNotFound.
func (t *tx) one(query string, args []any, dest ...any) error {
	err := t.db.row(t.ctx, query, args).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, pgx.ErrNoRows) {
		return core.ErrNotFound
	}
	return t.db.translate(err)
}

// each calls scan for every row.
func (t *tx) each(query string, args []any, scan func(scanner) error) error {
	found, err := t.db.rows(t.ctx, query, args)
	if err != nil {
		return t.db.translate(err)
	}
	defer found.Close()
	for found.Next() {
		if err := scan(found); err != nil {
			return t.db.translate(err)
		}
	}
	return t.db.translate(found.Err())
}

func args(values ...any) []any { return values }

// The columns hold TEXT and BIGINT; these carry the nouns' types across.

// ms stores a time; the zero time is NULL.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// since reads what ms stored.
func since(dest *time.Time) sql.Scanner { return (*timeColumn)(dest) }

type timeColumn time.Time

func (c *timeColumn) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*c = timeColumn{}
	case int64:
		*c = timeColumn(time.UnixMilli(v).UTC())
	default:
		return fmt.Errorf("scan time: unexpected %T", src)
	}
	return nil
}

// truth stores a bool.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func isTrue(dest *bool) sql.Scanner { return (*boolColumn)(dest) }

type boolColumn bool

func (c *boolColumn) Scan(src any) error {
	switch v := src.(type) {
	case int64: // a stored truth, or SQLite's answer to a condition
		*c = v != 0
	case bool: // PostgreSQL's
		*c = boolColumn(v)
	default:
		return fmt.Errorf("scan bool: unexpected %T", src)
	}
	return nil
}

// scopeOf reads a scope column.
func scopeOf(dest *oauth.Scope) sql.Scanner { return (*scopeColumn)(dest) }

type scopeColumn oauth.Scope

func (c *scopeColumn) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("scan scope: unexpected %T", src)
	}
	if text == "" {
		*c = nil
		return nil
	}
	*c = strings.Split(text, " ")
	return nil
}

// linesOf reads a column of one value a line.
func linesOf(dest *[]string) sql.Scanner { return (*linesColumn)(dest) }

type linesColumn []string

func (c *linesColumn) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("scan lines: unexpected %T", src)
	}
	*c = nil
	if text != "" {
		*c = strings.Split(text, "\n")
	}
	return nil
}
