package config

import (
	"strings"
	"time"

	"launchpad/internal/secret"
)

// EnvMasterKey holds the master key itself, which no file of settings should.
const EnvMasterKey = "LAUNCHPAD_MASTER_KEY"

// MasterKey is what the environment says it is, in base64, or nothing.
func (c *Config) MasterKey() secret.Text { return c.masterKey }

// Keys may be replaced once a day at most: each is kept until the last refresh token that it sealed has ended.
const (
	fastestRotation = Duration(24 * time.Hour)
	slowestRotation = Duration(2 * 365 * 24 * time.Hour)
)

func (c *Config) checkKeys() error {
	var sources []string
	if c.MasterKeyFile != "" {
		sources = append(sources, "master_key_file")
	}
	if len(c.MasterKeyCommand) > 0 {
		sources = append(sources, "master_key_command")
	}
	if c.masterKey != "" {
		sources = append(sources, EnvMasterKey)
	}
	if len(sources) > 1 {
		return Wrong(sources[0], "the master key is also in %s, and has one source; keep the one that holds it and take the other out", strings.Join(sources[1:], " and "))
	}
	if len(c.MasterKeyCommand) > 0 && c.MasterKeyCommand[0] == "" {
		return Wrong("master_key_command", "the first word must be the program to run")
	}
	if c.KeyRotation != 0 && (c.KeyRotation < fastestRotation || c.KeyRotation > slowestRotation) {
		return Wrong("key_rotation", "must be 0s (never) or from 24h to 17520h")
	}
	return nil
}
