package lptest

import (
	"bytes"
	"log/slog"
	"sync"

	"launchpad/internal/journal"
)

// Log keeps what the server logged, so that tests can look for what must not be there.
type Log struct {
	once  sync.Once
	lines *journal.Journal

	mu  sync.Mutex
	buf bytes.Buffer
}

// journal is what the server writes to.
func (l *Log) journal() *journal.Journal {
	l.once.Do(func() { l.lines = journal.New(l, slog.LevelInfo) })
	return l.lines
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *Log) String() string {
	l.journal().Flush()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
