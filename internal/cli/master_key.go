package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"launchpad/internal/durable"
	"launchpad/internal/secret"
)

// masterKey reads the master key; the file is made if it does not exist and makeIt says so. It is kept apart from
// the database, so that a copy of the database alone reveals nothing.
func masterKey(path string, makeIt bool) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && makeIt {
		return newMasterKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key: %s can be read by others; run: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != secret.KeySize {
		return nil, fmt.Errorf("master key: %s must hold %d bytes in base64", path, secret.KeySize)
	}
	if makeIt {
		// The process that made it may have died before its name was on the disk.
		if err := durable.SyncNames(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("master key: %w", err)
		}
	}
	return key, nil
}

// newMasterKey makes the file. Whatever the key has encrypted by the time of a power cut, the key is there after it.
func newMasterKey(path string) ([]byte, error) {
	key := secret.Bytes(secret.KeySize)
	if err := durable.MakeDir(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(key) + "\n"
	if err := durable.NewFile(path, []byte(text)); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return key, nil
}
