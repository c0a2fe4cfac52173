package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"launchpad/internal/core"
	"launchpad/internal/meter"
)

// Group commit. One goroutine owns the writing connection and runs queued facts, each inside a savepoint; whatever
// is queued by then is committed with one fsync. Every answer, refusals too, waits for that commit, because it
// may rest on what an uncommitted neighbour wrote.

// batchLimit bounds how many facts share a commit, so that the first of them does not wait for ever.
const batchLimit = 512

type writer struct {
	db     *sql.DB
	conn   *sql.Conn
	runner *sqliteRunner

	queue   chan *job
	pause   chan func() // what must run between two batches
	stopped sync.WaitGroup

	closing sync.RWMutex // held for reading while a job is handed over
	closed  bool

	batches *meter.Spread // facts in each batch
	commits *meter.Spread // how long each COMMIT took
}

type job struct {
	ctx    context.Context
	do     func(*tx) error
	events []core.Event
	err    error
	done   chan struct{}
}

func startWriter(db *sql.DB) (*writer, error) {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	w := &writer{
		db: db, conn: conn,
		runner: &sqliteRunner{prepare: conn.PrepareContext},
		queue:  make(chan *job, 2*batchLimit),
		pause:  make(chan func()),

		batches: meter.NewSpread(1, 2, 4, 8, 16, 32, 64, 128, 256, batchLimit),
		commits: meter.NewDurations(commitBounds...),
	}
	w.stopped.Go(w.loop)
	return w, nil
}

// run queues a fact and waits for its commit. The caller's context only keeps a fact from being begun: once
// begun, it ends with its batch, since cancelling one statement would roll the neighbours back with it.
func (w *writer) run(ctx context.Context, do func(*tx) error) ([]core.Event, error) {
	j := &job{ctx: ctx, do: do, done: make(chan struct{})}
	if err := w.hand(j); err != nil {
		return nil, err
	}
	<-j.done
	return j.events, j.err
}

func (w *writer) hand(j *job) error {
	w.closing.RLock()
	defer w.closing.RUnlock()
	if w.closed {
		return fmt.Errorf("%w: store is closed", core.ErrUnavailable)
	}
	select {
	case w.queue <- j:
		return nil
	case <-j.ctx.Done():
		return fmt.Errorf("%w: not begun: %w", core.ErrUnavailable, j.ctx.Err())
	}
}

// stop lets the queue run dry, then closes the connection.
func (w *writer) stop() error {
	w.closing.Lock()
	first := !w.closed
	w.closed = true
	w.closing.Unlock()
	if !first {
		return nil
	}
	close(w.queue)
	w.stopped.Wait()
	return errors.Join(w.conn.Close(), w.db.Close())
}

func (w *writer) loop() {
	for {
		select {
		case j, open := <-w.queue:
			if !open {
				return
			}
			w.batch(j)
		case between := <-w.pause:
			between()
		}
	}
}

// batch runs first and whatever else is queued, commits once and answers all.
func (w *writer) batch(first *job) {
	ran := make([]*job, 0, 16)
	err := w.control("BEGIN IMMEDIATE")
	for j := first; j != nil; j = w.next(len(ran)) {
		ran = append(ran, j)
		if err == nil {
			err = w.one(j)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = w.commit(len(ran))
	}
	if err != nil {
		dieOnFailedSync(err)
		// The batch is dead and is never run again: what of it reached the disk is unknown.
		w.control("ROLLBACK")
	}
	for _, j := range ran {
		if err != nil {
			j.err, j.events = fmt.Errorf("%w: batch rolled back: %w", core.ErrUnavailable, err), nil
		}
		close(j.done)
	}
}

func (w *writer) commit(facts int) error {
	began := core.Elapsed()
	err := w.control("COMMIT")
	w.batches.Note(int64(facts))
	w.commits.Note(int64(core.Elapsed() - began))
	return err
}

// next gives another fact of the batch, if one is queued. Nobody waits for one; but those whose requests are ready
// to run get their turn before the commit, or a loaded machine would commit for each of them.
func (w *writer) next(ran int) *job {
	for range 2 {
		if ran == batchLimit {
			return nil
		}
		select {
		case j := <-w.queue: // nil once the queue is closed and dry
			return j
		default:
			runtime.Gosched()
		}
	}
	return nil
}

// one runs a fact in its savepoint. Its own refusal undoes only itself; the returned error is the batch's death.
func (w *writer) one(j *job) error {
	if j.ctx.Err() != nil {
		j.err = fmt.Errorf("%w: not begun: %w", core.ErrUnavailable, j.ctx.Err())
		return nil
	}
	if err := w.control("SAVEPOINT fact"); err != nil {
		return err
	}
	t := &tx{ctx: context.Background(), db: w.runner}
	j.err = runFact(j.do, t)
	switch {
	case j.err == nil:
		j.events = t.events
	case errors.Is(j.err, core.ErrUnavailable):
		return j.err
	default:
		if err := w.control("ROLLBACK TO fact"); err != nil {
			return err
		}
	}
	return w.control("RELEASE fact")
}

// runFact turns a panic into that fact's error: its neighbours must not pay for it.
func runFact(do func(*tx) error, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("fact panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return do(t)
}

func (w *writer) control(statement string) error {
	_, err := w.runner.exec(context.Background(), statement, nil)
	return err
}
