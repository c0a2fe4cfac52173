package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"launchpad/internal/config"
	"launchpad/internal/lptest"
)

// What only a server that starts can find wrong is found by config check, too, and blamed by its line.
func TestCheckFindsWhatServeWouldRefuse(t *testing.T) {
	api := func(name, prefix, more string) string {
		return "[[api]]\nname = \"" + name + "\"\nprefix = \"" + prefix + "\"\nupstream = \"http://127.0.0.1:9\"\n" + more
	}
	route := func(path string) string { return "[[api.route]]\nmethod = \"GET\"\npath = \"" + path + "\"\n" }
	for text, want := range map[string]string{
		api("a", "/v3/", "") + api("b", "/v3/inner/", ""):  ":7: api[1].prefix: \"/v3/inner/\" and that of api \"a\"",
		api("a", "/v3/", "") + api("a", "/v4/", ""):        ":6: api[1].name: another API",
		api("a", "/oauth/", ""):                            ":3: api[0].prefix: \"/oauth/\" covers",
		api("a", "/v3/", "hosts = [\"id.example.com\"]\n"): ":5: api[0].hosts: id.example.com is the issuer's",
		"account_hosts = \"https://{account}.example.com\"\n" + api("a", "/v3/", "hosts = [\"x.example.com\"]\n"): "",
		api("a", "/v3/", route("/v3/b")+route("/v3/b")):                                                           ":8: api[0].route[1]: GET /v3/b is there twice",
		api("a", "/v3/", route("/v3/{account}")+route("/v3/{other}")):                                             ":8: api[0].route[1]: the path",
		api("a", "/v3/", route("/v3/x{y}")):                                                                       ":5: api[0].route[0]: the path",
		api("a", "/v3/", "resource = \"https://id.example.com\"\n"):                                               ":5: api[0].resource: \"https://id.example.com\" is the issuer",
		api("a", "/v3/", "agents = true\n") + api("b", "/v4/", "resource = \"https://id.example.com/v3\"\n"):      ":10: api[1].resource: \"https://id.example.com/v3\" is that of api \"a\"",
		api("a", "/v3/", route("/v3/{account}/b")):                                                                "",
	} {
		data := t.TempDir()
		file := filepath.Join(data, "launchpad.toml")
		listen := lptest.FreeAddress(t)
		// At the end of a file everything would belong to its last table, so this comes from the environment.
		environment := []string{"LAUNCHPAD_ISSUER=https://id.example.com", "LAUNCHPAD_LISTEN=" + listen, "LAUNCHPAD_DATA=" + data}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file, environment)
		if err == nil {
			err = wouldStart(t.Context(), &c)
		}
		p, served := start(t.Context(), c, nil, nothing)
		if served == nil {
			served = p.close()
		}
		for who, err := range map[string]error{"check": err, "serve": served} {
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), "launchpad.toml"+want)) {
				t.Errorf("%s says %v, want %q", who, err, want)
			}
		}
	}
}
