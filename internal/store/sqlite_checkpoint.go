package store

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"time"
)

// How often the write-ahead log is looked at, from which size it is copied back, and from which size its file is
// cut.
const (
	checkpointEvery = time.Second
	checkpointBytes = 4 << 20
	truncateBytes   = 64 << 20
)

// checkpointer copies the write-ahead log back on a connection of its own, while writing goes on. Then the writer
// steps aside for the moment that the last frames take, and the log starts anew from its beginning: under steady
// load it would otherwise only grow, and writing over a file costs half of extending it.
type checkpointer struct {
	db      *sql.DB
	walPath string
	writer  *writer
	quit    chan struct{}
	stopped sync.WaitGroup
}

func startCheckpointer(path string, w *writer) (*checkpointer, error) {
	db, err := sql.Open(sqliteDriver, sqliteDSN(path, "synchronous(FULL)", "wal_autocheckpoint(0)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	c := &checkpointer{db: db, walPath: path + "-wal", writer: w, quit: make(chan struct{})}
	c.stopped.Go(c.loop)
	return c, nil
}

func (c *checkpointer) stop() error {
	close(c.quit)
	c.stopped.Wait()
	return c.db.Close()
}

func (c *checkpointer) loop() {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.look()
		case <-c.quit:
			return
		}
	}
}

func (c *checkpointer) look() {
	info, err := os.Stat(c.walPath)
	if err != nil || info.Size() < checkpointBytes {
		return
	}
	c.run("PASSIVE")
	mode := "RESTART"
	if info.Size() > truncateBytes {
		mode = "TRUNCATE"
	}
	done := make(chan struct{})
	select {
	case c.writer.pause <- func() { c.run(mode); close(done) }:
		<-done
	case <-c.quit:
	}
}

// run tries once. One that finds readers in its way, or the disk full, comes again with the next tick: nothing but the
// size of the log depends on it.
func (c *checkpointer) run(mode string) {
	_, err := c.db.ExecContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")")
	dieOnFailedSync(err)
}
