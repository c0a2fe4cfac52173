package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/journal"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

// run runs a keys command and gives what it printed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := keysCommand()
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetOut(&out)
	command.SetArgs(args)
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

func list(t *testing.T, data, ring string) (found []listed) {
	t.Helper()
	out, err := run(t, "list", "--data", data, "--output", "json")
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatal(err)
	}
	for _, key := range all {
		if key.Ring == ring {
			found = append(found, key)
		}
	}
	return found
}

// quiet is a log that nobody reads.
func quiet() *journal.Journal { return journal.New(io.Discard, slog.LevelError) }

// running starts a server on an embedded database, and stops it with the test.
func running(t *testing.T, data string) (jwks func() string) {
	t.Helper()
	c := config.Default()
	c.Data, c.Listen = data, "127.0.0.1:0"
	c.Limits = config.Unlimited() // the test asks as fast as it can
	p, err := start(t.Context(), c, quiet(), func(context.Context, *store.Store, *server.Options) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	address := "http://" + p.sites[0].socket.Addr().String() + "/oauth/jwks"
	return func() string {
		t.Helper()
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
}

// within asks again and again, for a second.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	late := time.After(time.Second)
	for !is() {
		select {
		case <-late:
			t.Fatalf("not within a second: %s", what)
		case <-t.Context().Done():
			return
		default:
		}
	}
}

// KY02: the commands work beside a running server, which follows within a second.
func TestKeysAreRotatedAndRevokedBesideARunningServer(t *testing.T) {
	data := t.TempDir()
	jwks := running(t, data)
	first := list(t, data, "sign")[0]
	if first.State != keys.Active || !strings.Contains(jwks(), first.ID) {
		t.Fatalf("%+v, published %s", first, jwks())
	}
	if out, err := run(t, "rotate", "sign", "--data", data); err != nil || !strings.Contains(out, "waiting") || !strings.Contains(out, first.ID) {
		t.Errorf("rotate: %v\n%s", err, out)
	}
	second := list(t, data, "sign")[1]
	within(t, "both are published", func() bool { return strings.Contains(jwks(), first.ID) && strings.Contains(jwks(), second.ID) })
	if wait := second.Active.Sub(second.Made).Round(time.Second); wait != keys.DefaultRotation.Lead || first.Retires != nil {
		t.Errorf("used %s after it was published", wait)
	}
	if _, err := run(t, "rotate", "sign", "--data", data); err == nil {
		t.Error("a second successor was published")
	}
	if out, err := run(t, "revoke", first.ID, "--data", data); err != nil || !strings.Contains(out, "revoked") {
		t.Errorf("revoke: %v\n%s", err, out)
	}
	within(t, "the revoked key is gone", func() bool { return !strings.Contains(jwks(), first.ID) && strings.Contains(jwks(), second.ID) })
	if got := list(t, data, "sign"); got[0].State != keys.Revoked || got[0].Retires == nil || got[1].State != keys.Active {
		t.Errorf("afterwards: %+v", got)
	}
	if out, err := run(t, "rotate", "--data", data); err != nil || strings.Count(out, "waiting") != len(keys.Rings()) {
		t.Errorf("rotate all: %v\n%s", err, out)
	}
	for what, args := range map[string][]string{
		"there is no key":  {"revoke", "ffffffff"},
		"revoked already":  {"revoke", first.ID},
		"there is no ring": {"rotate", "seal:nothing"},
		"must be text":     {"list", "--output", "xml"},
	} {
		if _, err := run(t, append(args, "--data", data)...); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v: %v, want %q", args, err, what)
		}
	}
}

func TestKeysCommandsMakeNothingElsewhere(t *testing.T) {
	data := t.TempDir()
	if _, err := run(t, "list", "--data", data); err == nil || !strings.Contains(err.Error(), "there is no database at") {
		t.Error(err)
	}
	if made, err := os.ReadDir(data); err != nil || len(made) > 0 {
		t.Errorf("made %v, %v", made, err)
	}
}

func TestRewrapGivesANewMasterKey(t *testing.T) {
	data := t.TempDir()
	jwks := running(t, data)
	before := list(t, data, "sign")
	next := filepath.Join(data, "next.key")
	if out, err := run(t, "rewrap", "--new-master-key-file", next, "--data", data); err != nil || !strings.Contains(out, next) {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := run(t, "list", "--data", data); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("the old one: %v", err)
	}
	if !strings.Contains(jwks(), before[0].ID) {
		t.Error("the running server lost its keys")
	}
	t.Setenv("LAUNCHPAD_MASTER_KEY_FILE", next)
	if after := list(t, data, "sign"); len(after) != 1 || after[0].ID != before[0].ID {
		t.Errorf("%+v became %+v", before, after)
	}
	if _, err := run(t, "rewrap", "--new-master-key-file", next, "--data", data); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the same again: %v", err)
	}
}

// KY04, AD13: every way in which the master key can be wrong is refused with what to do, and changes nothing.
func TestTheMasterKeyHasOneGoodSource(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(secret.Bytes(secret.KeySize))
	write := func(text string, mode os.FileMode) func(*testing.T, string, *config.Config) {
		return func(t *testing.T, data string, c *config.Config) {
			c.MasterKeyFile = filepath.Join(data, "given.key")
			if err := os.WriteFile(c.MasterKeyFile, []byte(text), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	command := func(words ...string) func(*testing.T, string, *config.Config) {
		return func(_ *testing.T, _ string, c *config.Config) { c.MasterKeyCommand = words }
	}
	environment := func(text string) func(*testing.T, string, *config.Config) {
		return func(t *testing.T, _ string, c *config.Config) {
			t.Setenv(config.EnvMasterKey, text)
			loaded, err := config.Load("", os.Environ())
			if err != nil {
				t.Fatal(err)
			}
			loaded.Data, loaded.Listen = c.Data, c.Listen
			*c = loaded
		}
	}
	for name, test := range map[string]struct {
		set  func(*testing.T, string, *config.Config)
		want string
	}{
		"another one":                {write(good, 0o600), "another master key"},
		"empty":                      {write("\n", 0o600), "is empty; it must hold 32 bytes"},
		"no base64":                  {write("?"+good, 0o600), "is not base64"},
		"short":                      {write(good[:20], 0o600), "holds 15 bytes; it must hold 32"},
		"read by others":             {write(good, 0o644), "chmod 600"},
		"named and missing":          {func(_ *testing.T, data string, c *config.Config) { c.MasterKeyFile = filepath.Join(data, "no") }, "does not exist"},
		"default and missing":        {func(t *testing.T, data string, _ *config.Config) { os.Remove(filepath.Join(data, "master.key")) }, "put the file back"},
		"environment, another":       {environment(good), "another master key"},
		"environment, malformed":     {environment("x"), "LAUNCHPAD_MASTER_KEY is not base64"},
		"command, another":           {command("echo", good), "another master key"},
		"command, silent":            {command("true"), `the output of master_key_command "true" is empty`},
		"command, fails":             {command("false"), `"false" failed (exit status 1)`},
		"command, missing":           {command("no-such-program"), "cannot be run"},
		"command, says too much":     {command("head", "-c", "1000000", "/dev/zero"), "is not base64"},
		"command, without a program": {command(""), "the first word must be the program"},
		"two sources": {func(t *testing.T, data string, c *config.Config) {
			environment(good)(t, data, c)
			c.MasterKeyCommand = []string{"echo", good}
		}, "master_key_command: the master key is also in LAUNCHPAD_MASTER_KEY, and has one source"},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			c := config.Default()
			c.Data, c.Listen = data, "127.0.0.1:0"
			nothing := func(context.Context, *store.Store, *server.Options) error { return nil }
			p, err := start(t.Context(), c, quiet(), nothing)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.close(); err != nil {
				t.Fatal(err)
			}
			before := stored(t, data)
			test.set(t, data, &c)
			if _, err := start(t.Context(), c, quiet(), nothing); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), good) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if after := stored(t, data); !slices.Equal(before, after) {
				t.Errorf("the stored keys changed:\n%v\n%v", before, after)
			}
		})
	}
}

func stored(t *testing.T, data string) []store.Key {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "launchpad.db"), core.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestACommandForTheMasterKeyMustEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := masterKeyOf(ctx, []string{"sleep", "60"}); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Error(err)
	}
}

func TestEverySourceOfTheMasterKeyWorks(t *testing.T) {
	data := t.TempDir()
	jwks := running(t, data)
	key, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	kid := list(t, data, "sign")[0].ID
	if !strings.Contains(jwks(), kid) {
		t.Fatal(kid)
	}
	file := filepath.Join(data, "launchpad.toml")
	if err := os.WriteFile(file, []byte(`master_key_command = ["cat", "`+filepath.Join(data, "master.key")+`"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, "list", "--data", data, "--config", file); err != nil || !strings.Contains(out, kid) {
		t.Errorf("command: %v\n%s", err, out)
	}
	t.Setenv(config.EnvMasterKey, string(key))
	if out, err := run(t, "list", "--data", data); err != nil || !strings.Contains(out, kid) {
		t.Errorf("environment: %v\n%s", err, out)
	}
	if _, err := run(t, "list", "--data", data, "--config", file); err == nil || !strings.Contains(err.Error(), "one source") {
		t.Errorf("two sources: %v", err)
	}
}
