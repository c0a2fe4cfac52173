package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver that Launchpad uses
)

// sqlite is the embedded database in a directory.
type sqlite struct{ data string }

func (s sqlite) String() string { return "SQLite (WAL, synchronous=FULL)" }

// usage is nothing: the database runs in Launchpad's process.
func (s sqlite) usage() (cpuTime, error) { return 0, nil }

func (s sqlite) open(name string) (*sql.DB, error) {
	options := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, name)+"?"+options.Encode())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func (s sqlite) bytes(ctx context.Context) (int64, error) {
	db, err := s.open("launchpad.db")
	if err != nil {
		return 0, err
	}
	var busy, frames, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err = errors.Join(err, db.Close()); err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	if busy != 0 {
		return 0, errors.New("checkpoint: the database is in use")
	}
	info, err := os.Stat(filepath.Join(s.data, "launchpad.db"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// bare is a file beside Launchpad's, so that both wait for the same disk.
func (s sqlite) bare(ctx context.Context) (update func() error, done func() error, err error) {
	db, err := s.open("bare.db")
	if err != nil {
		return nil, nil, err
	}
	if _, err = db.ExecContext(ctx, "CREATE TABLE bare (id INTEGER PRIMARY KEY, value BIGINT); INSERT INTO bare VALUES (1, 0)"); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	statement, err := db.PrepareContext(ctx, "UPDATE bare SET value = value + 1 WHERE id = ?1")
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return func() error {
		_, err := statement.ExecContext(ctx, 1)
		return err
	}, db.Close, nil
}
