package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"launchpad/internal/core"
	"launchpad/internal/durable"
	"launchpad/internal/store/schema"
)

// sqliteEngine: one writer connection behind a queue, and a pool of connections that can only read.
type sqliteEngine struct {
	reads        *sql.DB
	reader       *sqliteRunner
	writer       *writer
	checkpointer *checkpointer
}

// synchronous is FULL: with NORMAL, a power cut loses every acknowledged commit since the last checkpoint. It is a
// variable so that the linker can make the server that bench/power must catch; nothing else sets it.
var synchronous = "FULL"

// sqliteDriver is a variable so that tests can put a failing driver underneath.
var sqliteDriver = "sqlite"

func openSQLite(ctx context.Context, path string) (*sqliteEngine, error) {
	writes, err := sql.Open(sqliteDriver, sqliteDSN(path,
		"journal_mode(WAL)",
		"synchronous("+synchronous+")",
		"foreign_keys(1)",
		"busy_timeout(5000)",
		// What is deleted or overwritten is zeros in the file from the next checkpoint on, and not only out of sight.
		"secure_delete(ON)",
		// Checkpoints run beside the writer, not inside its commits.
		"wal_autocheckpoint(0)"))
	if err != nil {
		return nil, err
	}
	// BEGIN IMMEDIATE on one connection: nothing ever fails for being busy, it queues.
	writes.SetMaxOpenConns(1)
	if err := migrate(ctx, goose.DialectSQLite3, writes); err != nil {
		writes.Close()
		return nil, err
	}
	if err := settle(ctx, writes, path); err != nil {
		writes.Close()
		return nil, err
	}
	reads, err := sql.Open(sqliteDriver, sqliteDSN(path, "query_only(1)", "busy_timeout(5000)"))
	if err != nil {
		writes.Close()
		return nil, err
	}
	reads.SetMaxOpenConns(max(4, 2*runtime.NumCPU()))
	reads.SetMaxIdleConns(max(4, 2*runtime.NumCPU()))
	w, err := startWriter(writes)
	if err != nil {
		return nil, errors.Join(err, reads.Close(), writes.Close())
	}
	c, err := startCheckpointer(path, w)
	if err != nil {
		return nil, errors.Join(err, reads.Close(), w.stop())
	}
	return &sqliteEngine{reads: reads, reader: &sqliteRunner{prepare: reads.PrepareContext}, writer: w, checkpointer: c}, nil
}

func sqliteDSN(path string, pragmas ...string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}.Encode()
}

func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, options ...goose.ProviderOption) error {
	provider, err := goose.NewProvider(dialect, db, schema.Migrations, options...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// settle copies what the log holds into the database file, and brings the names of the files to the disk, before
// anybody is answered. A process that was killed, or ended by a failed fsync, leaves commits in the log that are perhaps
// nowhere but in the kernel's memory; SQLite reads them like any other, and answers would rest on them. The copy is
// written anew and synced. SQLite syncs the directory as well, but does not look at what comes of it.
//
// Another process on the same file, like a command beside the server, may be reading or settling as well: then this one
// waits for its turn.
func settle(ctx context.Context, db *sql.DB, path string) error {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	for {
		var busy, frames, copied int
		err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied)
		if err == nil && busy == 0 && copied >= frames {
			return durable.SyncNames(filepath.Dir(path))
		}
		if failure, ok := errors.AsType[*sqlite.Error](err); err != nil && !(ok && failure.Code()&0xff == sqliteBusy) {
			return fmt.Errorf("settle the log: %w", err)
		}
		if ctx.Err() != nil {
			return errors.New("settle the log: another program has been reading the database for too long")
		}
		time.Sleep(settlePause)
	}
}

// How long settle asks again, and how often, beside the time that SQLite itself waits.
const (
	settlePatience = 15 * time.Second
	settlePause    = 20 * time.Millisecond
	sqliteBusy     = 5 // SQLITE_BUSY
)

// view reads without the caller's deadline: a point read is shorter than arming and disarming its interruption,
// and read transactions are single statements.
func (e *sqliteEngine) view(ctx context.Context) *tx {
	return &tx{ctx: context.WithoutCancel(ctx), db: e.reader}
}

func (e *sqliteEngine) fact(ctx context.Context, do func(*tx) error) ([]core.Event, error) {
	return e.writer.run(ctx, do)
}

// hot needs no special case here: the queue makes every fact cheap.
func (e *sqliteEngine) hot(ctx context.Context, do func(*tx) error) ([]core.Event, error) {
	return e.writer.run(ctx, do)
}

// beside: there is one writer, and reading needs no turn.
func (e *sqliteEngine) beside() engine { return e }

// shared: an embedded database has one process.
func (e *sqliteEngine) shared() bool { return false }

func (e *sqliteEngine) ping(ctx context.Context) error { return e.reads.PingContext(ctx) }

func (e *sqliteEngine) figures() Figures {
	f := Figures{Queued: len(e.writer.queue), Batches: e.writer.batches, Commits: e.writer.commits}
	if info, err := os.Stat(e.checkpointer.walPath); err == nil {
		f.WAL = info.Size()
	}
	return f
}

func (e *sqliteEngine) close() error {
	return errors.Join(e.checkpointer.stop(), e.reads.Close(), e.writer.stop())
}

// sqliteRunner prepares each statement once. The texts are constants of this package, so the map is bounded.
type sqliteRunner struct {
	prepare    func(context.Context, string) (*sql.Stmt, error)
	statements sync.Map // query -> *sql.Stmt
}

func (r *sqliteRunner) statement(query string) (*sql.Stmt, error) {
	if found, ok := r.statements.Load(query); ok {
		return found.(*sql.Stmt), nil
	}
	// $N becomes ?N, which SQLite binds by number; drivers differ on $N.
	prepared, err := r.prepare(context.Background(), strings.ReplaceAll(query, "$", "?"))
	if err != nil {
		return nil, err
	}
	if earlier, raced := r.statements.LoadOrStore(query, prepared); raced {
		prepared.Close()
		return earlier.(*sql.Stmt), nil
	}
	return prepared, nil
}

func (r *sqliteRunner) exec(ctx context.Context, query string, args []any) (int64, error) {
	statement, err := r.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (r *sqliteRunner) row(ctx context.Context, query string, args []any) scanner {
	statement, err := r.statement(query)
	if err != nil {
		return failedRow{err}
	}
	return statement.QueryRowContext(ctx, args...)
}

func (r *sqliteRunner) rows(ctx context.Context, query string, args []any) (rows, error) {
	statement, err := r.statement(query)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

// many: it binds each value by looking through the names of all, so more in one statement would not be faster.
func (*sqliteRunner) many() many { return many{rows: []int{20, 1}, keys: 50} }

// SQLite's result codes. Extended ones carry the plain one in the low byte.
const (
	sqliteConstraint = 19
	sqliteFsync      = 10 | 4<<8 // SQLITE_IOERR_FSYNC
	sqliteDirFsync   = 10 | 5<<8 // SQLITE_IOERR_DIR_FSYNC
)

func (r *sqliteRunner) translate(err error) error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*sqlite.Error](err); ok && failure.Code()&0xff == sqliteConstraint {
		return fmt.Errorf("%w: %w", core.ErrConflict, err)
	}
	return fmt.Errorf("%w: %w", core.ErrUnavailable, err)
}

// dieOnFailedSync ends the process if that is what an error says. After it nothing is known about the file: the kernel
// counts the pages as written, whatever the next fsync says, and SQLite may have counted some of them as copied from
// the log long ago. Only the next start, which copies all of the log anew, knows better. So nothing else may run, not
// even the closing of the database, which would delete the log. See docs/decisions/0015-a-failed-fsync.md.
func dieOnFailedSync(err error) {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if ok && (failure.Code() == sqliteFsync || failure.Code() == sqliteDirFsync) {
		die(err)
	}
}

// die is a variable so that tests survive it.
var die = func(err error) {
	slog.Error("a failed fsync ends the process; it is safe to start it again", "cause", err)
	os.Exit(1)
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
