package oracle

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

// sqliteFile is the demo's database; its write-ahead log lies beside it.
const sqliteFile = "launchpad.db"

// integrity checks a copy of what the crash left, so that the server finds it untouched. Opening the copy recovers
// its log, as the server will.
func (h *harness) integrity(ctx context.Context) error {
	dir := filepath.Join(h.dir, copyDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(filepath.Join(dir, sqliteFile+suffix), filepath.Join(h.launch.Data, sqliteFile+suffix)); err != nil {
			return err
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, sqliteFile))
	if err != nil {
		return err
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("integrity_check: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("integrity_check: %s", said)
	}
	orphans, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("foreign_key_check: %w", err)
	}
	defer orphans.Close()
	if orphans.Next() {
		return errors.New("foreign_key_check: a row refers to one that does not exist")
	}
	return orphans.Err()
}

// copyFile copies a file; one that does not exist is left out.
func copyFile(to, from string) error {
	source, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
