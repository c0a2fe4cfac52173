package lptest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"launchpad/internal/journal"
)

// Log keeps what the server logged, so that tests can look for what must not be there.
type Log struct {
	once  sync.Once
	lines *journal.Journal

	mu      sync.Mutex
	buf     bytes.Buffer
	written chan struct{} // closed with the next line
}

// journal is what the server writes to.
func (l *Log) journal() *journal.Journal {
	l.once.Do(func() { l.lines = journal.New(l, slog.LevelInfo) })
	return l.lines
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written != nil {
		close(l.written)
		l.written = nil
	}
	return l.buf.Write(p)
}

// Wait returns once the log holds a text; the test fails if it ends before.
func (l *Log) Wait(t testing.TB, text string) {
	t.Helper()
	for {
		l.mu.Lock()
		if bytes.Contains(l.buf.Bytes(), []byte(text)) {
			l.mu.Unlock()
			return
		}
		if l.written == nil {
			l.written = make(chan struct{})
		}
		next := l.written
		l.mu.Unlock()
		select {
		case <-next:
		case <-t.Context().Done():
			t.Fatalf("the log never said %q", text)
		}
	}
}

func (l *Log) String() string {
	l.journal().Flush()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
