package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	return key, nil
}

// newMasterKey writes the file as a whole or not at all.
func newMasterKey(path string) ([]byte, error) {
	key := secret.Bytes(secret.KeySize)
	text := base64.StdEncoding.EncodeToString(key) + "\n"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return key, nil
}
