package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"launchpad/internal/core"
)

// A failing file, for real: while a batch runs, the write-ahead log's descriptor is exchanged for one that cannot
// be written (input/output error) or whose disk is full. Nobody may be told that the batch is stored, and the store
// must work again once the file does.
func TestWriterFileFails(t *testing.T) {
	for name, open := range map[string]func(path string) (int, error){
		"input/output error": func(path string) (int, error) { return syscall.Open(path, syscall.O_RDONLY, 0) },
		"disk full":          func(string) (int, error) { return syscall.Open("/dev/full", syscall.O_RDWR, 0) },
	} {
		for position := range batchSize {
			t.Run(fmt.Sprint(name, " at ", position), func(t *testing.T) {
				s, e := openTest(t, "sqlite")
				var mend func()
				facts := puts("file_")
				write := facts[position]
				facts[position] = func(tx *tx) error {
					mend = exchange(t, s, open)
					return write(tx)
				}
				for i, err := range batchOf(t, e, facts) {
					if !errors.Is(err, core.ErrUnavailable) {
						t.Errorf("fact %d: %v, want %v", i, err, core.ErrUnavailable)
					}
				}
				mend()
				if n := stored(t, s, "file_"); n != 0 {
					t.Errorf("%d rows of a failed batch are visible", n)
				}
				if _, err := e.writer.run(t.Context(), put("file_after")); err != nil {
					t.Errorf("after the file works again: %v", err)
				}
			})
		}
	}
}

// exchange replaces every descriptor of the store's log that is open for writing, and gives the way back.
func exchange(t *testing.T, s *Store, open func(string) (int, error)) (mend func()) {
	t.Helper()
	var path string
	if err := s.engine.view(t.Context()).one(`SELECT file FROM pragma_database_list WHERE name = 'main'`, nil, &path); err != nil {
		t.Fatal(err)
	}
	path += "-wal"
	type swapped struct{ fd, original int }
	var done []swapped
	for _, fd := range descriptorsOf(t, path) {
		original, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		broken, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Dup3(broken, fd, 0); err != nil {
			t.Fatal(err)
		}
		syscall.Close(broken)
		done = append(done, swapped{fd, original})
	}
	if len(done) == 0 {
		t.Fatalf("found no descriptor of %s", path)
	}
	return func() {
		for _, d := range done {
			if err := syscall.Dup3(d.original, d.fd, 0); err != nil {
				t.Error(err)
			}
			syscall.Close(d.original)
		}
	}
}

func descriptorsOf(t *testing.T, path string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name()))
		if err != nil || !strings.HasPrefix(target, path) {
			continue
		}
		if fd, err := strconv.Atoi(entry.Name()); err == nil {
			list = append(list, fd)
		}
	}
	return list
}

// What a killed process left in its log is in the database file before anybody asks: a power cut may take the log's
// pages, if they are nowhere but in the kernel's memory.
func TestStartSettlesTheLog(t *testing.T) {
	s, e := openTest(t, "sqlite")
	if _, err := e.writer.run(t.Context(), put("left_behind")); err != nil {
		t.Fatal(err)
	}
	var path string
	if err := s.engine.view(t.Context()).one(`SELECT file FROM pragma_database_list WHERE name = 'main'`, nil, &path); err != nil {
		t.Fatal(err)
	}
	// What the disk holds while the process lives is what it leaves when it is killed.
	left := filepath.Join(t.TempDir(), "left.db")
	for _, suffix := range []string{"", "-wal"} {
		contents, err := os.ReadFile(path + suffix)
		if err != nil || len(contents) == 0 {
			t.Fatalf("%s%s: %d bytes, %v", path, suffix, len(contents), err)
		}
		if err := os.WriteFile(left+suffix, contents, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(t.Context(), "sqlite:"+left, systemClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	contents, err := os.ReadFile(left)
	if err != nil || !bytes.Contains(contents, []byte("left_behind")) {
		t.Errorf("the database file does not hold what was in the log; %v", err)
	}
}

// A failed fsync, in a batch or in a checkpoint, ends the process before anybody is answered and before anything else is
// done to the file. /dev/null takes every write and refuses the fsync.
func TestFailedSyncEndsTheProcess(t *testing.T) {
	for name, act := range map[string]func(*sqliteEngine){
		"commit":     func(e *sqliteEngine) { e.writer.run(context.Background(), put("sync_")) },
		"checkpoint": func(e *sqliteEngine) { e.checkpointer.run("PASSIVE") },
	} {
		t.Run(name, func(t *testing.T) {
			s, e := openTest(t, "sqlite")
			e.checkpointer.run("PASSIVE") // opens its file
			if _, err := e.writer.run(t.Context(), put("before")); err != nil {
				t.Fatal(err)
			}
			died := make(chan error, 1)
			defer func(before func(error)) { die = before }(die)
			die = func(err error) { died <- err; runtime.Goexit() }
			mend := exchange(t, s, func(string) (int, error) { return syscall.Open(os.DevNull, syscall.O_RDWR, 0) })
			defer mend()
			answered := make(chan struct{})
			go func() { act(e); close(answered) }()
			select {
			case <-died:
			case <-answered:
				t.Error("the process went on")
			}
		})
	}
}
