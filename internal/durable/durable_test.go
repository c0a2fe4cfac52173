package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// AD13: nobody but us reads what we keep.
func TestNewFileIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := NewFile(path, []byte("text")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "text")
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
	alone(t, path)
}

func TestNewFileReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewFile(path, []byte("mine")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want %v", err, fs.ErrExist)
	}
	holds(t, path, "theirs")
	alone(t, path)
}

// What cannot be written leaves nothing behind. The disk that fails is the limit for the size of a file.
func TestNewFileThatFailsLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = 2
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	err := NewFile(path, []byte("text"))
	if restored := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); restored != nil {
		t.Fatal(restored)
	}
	if err == nil {
		t.Error("a file that does not fit was made")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// AD13.
func TestMakeDirMakesParentsAndAcceptsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "c")
	for range 2 {
		if err := MakeDir(path); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
	file := filepath.Join(path, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeDir(file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file in the way: got %v, want %v", err, fs.ErrExist)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
}

// alone: no draft is left beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(list) != 1 {
		t.Errorf("%d files, want one; %v", len(list), err)
	}
}
