package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"launchpad/internal/core"
)

// Config is everything that can be set. The tags are the names in file and environment; help goes into the manual.
type Config struct {
	Listen        string   `toml:"listen" env:"LAUNCHPAD_LISTEN" help:"address to listen on"`
	Issuer        string   `toml:"issuer" env:"LAUNCHPAD_ISSUER" help:"public address of this server, without a slash at the end"`
	Metrics       string   `toml:"metrics" env:"LAUNCHPAD_METRICS" help:"address for Prometheus to ask, like 127.0.0.1:9090; without one there are no metrics"`
	Name          string   `toml:"name" env:"LAUNCHPAD_NAME" help:"name of this deployment on pages"`
	Data          string   `toml:"data" env:"LAUNCHPAD_DATA" help:"directory of the embedded database and the master key"`
	Database      string   `toml:"database" env:"LAUNCHPAD_DATABASE" help:"postgres://… instead of the embedded database"`
	MasterKeyFile string   `toml:"master_key_file" env:"LAUNCHPAD_MASTER_KEY_FILE" help:"file with the master key; made on first start if it is the default one"`
	RefreshWindow Duration `toml:"refresh_window" env:"LAUNCHPAD_REFRESH_WINDOW" help:"how long a rotated refresh token is still answered; 0s switches every grace off"`
	AccessLife    Duration `toml:"access_token_life" env:"LAUNCHPAD_ACCESS_TOKEN_LIFE" help:"life of access tokens"`

	Scopes []Scope `toml:"scope"`
	APIs   []API   `toml:"api"`
}

// Scope is one published scope.
type Scope struct {
	Name    string `toml:"name"`
	Words   string `toml:"words"`
	Changes bool   `toml:"changes"`
	Risky   bool   `toml:"risky"`
}

// API is one protected API.
type API struct {
	Prefix      string  `toml:"prefix"`
	Upstream    string  `toml:"upstream"`
	QueryTokens bool    `toml:"query_tokens"`
	Routes      []Route `toml:"route"`
}

// Route is one call of an API.
type Route struct {
	Method string `toml:"method"`
	Path   string `toml:"path"`
	Scope  string `toml:"scope"`
}

// Duration is written like "60s" or "2h".
type Duration time.Duration

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration; write it like 60s, 10m or 2h", text)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Default needs nothing: an embedded database beside you, on loopback.
func Default() Config {
	return Config{
		Listen:        "127.0.0.1:8080",
		Name:          "Launchpad",
		Data:          "data",
		RefreshWindow: Duration(time.Minute),
		AccessLife:    Duration(2 * time.Hour),
	}
}

// Load reads the file, if there is one, and the environment over it. getenv is os.Getenv outside of tests.
func Load(path string, getenv func(string) string) (Config, error) {
	c := Default()
	if path != "" {
		if err := c.readFile(path); err != nil {
			return c, err
		}
	}
	return c, c.readEnvironment(getenv)
}

func (c *Config) readFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	defer file.Close()
	err = toml.NewDecoder(file).DisallowUnknownFields().Decode(c)
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		return fmt.Errorf("%s: unknown setting; take it out or mend its name:\n%s", path, strict.String())
	}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := decode.Position()
		return fmt.Errorf("%s:%d:%d: %s", path, row, column, decode.Error())
	}
	return err
}

func (c *Config) readEnvironment(getenv func(string) string) error {
	fields := reflect.ValueOf(c).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Tag.Get("env")
		value := ""
		if name != "" {
			value = getenv(name)
		}
		if value == "" {
			continue
		}
		switch field := fields.Field(i).Addr().Interface().(type) {
		case *string:
			*field = value
		case *Duration:
			if err := field.UnmarshalText([]byte(value)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// Finish fills what follows from the rest and refuses what cannot work.
func (c *Config) Finish() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q must be an address and a port, like 127.0.0.1:8080", c.Listen)
	}
	if c.Issuer == "" {
		if !Loopback(host) {
			return fmt.Errorf("issuer: must be set when listening on %s; it is the https:// address by which clients reach this server", c.Listen)
		}
		c.Issuer = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(c.Issuer)
	// RFC 8414 §2: https, no query, no fragment.
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" || (u.Scheme != "https" && !(u.Scheme == "http" && Loopback(u.Hostname()))) {
		return fmt.Errorf("issuer: %q must be https:// and a host, without path or slash at the end (http:// works on loopback only)", c.Issuer)
	}
	if _, _, err := net.SplitHostPort(c.Metrics); c.Metrics != "" && (err != nil || c.Metrics == c.Listen) {
		return fmt.Errorf("metrics: %q must be an address and a port of its own, like 127.0.0.1:9090", c.Metrics)
	}
	if c.MasterKeyFile == "" {
		c.MasterKeyFile = filepath.Join(c.Data, "master.key")
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "launchpad.db")
	}
	if c.AccessLife <= 0 || c.AccessLife > Duration(24*time.Hour) {
		return fmt.Errorf("access_token_life: must be above 0 and at most 24h")
	}
	if c.RefreshWindow < 0 || c.RefreshWindow > Duration(time.Hour) {
		return fmt.Errorf("refresh_window: must be from 0s to 1h")
	}
	return c.checkAPIs()
}

func (c *Config) checkAPIs() error {
	known := map[string]bool{"": true}
	for i, s := range c.Scopes {
		if s.Name == "" || s.Words == "" || strings.ContainsAny(s.Name, " \"\\") {
			return fmt.Errorf("scope %d: needs a name without spaces and words for people", i+1)
		}
		known[s.Name] = true
	}
	for _, api := range c.APIs {
		if !strings.HasPrefix(api.Prefix, "/") || !strings.HasSuffix(api.Prefix, "/") {
			return fmt.Errorf("api %q: prefix must begin and end with a slash", api.Prefix)
		}
		if u, err := url.Parse(api.Upstream); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("api %q: upstream must be an http:// or https:// address", api.Prefix)
		}
		for _, r := range api.Routes {
			if !known[r.Scope] {
				return fmt.Errorf("api %q: route %s %s needs scope %q, which no [[scope]] declares", api.Prefix, r.Method, r.Path, r.Scope)
			}
			if !strings.HasPrefix(r.Path, api.Prefix) {
				return fmt.Errorf("api %q: route %s lies outside the prefix", api.Prefix, r.Path)
			}
		}
	}
	return nil
}

// Catalog gives the scopes as the rooms know them.
func (c *Config) Catalog() core.Catalog {
	list := make(core.Catalog, len(c.Scopes))
	for i, s := range c.Scopes {
		list[i] = core.ScopeInfo(s)
	}
	return list
}

// Loopback reports whether only this computer can reach a host.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
