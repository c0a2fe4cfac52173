package journal

import (
	"io"
	"log/slog"
	"sync"
	"time"
)

// A write for each request would cost as much as a small part of the request, so lines wait: until there are enough of
// them, or for a moment, or until one comes that may be the last.
const (
	enough = 64 << 10
	moment = 250 * time.Millisecond
)

// Journal is one stream of lines. The nil Journal takes none.
type Journal struct {
	to    io.Writer
	level slog.Level

	mu      sync.Mutex
	waiting []byte
	soon    *time.Timer

	writing sync.Mutex // held by the one that writes; who finds too much waiting, waits for it too
	spare   []byte
}

// New makes a journal that leaves out what is below a level.
func New(to io.Writer, level slog.Level) *Journal {
	j := &Journal{to: to, level: level}
	j.soon = time.AfterFunc(moment, j.Flush)
	return j
}

// Wants reports whether lines of a level are kept.
func (j *Journal) Wants(level slog.Level) bool { return j != nil && level >= j.level }

// Add takes in a line. Errors are written at once: what follows them may be the end of the process.
func (j *Journal) Add(level slog.Level, line []byte) {
	if !j.Wants(level) {
		return
	}
	j.mu.Lock()
	if len(j.waiting) == 0 {
		j.soon.Reset(moment)
	}
	j.waiting = append(j.waiting, line...)
	full := len(j.waiting) >= enough
	j.mu.Unlock()
	if full || level >= slog.LevelError {
		j.Flush()
	}
}

// Write takes in a line of a Logger, at once.
func (j *Journal) Write(line []byte) (int, error) {
	j.Add(slog.LevelError, line)
	return len(line), nil
}

// Logger writes what is no request's into the same stream.
func (j *Journal) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: j.level}))
}

// Flush writes what waits. A stream that takes nothing any more loses it: there is nobody left to tell.
func (j *Journal) Flush() {
	if j == nil {
		return
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	lines := j.waiting
	j.waiting = j.spare[:0]
	j.mu.Unlock()
	if len(lines) > 0 {
		_, _ = j.to.Write(lines)
	}
	j.spare = lines
}
