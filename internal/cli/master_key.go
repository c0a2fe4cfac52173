package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/durable"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// The master key encrypts the stored keys. It is kept apart from the database, so that a copy of the database alone
// reveals nothing. Errors here say where it was looked for and never what was found.

// masterKey reads the master key from its one source. It is nil if that is the default file and there is none.
func masterKey(ctx context.Context, c config.Config) ([]byte, error) {
	switch {
	case c.MasterKey() != "":
		return decodeMasterKey(config.EnvMasterKey, c.MasterKey().Reveal())
	case len(c.MasterKeyCommand) > 0:
		return masterKeyOf(ctx, c.MasterKeyCommand)
	}
	key, err := readMasterKey(c.MasterKeyFile)
	switch own := c.MasterKeyFile == defaultMasterKey(c); {
	case err == nil && own:
		// The process that made it may have died before its name was on the disk.
		err = durable.SyncNames(filepath.Dir(c.MasterKeyFile))
	case errors.Is(err, fs.ErrNotExist) && own:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("master key: %s does not exist; mend master_key_file or put the file back. For a new Launchpad, make one: (umask 077; head -c %d /dev/urandom | base64 >%s)", c.MasterKeyFile, secret.KeySize, c.MasterKeyFile)
	}
	return key, err
}

func defaultMasterKey(c config.Config) string { return filepath.Join(c.Data, "master.key") }

// firstMasterKey makes the default file, but only for a database that holds no keys yet: a new master key would not
// open them.
func firstMasterKey(ctx context.Context, c config.Config, s *store.Store) ([]byte, error) {
	stored, err := s.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if len(stored) > 0 {
		return nil, fmt.Errorf("master key: %s is missing, but the database holds keys that are encrypted under a master key; put the file back from where you keep its copy, or name its place by master_key_file. Nothing was changed", c.MasterKeyFile)
	}
	return newMasterKey(c.MasterKeyFile)
}

func readMasterKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
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
	return decodeMasterKey(path, string(text))
}

func decodeMasterKey(source, text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	key, err := base64.StdEncoding.DecodeString(text)
	switch {
	case text == "":
		return nil, fmt.Errorf("master key: %s is empty; it must hold %d bytes in base64", source, secret.KeySize)
	case err != nil:
		return nil, fmt.Errorf("master key: %s is not base64; it must hold %d bytes in base64, which are 44 characters", source, secret.KeySize)
	case len(key) != secret.KeySize:
		return nil, fmt.Errorf("master key: %s holds %d bytes; it must hold %d, in base64", source, len(key), secret.KeySize)
	}
	return key, nil
}

// commandPatience is how long the command for the master key may take, and commandSays how much of it is read.
const (
	commandPatience = 15 * time.Second
	commandSays     = 4 << 10
)

// masterKeyOf runs a command that prints the master key. What it complains about goes to our own standard error.
func masterKeyOf(ctx context.Context, words []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	said := &head{most: commandSays}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdout, command.Stderr = said, os.Stderr
	command.WaitDelay = time.Second // for what it left behind with our pipe open
	err := command.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("master key: master_key_command %q did not end within %s; run it by hand and see what it waits for", words[0], commandPatience)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("master key: master_key_command %q cannot be run (%w); give the full path of a program", words[0], err)
	case err != nil:
		return nil, fmt.Errorf("master key: master_key_command %q failed (%w); what it said about it is above", words[0], err)
	}
	return decodeMasterKey(fmt.Sprintf("the output of master_key_command %q", words[0]), said.String())
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	most int
}

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), h.most-h.Len())])
	return len(p), nil
}

// newMasterKey makes the file. Whatever the key has encrypted by the time of a power cut, the key is there after it. If
// another process was faster, its key is the one.
func newMasterKey(path string) ([]byte, error) {
	key := secret.Bytes(secret.KeySize)
	err := durable.MakeDir(filepath.Dir(path))
	if err == nil {
		err = durable.NewFile(path, []byte(base64.StdEncoding.EncodeToString(key)+"\n"))
	}
	if errors.Is(err, fs.ErrExist) {
		return readMasterKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return key, nil
}
