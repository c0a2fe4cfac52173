package config

import (
	"net/netip"
	"net/url"
	"reflect"
	"strings"
)

// Limits is how many requests may come within 10 seconds, unless the help says otherwise. The defaults leave room for a
// partner whose backend serves thousands of people from one address. A limit cannot be switched off, only set high: 0 is
// refused, because it could be meant either way.
type Limits struct {
	Pages      int `toml:"pages" help:"page views from one address"`
	Forms      int `toml:"forms" help:"forms that people send, from one address"`
	Authorize  int `toml:"authorize" help:"authorization requests from one address"`
	Documents  int `toml:"documents" help:"requests for metadata and health from one address"`
	Files      int `toml:"files" help:"requests for style sheets and the like from one address"`
	Token      int `toml:"token" help:"token requests from one address"`
	Introspect int `toml:"introspect" help:"introspections from one address"`
	Feed       int `toml:"feed" help:"requests for the revocation feed from one address"`
	Revoke     int `toml:"revoke" help:"revocations from one address"`
	API        int `toml:"api" help:"calls of APIs from one address, whatever their tokens"`

	Register      int `toml:"register" help:"registrations of apps by program from one address"`
	RegisterOfAll int `toml:"register_of_all" help:"registrations of apps by program from all addresses together"`

	UnknownDocuments int `toml:"unknown_documents" help:"authorization requests from one address for which the metadata document of an app has to be fetched that nobody has let in yet"`

	TokenOfApp      int `toml:"token_of_app" help:"token requests of one app with a secret, from wherever"`
	IntrospectOfApp int `toml:"introspect_of_app" help:"introspections of one app"`
	FeedOfApp       int `toml:"feed_of_app" help:"requests of one app for the revocation feed"`
	RevokeOfApp     int `toml:"revoke_of_app" help:"revocations of one app with a secret"`
	APIOfAccount    int `toml:"api_of_account" help:"calls of APIs from one address for one account"`
	APIOfRoute      int `toml:"api_of_route" help:"calls of one path that an API declares, from one address for one account"`
	APIOfIdentity   int `toml:"api_of_identity" help:"calls of APIs on behalf of one person, from wherever and by whichever apps"`
	APIOfApp        int `toml:"api_of_app" help:"calls of APIs of one app, from wherever"`
	APIInAccount    int `toml:"api_in_account" help:"calls of APIs for one account, from wherever"`

	WrongSecrets   int `toml:"wrong_secrets" help:"failed client authentications from one address, and for one client_id"`
	WrongPasswords int `toml:"wrong_passwords" help:"wrong passwords from one address in an hour, not counting browsers that are known"`
}

// DefaultLimits are those of a server that nobody configured.
var DefaultLimits = Limits{
	Pages: 1000, Forms: 300, Authorize: 1000, Documents: 1000, Files: 3000,
	Token: 5000, Introspect: 20_000, Feed: 1000, Revoke: 5000, API: 20_000,
	TokenOfApp: 5000, IntrospectOfApp: 20_000, FeedOfApp: 1000, RevokeOfApp: 5000,
	Register: 50, RegisterOfAll: 300, UnknownDocuments: 20,
	APIOfAccount: 500, APIOfRoute: 500, APIOfIdentity: 5000, APIOfApp: 50_000, APIInAccount: 20_000,
	WrongSecrets: 100, WrongPasswords: 100,
}

// APILimits are limits of one API. 0 is what Limits says for all APIs, counted together.
type APILimits struct {
	OfAccount  int `toml:"of_account" help:"like api_of_account, counted apart from other APIs"`
	OfRoute    int `toml:"of_route" help:"like api_of_route, counted apart from other APIs"`
	OfIdentity int `toml:"of_identity" help:"like api_of_identity, counted apart from other APIs"`
	OfApp      int `toml:"of_app" help:"like api_of_app, counted apart from other APIs"`
	InAccount  int `toml:"in_account" help:"like api_in_account, counted apart from other APIs"`
}

// HighestLimit is as good as none.
const HighestLimit = 1_000_000_000

// Unlimited is for measurements.
func Unlimited() Limits {
	var l Limits
	each := reflect.ValueOf(&l).Elem()
	for i := range each.NumField() {
		each.Field(i).SetInt(HighestLimit)
	}
	return l
}

func (l Limits) check() error { return checkLimits("limits", 1, l) }

// checkLimits looks at every number of a table.
func checkLimits(table string, least int64, limits any) error {
	each := reflect.ValueOf(limits)
	for i := range each.NumField() {
		if n := each.Field(i).Int(); n < least || n > HighestLimit {
			return Wrong(table+"."+each.Type().Field(i).Tag.Get("toml"), "%d must be from %d to %d; a limit cannot be switched off, set it high instead", n, least, HighestLimit)
		}
	}
	return nil
}

// checkRedis does not repeat the address, which may hold a password.
func checkRedis(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" {
		return Wrong("limits_redis", "must be redis:// or rediss:// and a host, like redis://127.0.0.1:6379/0")
	}
	return nil
}

// Networks reads the proxies.
func (c *Config) Networks() ([]netip.Prefix, error) { return networks("proxies", c.Proxies) }

func networks(key string, texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		network, err := parseNetwork(strings.TrimSpace(text))
		if err != nil {
			return nil, Wrong(key, "%q is not a network; write it like 10.0.0.0/8 or 192.0.2.7", text)
		}
		if network.Bits() == 0 {
			return nil, Wrong(key, "%q is everybody, and then anybody may say to be anybody; name the networks of your own proxies", text)
		}
		list = append(list, network)
	}
	return list, nil
}

// parseNetwork takes a single address as well.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Unmap().WithZone("").Prefix(address.Unmap().BitLen())
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}
