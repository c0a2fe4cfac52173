package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// dirMode: only the owner may look.
const dirMode = 0o700

// MakeDir makes a directory, with the parents that it lacks, and returns when its name is on the disk. One that is
// there may have been made by a process that died before its name was, so its name is synced, too.
func MakeDir(path string) error {
	path = filepath.Clean(path)
	err := os.Mkdir(path, dirMode)
	if errors.Is(err, fs.ErrNotExist) {
		if err := MakeDir(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, dirMode)
	}
	if errors.Is(err, fs.ErrExist) {
		if info, missing := os.Stat(path); missing == nil && info.IsDir() {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return SyncNames(filepath.Dir(path))
}

// NewFile makes a file that does not exist, with all of its contents or not at all.
func NewFile(path string, contents []byte) error {
	dir, name := filepath.Split(filepath.Clean(path))
	draft, err := os.CreateTemp(dir, name+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = draft.Write(contents)
	if err == nil {
		err = draft.Sync()
	}
	if err = errors.Join(err, draft.Close()); err == nil {
		// A link, unlike a renaming, never replaces what somebody else made meanwhile.
		err = os.Link(draft.Name(), path)
	}
	made := err == nil
	err = errors.Join(err, os.Remove(draft.Name()))
	if err == nil {
		err = SyncNames(dir)
	}
	if err != nil && made {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// SyncNames returns when the names in a directory are on the disk. Where that cannot be asked for, because the
// directory may not be read or the file system knows no such thing, there is nothing to wait for.
func SyncNames(dir string) error {
	if dir == "" {
		dir = "."
	}
	open, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = open.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	if err = errors.Join(err, open.Close()); err != nil {
		return fmt.Errorf("sync the names in %s: %w", dir, err)
	}
	return nil
}
