package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"launchpad/internal/core"
	"launchpad/internal/meter"
)

// postgresEngine stays inside what the distributed PostgreSQL-wire engines support as well: no advisory locks, no
// sequences, and serialization failures are retried.
type postgresEngine struct {
	pool    *pgxpool.Pool
	log     *pgxpool.Pool // the change log's own
	retries meter.Count
}

// connections of one node, unless its address says pool_max_conns; logConnections come on top. A node that is busy must
// not become deaf to what others revoke.
const (
	connections    = 16
	logConnections = 3
)

func openPostgres(ctx context.Context, dsn string) (*postgresEngine, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// The driver's message repeats the address, which may hold a password.
		return nil, errors.New("the postgres:// address is malformed")
	}
	// A writer that hangs must not keep others waiting behind its locks.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "5s"
	// Every statement finds its rows by key, so one plan is right for all values, and planning costs more than running.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	if !strings.Contains(dsn, "pool_max_conns") {
		// Commits that wait together share one write to the disk; the driver's own default is 4.
		config.MaxConns = connections
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	forLog, err := openLog(ctx, config.Copy())
	if err != nil {
		pool.Close()
		return nil, err
	}
	e := &postgresEngine{pool: pool, log: forLog}
	if err := e.migrate(ctx); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func openLog(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	config.MinConns, config.MaxConns = 0, logConnections
	// A process that stands still while it numbers lines holds up all others.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "1s"
	return pgxpool.NewWithConfig(ctx, config)
}

func (e *postgresEngine) migrate(ctx context.Context) error {
	db := stdlib.OpenDBFromPool(e.pool)
	defer db.Close()
	locker, err := lock.NewPostgresTableLocker()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := migrate(ctx, goose.DialectPostgres, db, goose.WithLocker(locker)); err != nil {
		return err
	}
	// Free space in each page lets a rotation replace its row in place (HOT) without touching an index.
	_, err = e.pool.Exec(ctx, "ALTER TABLE authorizations SET (fillfactor = 70)")
	return err
}

func (e *postgresEngine) view(ctx context.Context) *tx {
	return &tx{ctx: ctx, db: postgresRunner{e.pool}}
}

// attempts bounds the retries of a serialization failure, longestPause the wait between two. On small tables the
// engine locks whole relations, so that rivals which have nothing to do with each other can fail many times.
const (
	attempts     = 30
	longestPause = 32 * time.Millisecond
)

// patience is how long a fact may take once it has begun.
const patience = 10 * time.Second

// begun is the context of a fact: its caller's deadline only keeps it from beginning. One that hangs up while a commit
// is on its way would leave a fact in the database of which this process never hears.
func begun(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("%w: not begun: %w", core.ErrUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	return ctx, cancel, nil
}

// fact is SERIALIZABLE and retried. Only a COMMIT whose answer was lost is not: whether it happened is unknown.
func (e *postgresEngine) fact(ctx context.Context, do func(*tx) error) ([]core.Event, error) {
	ctx, cancel, err := begun(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return e.retried(ctx, func() (events []core.Event, err error) {
		err = pgx.BeginTxFunc(ctx, e.pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(p pgx.Tx) error {
			t := &tx{ctx: ctx, db: postgresRunner{p}}
			if err := do(t); err != nil {
				return err
			}
			events = t.events
			return nil
		})
		return events, err
	})
}

// hot is autocommit: each statement stands alone, and none can fail to serialize against its neighbours.
func (e *postgresEngine) hot(ctx context.Context, do func(*tx) error) ([]core.Event, error) {
	ctx, cancel, err := begun(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	return e.retried(ctx, func() ([]core.Event, error) {
		t := &tx{ctx: ctx, db: postgresRunner{e.pool}}
		err := do(t)
		return t.events, err
	})
}

// retried gives the events along with an error if the fact was done and only its commit is in doubt.
func (e *postgresEngine) retried(ctx context.Context, attempt func() ([]core.Event, error)) ([]core.Event, error) {
	for n := 1; ; n++ {
		events, err := attempt()
		if err == nil {
			return events, nil
		}
		if !serializationFailure(err) {
			return events, postgresRunner{}.translate(err)
		}
		if n == attempts || ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %d attempts: %w", core.ErrUnavailable, n, err)
		}
		e.retries.Add(1)
		// Full jitter, so that rivals do not meet again.
		time.Sleep(rand.N(min(time.Millisecond<<n, longestPause)))
	}
}

// serializationFailure: 40001 serialization_failure, 40P01 deadlock_detected.
func serializationFailure(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (failure.Code == "40001" || failure.Code == "40P01")
}

func (e *postgresEngine) beside() engine { return &postgresEngine{pool: e.log} }

func (e *postgresEngine) shared() bool { return true }

func (e *postgresEngine) ping(ctx context.Context) error { return e.pool.Ping(ctx) }

func (e *postgresEngine) figures() Figures {
	s := e.pool.Stat()
	return Figures{
		Pool: &Pool{
			Busy: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Most: int(s.MaxConns()),
			Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
		},
		Retries: e.retries.Read(),
	}
}

func (e *postgresEngine) close() error {
	e.log.Close()
	e.pool.Close()
	return nil
}

// postgresRunner runs on the pool or inside a transaction.
type postgresRunner struct {
	db interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
		QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	}
}

func (r postgresRunner) exec(ctx context.Context, query string, args []any) (int64, error) {
	tag, err := r.db.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (r postgresRunner) row(ctx context.Context, query string, args []any) scanner {
	return r.db.QueryRow(ctx, query, args...)
}

func (r postgresRunner) rows(ctx context.Context, query string, args []any) (rows, error) {
	found, err := r.db.Query(ctx, query, args...)
	return postgresRows{found}, err
}

type postgresRows struct{ pgx.Rows }

func (r postgresRows) Close() error {
	r.Rows.Close()
	return nil
}

// many: each statement is a journey.
func (postgresRunner) many() many { return many{rows: []int{200, 20, 1}, keys: 500} }

// translate keeps the driver's error inside, so that retried still sees a serialization failure.
func (r postgresRunner) translate(err error) error {
	if err == nil || errors.Is(err, core.ErrConflict) || errors.Is(err, core.ErrNotFound) || errors.Is(err, core.ErrUnavailable) {
		return err
	}
	failure, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && strings.HasPrefix(failure.Code, "23"): // integrity_constraint_violation
		return fmt.Errorf("%w: %w", core.ErrConflict, err)
	case !ok, passing(failure.Code):
		return fmt.Errorf("%w: %w", core.ErrUnavailable, err)
	}
	return err
}

// passing tells faults that may be gone in a moment from mistakes of ours: connection (08), read-only (25),
// serialization (40), resources (53), operator intervention (57) and system errors (58).
func passing(code string) bool {
	switch code[:2] {
	case "08", "25", "40", "53", "57", "58":
		return true
	}
	return false
}
