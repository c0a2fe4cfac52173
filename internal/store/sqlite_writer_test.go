package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"

	"launchpad/internal/core"
)

// Group commit under every kind of trouble, at each position of a batch. The trouble at statements comes from a
// driver underneath that fails on demand; a full disk and a failing file are real.

type systemClock struct{}

func (systemClock) Now() time.Time { return time.UnixMilli(1_900_000_000_000).UTC() }

func openTest(t *testing.T, name string) (*Store, *sqliteEngine) {
	t.Helper()
	sqliteDriverMu.Lock()
	usual := sqliteDriver
	sqliteDriver = name
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), systemClock{})
	sqliteDriver = usual
	sqliteDriverMu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, s.engine.(*sqliteEngine)
}

var sqliteDriverMu sync.Mutex

const batchSize = 5

// batchOf holds the writer until all facts are queued, so that they share one batch, and gives their errors.
func batchOf(t *testing.T, e *sqliteEngine, facts []func(*tx) error, contexts ...context.Context) []error {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	go func() { e.writer.pause <- func() { close(held); <-hold } }()
	<-held
	errs := make([]error, len(facts))
	var all sync.WaitGroup
	for i, fact := range facts {
		ctx := context.Background()
		if i < len(contexts) && contexts[i] != nil {
			ctx = contexts[i]
		}
		all.Go(func() { _, errs[i] = e.writer.run(ctx, fact) })
		waitFor(t, func() bool { return len(e.writer.queue) == i+1 })
	}
	close(hold)
	all.Wait()
	return errs
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ready(); {
		if time.Now().After(deadline) {
			t.Fatal("waited for too long")
		}
		time.Sleep(50 * time.Microsecond)
	}
}

func put(name string) func(*tx) error {
	return func(t *tx) error {
		_, err := t.exec(`INSERT INTO meta (name, value) VALUES ($1, 'x')`, name)
		return err
	}
}

func puts(prefix string) []func(*tx) error {
	facts := make([]func(*tx) error, batchSize)
	for i := range facts {
		facts[i] = put(fmt.Sprint(prefix, i))
	}
	return facts
}

func stored(t *testing.T, s *Store, prefix string) int {
	t.Helper()
	var n int
	if err := s.engine.view(t.Context()).one(`SELECT count(*) FROM meta WHERE name LIKE $1`, args(prefix+"%"), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A fact that fails by itself undoes itself and nothing else, wherever it stands in its batch.
func TestWriterTroubleStaysInItsFact(t *testing.T) {
	refused := errors.New("refused")
	for name, trouble := range map[string]struct {
		cause func(*tx) error // after the fact has written
		told  func(error) bool
	}{
		"refusal":    {func(*tx) error { return refused }, func(err error) bool { return errors.Is(err, refused) }},
		"constraint": {put("epoch"), func(err error) bool { return errors.Is(err, core.ErrConflict) }}, // the name is taken
		"panic":      {func(*tx) error { panic("on purpose") }, func(err error) bool { return err != nil && strings.Contains(err.Error(), "on purpose") }},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := openTest(t, "sqlite")
			for position := range batchSize {
				prefix := fmt.Sprintf("trouble%d_", position)
				facts := puts(prefix)
				write := facts[position]
				facts[position] = func(t *tx) error {
					if err := write(t); err != nil {
						return err
					}
					return trouble.cause(t)
				}
				for i, err := range batchOf(t, e, facts) {
					if i == position && !trouble.told(err) || i != position && err != nil {
						t.Errorf("position %d: fact %d: %v", position, i, err)
					}
				}
				if n := stored(t, s, prefix); n != batchSize-1 {
					t.Errorf("position %d: %d rows, want %d", position, n, batchSize-1)
				}
			}
		})
	}
}

// A caller that gives up before its fact has begun is skipped; once begun, the fact ends with its batch, and the
// neighbours never notice.
func TestWriterCancellation(t *testing.T) {
	s, e := openTest(t, "sqlite")
	for position := range batchSize {
		for _, when := range []string{"before", "during"} {
			prefix := fmt.Sprintf("cancel_%s%d_", when, position)
			facts := puts(prefix)
			ctx, cancel := context.WithCancel(context.Background())
			contexts := make([]context.Context, batchSize)
			contexts[position] = ctx
			want := batchSize
			if when == "during" {
				write := facts[position]
				facts[position] = func(t *tx) error { cancel(); return write(t) }
			} else {
				want--
				// The holder of the batch cancels once all are queued.
				first := facts[0]
				if position == 0 {
					contexts[0] = cancelledOnce(ctx, cancel)
				} else {
					facts[0] = func(t *tx) error { cancel(); return first(t) }
				}
			}
			errs := batchOf(t, e, facts, contexts...)
			cancel()
			for i, err := range errs {
				skipped := i == position && when == "before"
				if skipped && !errors.Is(err, core.ErrUnavailable) || !skipped && err != nil {
					t.Errorf("%s, position %d: fact %d: %v", when, position, i, err)
				}
			}
			if n := stored(t, s, prefix); n != want {
				t.Errorf("%s, position %d: %d rows, want %d", when, position, n, want)
			}
		}
	}
}

// cancelledOnce is a context that is over as soon as the writer asks for its error, but not while it is queued.
func cancelledOnce(ctx context.Context, cancel func()) context.Context {
	return &lazyContext{ctx, cancel}
}

type lazyContext struct {
	context.Context
	cancel func()
}

func (c *lazyContext) Err() error { c.cancel(); return c.Context.Err() }

// After any error other than a constraint the batch is dead: everybody gets 503, nothing of it is kept, it is
// never run again, and the next batch works.
func TestWriterStatementFailureKillsTheBatch(t *testing.T) {
	for position := range batchSize {
		t.Run(fmt.Sprint(position), func(t *testing.T) {
			s, e := openTest(t, failing.name)
			var runs atomic.Int64
			facts := puts("dead_")
			for i, write := range facts {
				facts[i] = func(t *tx) error {
					runs.Add(1)
					if i == position {
						failing.arm("INSERT INTO meta", 1)
					}
					return write(t)
				}
			}
			for i, err := range batchOf(t, e, facts) {
				// Facts that the failure kept from being begun run in the next batch, alive.
				if i <= position && !errors.Is(err, core.ErrUnavailable) || i > position && err != nil {
					t.Errorf("fact %d: %v", i, err)
				}
			}
			if n := stored(t, s, "dead_"); n != batchSize-position-1 {
				t.Errorf("%d rows, want %d", n, batchSize-position-1)
			}
			if runs.Load() != batchSize {
				t.Errorf("facts ran %d times, want %d: a dead batch must not run again", runs.Load(), batchSize)
			}
			if _, err := e.writer.run(t.Context(), put("after")); err != nil {
				t.Errorf("the next batch: %v", err)
			}
		})
	}
}

// The same for each of the writer's own statements.
func TestWriterControlFailureKillsTheBatch(t *testing.T) {
	for _, statement := range []string{"BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"} {
		t.Run(statement, func(t *testing.T) {
			s, e := openTest(t, failing.name)
			failing.arm(statement, 1)
			_, err := e.writer.run(t.Context(), put("control_"))
			if !errors.Is(err, core.ErrUnavailable) {
				t.Errorf("got %v, want %v", err, core.ErrUnavailable)
			}
			if n := stored(t, s, "control_"); n != 0 {
				t.Errorf("%d rows, want none", n)
			}
			if _, err := e.writer.run(t.Context(), put("after")); err != nil {
				t.Errorf("the next batch: %v", err)
			}
		})
	}
}

// A full disk, for real: SQLite may not grow the file. Reading goes on, and writing comes back with space.
func TestWriterDiskFull(t *testing.T) {
	s, e := openTest(t, "sqlite")
	big := func(name string) func(*tx) error {
		return func(t *tx) error {
			_, err := t.exec(`INSERT INTO meta (name, value) VALUES ($1, $2)`, name, strings.Repeat("x", 200_000))
			return err
		}
	}
	limit := func(pages int) {
		done := make(chan struct{})
		e.writer.pause <- func() {
			defer close(done)
			var set int
			if err := e.writer.conn.QueryRowContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count(%d)", pages)).Scan(&set); err != nil {
				t.Error(err)
			}
		}
		<-done
	}
	limit(1) // cannot go below what is there
	for position := range batchSize {
		prefix := fmt.Sprintf("full%d_", position)
		facts := puts(prefix)
		facts[position] = big(prefix + "big")
		for i, err := range batchOf(t, e, facts) {
			if i <= position && !errors.Is(err, core.ErrUnavailable) {
				t.Errorf("position %d: fact %d: %v, want %v", position, i, err, core.ErrUnavailable)
			}
		}
		if n := stored(t, s, prefix+"big"); n != 0 {
			t.Errorf("position %d: the big row was kept", position)
		}
	}
	limit(1 << 20)
	if _, err := e.writer.run(t.Context(), big("fits")); err != nil {
		t.Errorf("after space came back: %v", err)
	}
}

// failing is a driver that passes everything on to SQLite, but fails the n-th statement that begins as armed.
var failing = func() *failingDriver {
	d := &failingDriver{name: "sqlite-failing", inner: &sqlite.Driver{}}
	sql.Register(d.name, d)
	return d
}()

type failingDriver struct {
	name  string
	inner driver.Driver
	mu    sync.Mutex
	armed string
	left  int
}

var errDisk = errors.New("disk I/O error")

func (d *failingDriver) arm(statement string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed, d.left = statement, n
}

func (d *failingDriver) check(query string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed == "" || !strings.HasPrefix(strings.TrimSpace(query), d.armed) {
		return nil
	}
	if d.left--; d.left > 0 {
		return nil
	}
	d.armed = ""
	return errDisk
}

func (d *failingDriver) Open(dsn string) (driver.Conn, error) {
	conn, err := d.inner.Open(dsn)
	return &failingConn{conn, d}, err
}

type failingConn struct {
	driver.Conn
	d *failingDriver
}

func (c *failingConn) Prepare(query string) (driver.Stmt, error) {
	statement, err := c.Conn.Prepare(query)
	return &failingStmt{statement, c.d, query}, err
}

type failingStmt struct {
	driver.Stmt
	d     *failingDriver
	query string
}

func (s *failingStmt) Exec(values []driver.Value) (driver.Result, error) {
	if err := s.d.check(s.query); err != nil {
		return nil, err
	}
	return s.Stmt.Exec(values) //nolint:staticcheck // the simple interface is enough here
}
