package config

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"launchpad/internal/core"
	"launchpad/internal/secret"
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
	Proxies       []string `toml:"proxies" env:"LAUNCHPAD_PROXIES" help:"networks of the proxies in front of this server, whose X-Forwarded-For is taken; in the environment, separated by commas"`
	LimitsRedis   string   `toml:"limits_redis" env:"LAUNCHPAD_LIMITS_REDIS" help:"redis://… that counts exactly what all nodes let pass; without one, nodes on one PostgreSQL tell each other"`
	SignUp        string   `toml:"sign_up" env:"LAUNCHPAD_SIGN_UP" help:"who may make an ID: open (everybody), invitation (whoever was invited) or closed (nobody)"`

	AccountHosts string   `toml:"account_hosts" env:"LAUNCHPAD_ACCOUNT_HOSTS" help:"pattern of the hosts at which accounts are reached, like https://{account}.example.com; without one there are none"`
	OtherHosts   []string `toml:"other_hosts" env:"LAUNCHPAD_OTHER_HOSTS" help:"hosts that account_hosts covers but that are no account's, like api.example.com; the issuer's never is"`

	Register string `toml:"register" env:"LAUNCHPAD_REGISTER" help:"who may bring apps by program, without an ID here (open registration and metadata documents): open (everybody) or closed (nobody); left out: open if there is an API for agents"`

	CreateAccounts string `toml:"create_accounts" env:"LAUNCHPAD_CREATE_ACCOUNTS" help:"who may open accounts: operators or everyone"`

	MasterKeyCommand []string `toml:"master_key_command" help:"program and arguments that print the master key, instead of a file; a third way is LAUNCHPAD_MASTER_KEY"`
	KeyRotation      Duration `toml:"key_rotation" env:"LAUNCHPAD_KEY_ROTATION" help:"age at which sealing and signing keys are replaced; 0s: never by themselves"`

	Limits Limits  `toml:"limits" help:"how much of what is answered before 429 Too Many Requests"`
	Sunset Sunset  `toml:"sunset" help:"from which day on, at 0:00 UTC, old ways in which apps ask are refused; those without a day go on"`
	Scopes []Scope `toml:"scope" help:"a scope that apps can ask for; repeat the table for each"`
	APIs   []API   `toml:"api" help:"a protected API behind the gateway; repeat the table for each"`

	ForwardAuth ForwardAuth `toml:"forward_auth" help:"proxies that stand in front of APIs and web pages and ask whether a request may pass"`

	masterKey secret.Text
	origin    map[string]string // where each setting was made
}

// Scope is one published scope.
type Scope struct {
	Name    string `toml:"name" help:"the scope as apps send it, without spaces"`
	Words   string `toml:"words" help:"what people read on the consent page"`
	Changes bool   `toml:"changes" help:"it lets an app change things, and stands under that heading"`
	Risky   bool   `toml:"risky" help:"it is marked as one to think about twice"`
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
		KeyRotation:   Duration(90 * 24 * time.Hour),
		Limits:        DefaultLimits,
		SignUp:        string(core.SignUpClosed),

		CreateAccounts: string(core.CreatorsOperators),
	}
}

// Load reads the file, if there is one, and over it the environment, a list like that of os.Environ.
func Load(path string, environment []string) (Config, error) {
	c := Default()
	if path != "" {
		if err := c.readFile(path); err != nil {
			return c, err
		}
	}
	return c, c.readEnvironment(environment)
}

func (c *Config) readFile(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	err = toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(c)
	if err != nil {
		return unreadable(path, err)
	}
	return c.locate(path, text)
}

// Finish fills what follows from the rest and refuses what cannot work, with the line and the fix.
func (c *Config) Finish() error { return c.Located(c.finish()) }

func (c *Config) finish() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return Wrong("listen", "%q must be an address and a port, like 127.0.0.1:8080", c.Listen)
	}
	if c.Issuer == "" {
		if !Loopback(host) {
			return Wrong("issuer", "must be set when listening on %s; it is the https:// address by which clients reach this server", c.Listen)
		}
		c.Issuer = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(c.Issuer)
	// RFC 8414 §2: https, no query, no fragment.
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" || (u.Scheme != "https" && !(u.Scheme == "http" && Loopback(u.Hostname()))) {
		return Wrong("issuer", "%q must be https:// and a host, without path or slash at the end (http:// works on loopback only)", c.Issuer)
	}
	if _, err := c.Hosts(); err != nil {
		return Wrong("account_hosts", "%q %v", c.AccountHosts, err)
	}
	if _, _, err := net.SplitHostPort(c.Metrics); c.Metrics != "" && (err != nil || c.Metrics == c.Listen) {
		return Wrong("metrics", "%q must be an address and a port of its own, like 127.0.0.1:9090", c.Metrics)
	}
	if c.MasterKeyFile == "" && c.masterKey == "" && len(c.MasterKeyCommand) == 0 {
		c.MasterKeyFile = filepath.Join(c.Data, "master.key")
	}
	if c.Database == "" {
		c.Database = "sqlite:" + filepath.Join(c.Data, "launchpad.db")
	}
	if scheme, _, _ := strings.Cut(c.Database, ":"); !slices.Contains([]string{"postgres", "postgresql", "sqlite"}, scheme) {
		return Wrong("database", "must be postgres://… (or sqlite:PATH); without the setting, an embedded one lies in the directory data")
	}
	if c.AccessLife <= 0 || c.AccessLife > Duration(24*time.Hour) {
		return Wrong("access_token_life", "must be above 0 and at most 24h")
	}
	if c.RefreshWindow < 0 || c.RefreshWindow > Duration(time.Hour) {
		return Wrong("refresh_window", "must be from 0s to 1h")
	}
	if err := c.Limits.check(); err != nil {
		return err
	}
	if err := checkRedis(c.LimitsRedis); err != nil {
		return err
	}
	if _, err := c.Networks(); err != nil {
		return err
	}
	if _, err := c.Asking(); err != nil {
		return err
	}
	if err := c.checkKeys(); err != nil {
		return err
	}
	switch core.SignUp(c.SignUp) {
	case core.SignUpOpen, core.SignUpInvitation, core.SignUpClosed:
	default:
		return Wrong("sign_up", "%q must be open (everybody may make an ID), invitation (whoever was invited) or closed (nobody)", c.SignUp)
	}
	switch core.Creators(c.CreateAccounts) {
	case core.CreatorsOperators, core.CreatorsEveryone:
	default:
		return Wrong("create_accounts", "%q must be operators or everyone", c.CreateAccounts)
	}
	switch core.Registrars(c.Register) {
	case core.RegistrarsAnybody, core.RegistrarsNobody, "":
	default:
		return Wrong("register", "%q must be open (apps may register themselves) or closed (they may not), or be left out", c.Register)
	}
	return c.checkAPIs()
}

// Hosts reads the pattern of the accounts' hosts.
func (c *Config) Hosts() (core.AccountHosts, error) {
	others := slices.Clone(c.OtherHosts)
	for _, api := range c.APIs {
		others = append(others, api.Hosts...)
	}
	return core.ParseAccountHosts(c.AccountHosts, c.Issuer, others)
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
