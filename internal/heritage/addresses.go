package heritage

import (
	"net/http"
	"net/url"
	"strings"

	"launchpad/internal/web"
)

// aliases are the addresses that endpoints had once, by the one that they have.
var aliases = map[string][]string{
	"/oauth/token":     {"/oauth/access_token", "/authorization/token"}, // of the first libraries; of a sibling's page
	"/oauth/authorize": {"/authorization/new"},
}

// oldPortal is where developers found their apps once.
const oldPortal = "/oauth_clients"

func toPortal(w http.ResponseWriter, r *http.Request) error {
	to := url.URL{Path: "/oauth/applications" + strings.TrimPrefix(r.URL.Path, oldPortal)} // escapes what no header may hold
	http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
	return nil
}

// before gives what is served in place of a route.
func (d *Door) before(route web.Route) []web.Route {
	var list []web.Route
	switch route.Path {
	case "/oauth/authorize":
		if route.Method == http.MethodGet || route.Method == http.MethodPost {
			route.Handle = d.authorize
		}
		list = append(list, route)
	case "/oauth/token":
		route.Handle = d.token(route.Handle)
		list = append(list, route)
		byGet := route
		byGet.Method = http.MethodGet
		list = append(list, byGet)
	default:
		list = append(list, route)
	}
	originals := list
	for _, alias := range aliases[route.Path] {
		for _, original := range originals {
			list = append(list, aliasOf(original, alias))
		}
	}
	return list
}

// aliasOf serves a route at another path. The rest of the house sees the one path that it knows, limits included.
func aliasOf(route web.Route, path string) web.Route {
	alias := route
	alias.Path, alias.For = path, route.Path
	alias.Handle = func(w http.ResponseWriter, r *http.Request) error {
		there := *r
		there.URL = new(url.URL)
		*there.URL = *r.URL
		there.URL.Path = route.Path
		return route.Handle(w, &there)
	}
	return alias
}
