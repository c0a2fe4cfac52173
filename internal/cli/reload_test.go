package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"launchpad/internal/config"
	"launchpad/internal/lptest"
)

// HT14: a file that was changed is taken over; one that is broken changes nothing and is blamed by its line; and what cannot change
// while the process runs is named.
func TestReloadTakesGoodFilesOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "launchpad.toml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listen, data := lptest.FreeAddress(t), t.TempDir()
	head := "listen = \"" + listen + "\"\ndata = \"" + data + "\"\n"
	api := func(prefix string) string {
		return "[[api]]\nprefix = \"" + prefix + "\"\nupstream = \"http://127.0.0.1:9\"\n[[api.route]]\nmethod = \"GET\"\npath = \"" + prefix + "a\"\n"
	}
	load := func() (config.Config, error) { return config.Load(file, nil) }
	write(head + api("/v3/"))
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := start(t.Context(), c, nil, nothing)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.again = load
	want := func(path string, status int) {
		t.Helper()
		if got, _ := get(t, listen+path); got != status {
			t.Errorf("%s: %d, want %d", path, got, status)
		}
	}
	want("/v3/a", http.StatusUnauthorized)
	want("/v4/a", http.StatusNotFound)
	for text, blame := range map[string]string{
		head + api("/v4/") + "[[api.route]]\npath = \"/v9/a\"\n": "launchpad.toml:10: api[0].route[1].path",
		head + "prefix":            "launchpad.toml:3",
		head + api("/oauth/"):      "is a path of this server",
		head + api("/v4/") + "x=1": "unknown setting",
		// A scope that this process does not know could be given to no app.
		head + api("/v4/") + "scope = \"new\"\n[[scope]]\nname = \"new\"\nwords = \"New\"\n":                                                          `launchpad.toml:9: api[0].route[0].scope: the scope "new" is new; scopes take effect at the next start`,
		head + strings.Replace(api("/v4/"), "[[api.route]]", "scopes = [\"new\"]\n[[api.route]]", 1) + "[[scope]]\nname = \"new\"\nwords = \"New\"\n": `launchpad.toml:6: api[0].scopes: the scope "new" is new`,
	} {
		write(text)
		if _, err := p.reload(); err == nil || !strings.Contains(err.Error(), blame) {
			t.Errorf("%v, want %q", err, blame)
		}
		want("/v3/a", http.StatusUnauthorized)
	}
	write(head + "name = \"Other\"\n" + strings.Replace(api("/v4/"), "[[api]]", "[[api]]\nagents = true", 1))
	only, err := p.reload()
	if err != nil || strings.Join(only, ", ") != "name, register" {
		t.Errorf("%v, %v, want name, and register, which follows from agents", only, err)
	}
	if got, _ := get(t, listen+"/.well-known/oauth-protected-resource/v4"); got != http.StatusOK {
		t.Errorf("the metadata of the new API: %d", got)
	}
	want("/v3/a", http.StatusNotFound)
	want("/v4/a", http.StatusUnauthorized)
}
