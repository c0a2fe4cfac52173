package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"launchpad/internal/config"
)

// written puts a configuration file into a directory of the test's and gives its path.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "launchpad.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(path string, environment ...string) error {
	c, err := config.Load(path, environment)
	if err != nil {
		return err
	}
	return c.Finish()
}

func TestWrongSettingsAreRefusedWithTheirLineAndTheFix(t *testing.T) {
	for _, c := range []struct{ name, text, want, fix string }{
		{"unknown", "name = \"x\"\nlissten = \"x\"\n", "launchpad.toml:2:1: unknown setting lissten", "take it out or mend its name"},
		{"the second of two unknown", "listen = \"127.0.0.1:1\"\nnme = 1\n[limits]\ntokn = 1\n", "launchpad.toml:4:1: unknown setting limits.tokn", "launchpad.toml:2:1: unknown setting nme"},
		{"unknown in a table", "[[api]]\nprefix = \"/v3/\"\nprefx = \"x\"\n", "launchpad.toml:3:1: unknown setting api.prefx", "mend its name"},
		{"no TOML", "name = \n", "launchpad.toml:1:", "text stands in quotes"},
		{"said twice", "name = \"a\"\nname = \"b\"\n", "launchpad.toml:2:", "every setting once"},
		{"a number for a text", "name = 3\n", "launchpad.toml:1:8: name", "takes text in quotes"},
		{"a text for a list", "\nproxies = \"x\"\n", "launchpad.toml:2:11: proxies", "takes a list"},
		{"a text for yes or no", "[[api]]\nagents = \"yes\"\n", "launchpad.toml:2:10: api.agents", "takes true or false"},
		{"a text for yes or no that may be left out", "[[api]]\nassertion = \"yes\"\n", "launchpad.toml:2:13: api.assertion", "takes true or false"},
		{"a text for a list, two tables deep", "[[api]]\n[[api.route]]\nscopes = \"a\"\n", "launchpad.toml:3:10: api.route.scopes", "takes a list"},
		{"a text for a number", "[[api]]\nretries = \"3\"\n", "launchpad.toml:2:11: api.retries", "takes a whole number"},
		{"a number for a duration", "key_rotation = 3\n", "launchpad.toml:1: key_rotation", "takes a duration in quotes"},
		{"a number for a duration of an API", bare + "timeout = 60\n", "launchpad.toml:4: api[0].timeout", "takes a duration in quotes"},
		{"a text for a day", "[sunset]\nno_pkce = \"soon\"\n", "launchpad.toml:2:", "a day, like"},
		{"a text for a table", "limits = \"none\"\n", "launchpad.toml:1:10: limits", "under a line [limits]"},
		{"a text for tables", "scope = \"a\"\n", "launchpad.toml:1:9: scope", "each under a line [[scope]]"},
		{"listen without a port", "listen = \"127.0.0.1\"\n", "launchpad.toml:1: listen", "like 127.0.0.1:8080"},
		{"metrics where everybody is", "\nmetrics = \"127.0.0.1:8080\"\n", "launchpad.toml:2: metrics", "of its own, like 127.0.0.1:9090"},
		{"another database", "\ndatabase = \"mysql://db\"\n", "launchpad.toml:2: database", "must be postgres://"},
		{"a scope twice", "[[scope]]\nname = \"a\"\nwords = \"A\"\n[[scope]]\nname = \"a\"\nwords = \"A\"\n", "launchpad.toml:5: scope[1].name", "take one of the two out"},
		{"no duration", "\nrefresh_window = \"soon\"\n", "launchpad.toml:2:", "write it like 60s"},
		{"who may sign up", "\nsign_up = \"Open\"\n", "launchpad.toml:2: sign_up", "must be open"},
		{"who may open accounts", "create_accounts = \"all\"\n", "launchpad.toml:1: create_accounts", "must be operators or everyone"},
		{"too long", "# life\n\naccess_token_life = \"48h\"\n", "launchpad.toml:3: access_token_life", "at most 24h"},
		{"issuer", "listen = \"0.0.0.0:80\"\n", "issuer", "must be set"},
		{"issuer without TLS", "listen = \"127.0.0.1:80\"\nissuer = \"http://id.example.com\"\n", "launchpad.toml:2: issuer", "must be https://"},
		{"hosts of accounts without an account", "\naccount_hosts = \"https://example.com\"\nissuer = \"https://id.example.com\"\n", "launchpad.toml:2: account_hosts", "like https://{account}.example.com"},
		{"hosts of accounts with a path", "account_hosts = \"https://{account}.example.com/x\"\nissuer = \"https://id.example.com\"\n", "launchpad.toml:1: account_hosts", "without path"},
		{"hosts of accounts by another scheme", "account_hosts = \"http://{account}.example.com\"\nissuer = \"https://id.example.com\"\n", "launchpad.toml:1: account_hosts", "must begin with https://"},
		{"scope", "[[scope]]\nname = \"a\"\nwords = \"A\"\n\n[[scope]]\nname = \"b\"\n", "launchpad.toml:5: scope[1]", "words for people"},
		{"prefix", "[[api]]\nprefix = \"v3\"\nupstream = \"http://x\"\n", "launchpad.toml:2: api[0].prefix", "begin and end with a slash"},
		{"upstream is missing", "[[api]]\nprefix = \"/v3/\"\n", "launchpad.toml:1: api[0].upstream", "http:// or https://"},
		{"second API's second route", api + api[:strings.Index(api, "[[api.route]]")] + "[[api.route]]\nmethod = \"GET\"\npath = \"/v3/a\"\n[[api.route]]\nmethod = \"GET\"\npath = \"/v3/a\"\nscope = \"other\"\n", "launchpad.toml:16: api[1].route[1].scope", "declared by no [[scope]]"},
		{"a resource with a fragment", "[[api]]\nprefix = \"/v3/\"\nupstream = \"http://127.0.0.1:9\"\nresource = \"https://api.example.com/#x\"\n", "launchpad.toml:4: api[0].resource", "without query and fragment"},
		{"route outside", api + "[[api.route]]\npath = \"/v4/a\"\n", "launchpad.toml:8: api[0].route[1].path", "begin with the prefix"},
		{"a route without a method", api + "[[api.route]]\npath = \"/v3/b\"\n", "launchpad.toml:7: api[0].route[1]", "needs a method"},
		{"a method that is never passed on", api + "[[api.route]]\nmethods = [\"GET\", \"TRACE\"]\npath = \"/v3/b\"\n", "launchpad.toml:7: api[0].route[1].method", "in capitals"},
		{"a second upstream", bare + "upstreams = [\"127.0.0.1:9\"]\n", "launchpad.toml:4: api[0].upstreams", "http:// or https://"},
		{"a host with a port", bare + "hosts = [\"api.example.com:443\"]\n", "launchpad.toml:4: api[0].hosts", "without scheme, port and path"},
		{"another source of the account", bare + "account_from = [\"path\", \"cookie\"]\n", "launchpad.toml:4: api[0].account_from", "path, host, header or grant"},
		{"an origin with a path", bare + "origins = [\"https://app.example.com/\"]\n", "launchpad.toml:4: api[0].origins", "a scheme and a host alone"},
		{"a size below zero", bare + "max_body = -1\n", "launchpad.toml:4: api[0].max_body", "number of bytes"},
		{"a wait of a day", bare + "timeout = \"24h\"\n", "launchpad.toml:4: api[0].timeout", "to 1h"},
		{"many retries", bare + "retries = 11\n", "launchpad.toml:4: api[0].retries", "-1 for never"},
		{"a health check without a path", bare + "health_path = \"health\"\n", "launchpad.toml:4: api[0].health_path", "begin with a slash"},
	} {
		err := load(written(t, c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.fix) {
			t.Errorf("%s: got %v, want %q and %q", c.name, err, c.want, c.fix)
		}
	}
}

// A mistake is told to terminals and logs: not with the lines around it, and not with a password in an address.
func TestMistakesTellNoPassword(t *testing.T) {
	for what, text := range map[string]string{
		"a line beside an unknown setting": "database = \"postgres://u:hunter2@db/x\"\nlissten = 1\n",
		"a line beside no TOML":            "database = \"postgres://u:hunter2@db/x\"\nname = \n",
		"another database":                 "database = \"mysql://u:hunter2@db/x\"\n",
		"an issuer":                        "issuer = \"https://u:hunter2@id.example.com\"\n",
		"a Redis":                          "limits_redis = \"http://u:hunter2@redis\"\n",
		"hosts of accounts":                "account_hosts = \"https://u:hunter2@{account}.example.com\"\n",
		"an upstream":                      "[[api]]\nprefix = \"/v3/\"\nupstream = \"http://u:hunter2@127.0.0.1:9\"\n",
		"several upstreams":                "[[api]]\nprefix = \"/v3/\"\nupstreams = [\"http://127.0.0.1:9\", \"http://u:hunter2@127.0.0.1:9\"]\n",
		"a resource":                       bare + "resource = \"https://u:hunter2@api.example.com\"\n",
		"an origin":                        bare + "origins = [\"https://u:hunter2@app.example.com\"]\n",
		"a host":                           bare + "hosts = [\"u:hunter2@api.example.com\"]\n",
	} {
		if err := load(written(t, text)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want a refusal without the password", what, err)
		}
	}
}

const api = "[[api]]\nprefix = \"/v3/\"\nupstream = \"http://127.0.0.1:9\"\n[[api.route]]\nmethod = \"GET\"\npath = \"/v3/a\"\n"

const bare = "[[api]]\nprefix = \"/v3/\"\nupstream = \"http://127.0.0.1:9\"\n"

// What only the gateway obeys is refused where a proxy asks: it would do nothing, and a token in the address would reach the application.
func TestSettingsOfTheGatewayAreRefusedWhereAProxyAsks(t *testing.T) {
	const asking = "[forward_auth]\nproxies = [\"127.0.0.1\"]\n[[api]]\nhosts = [\"app.example.com\"]\nprefix = \"/\"\n"
	if err := load(written(t, asking)); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"query_tokens": "true", "websocket": "true", "origins": `["https://app.example.com"]`, "max_body": "1", "max_answer": "1", "connect_timeout": `"1s"`, "first_byte_timeout": `"1s"`, "idle_timeout": `"1s"`,
		"timeout": `"1s"`, "retries": "-1", "health_path": `"/health"`, "health_interval": `"1s"`,
	} {
		setting := name + " = " + value + "\n"
		if err := load(written(t, asking+setting)); err == nil || !strings.Contains(err.Error(), "launchpad.toml:6: api[0]."+name+": ") || !strings.Contains(err.Error(), "APIs with an upstream") {
			t.Errorf("%s: got %v, want it to be refused", name, err)
		}
		if err := load(written(t, bare+setting)); err != nil {
			t.Errorf("%s with an upstream: %v", name, err)
		}
	}
}

func TestTheEnvironmentOverrulesTheFileAndIsBlamed(t *testing.T) {
	file := written(t, "refresh_window = \"10s\"\n")
	if err := load(file, "LAUNCHPAD_REFRESH_WINDOW=2h"); err == nil || !strings.HasPrefix(err.Error(), "LAUNCHPAD_REFRESH_WINDOW: ") {
		t.Errorf("got %v, want the variable to be named", err)
	}
}

func TestVariablesThatNobodyKnowsAreRefused(t *testing.T) {
	for variable, fix := range map[string]string{
		"LAUNCHPAD_SIGNUP=open":      "mend its name, perhaps to LAUNCHPAD_SIGN_UP",
		"LAUNCHPAD_PROXY=10.0.0.0/8": "perhaps to LAUNCHPAD_PROXIES",
		"LAUNCHPAD_LIMITS_TOKEN=7":   "perhaps to LAUNCHPAD_LIMITS_REDIS",
		"LAUNCHPAD_XYZ=1":            "launchpad config manual",
	} {
		name, _, _ := strings.Cut(variable, "=")
		if err := load("", "HOME=/", variable); err == nil || !strings.HasPrefix(err.Error(), name+": no such setting") || !strings.Contains(err.Error(), fix) {
			t.Errorf("%s: got %v, want %q", variable, err, fix)
		}
	}
	// Whoever runs this in Kubernetes behind a service that is called launchpad has these, and has set none of them.
	if err := load("", "LAUNCHPAD_SERVICE_HOST=10.0.0.1", "LAUNCHPAD_SERVICE_PORT=80", "LAUNCHPAD_SERVICE_PORT_HTTP=80", "LAUNCHPAD_PORT=tcp://10.0.0.1:80", "LAUNCHPAD_PORT_80_TCP=x", "LAUNCHPAD_PORT_80_TCP_ADDR=x", "LAUNCHPAD_SIGNUP=", "PATH=LAUNCHPAD_XYZ"); err != nil {
		t.Error(err)
	}
}

func TestNothingNeedsToBeSet(t *testing.T) {
	if err := load(""); err != nil {
		t.Error(err)
	}
}

func TestTheManualIsCurrent(t *testing.T) {
	written, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != config.Manual() {
		t.Error("docs/config.md is old; run: go run ./cmd/launchpad config manual >docs/config.md")
	}
}
