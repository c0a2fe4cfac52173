package config

import (
	"reflect"
	"time"

	"github.com/pelletier/go-toml/v2"

	"launchpad/internal/core"
)

// Sunset is from which day on, at 0:00 UTC, an old way is refused. One without a day goes on.
type Sunset struct {
	Draft5           toml.LocalDate `toml:"draft5" help:"requests in the grammar of draft 5"`
	QueryCredentials toml.LocalDate `toml:"query_credentials" help:"token requests with credentials or other parameters in their address"`
	TokenScheme      toml.LocalDate `toml:"token_scheme" help:"calls of APIs with Authorization: Token or OAuth instead of Bearer"`
	QueryToken       toml.LocalDate `toml:"query_token" help:"calls of APIs with the token in their address, personal tokens included"`
	Implicit         toml.LocalDate `toml:"implicit" help:"tokens in the redirect"`
	HTTPRedirect     toml.LocalDate `toml:"http_redirect" help:"redirect URIs with plain http to another machine, which apps in development have"`
	NoPKCE           toml.LocalDate `toml:"no_pkce" help:"authorization without code_challenge"`
	NoState          toml.LocalDate `toml:"no_state" help:"authorization without state"`
}

// Ends gives the days that are set.
func (s Sunset) Ends() map[core.OldWay]time.Time {
	ends := map[core.OldWay]time.Time{}
	each := reflect.ValueOf(s)
	for i := range each.NumField() {
		if day := each.Field(i).Interface().(toml.LocalDate); day != (toml.LocalDate{}) {
			ends[core.OldWay(each.Type().Field(i).Tag.Get("toml"))] = day.AsTime(time.UTC)
		}
	}
	return ends
}
