package heritage

import (
	"net/http"
	"net/url"
	"strings"

	"launchpad/internal/web"
)

// oldPortal is where developers found their apps once.
const oldPortal = "/oauth_clients"

func toPortal(w http.ResponseWriter, r *http.Request) error {
	to := url.URL{Path: "/oauth/applications" + strings.TrimPrefix(r.URL.Path, oldPortal)} // escapes what no header may hold
	http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
	return nil
}

// before gives what is served in place of a route.
func (d *Door) before(route web.Route) []web.Route {
	switch route.Path {
	case "/oauth/authorize":
		answer := d.Authorize
		if route.Method == http.MethodDelete {
			answer = d.Deny
		}
		route.Handle = d.authorize(answer)
		return []web.Route{route, aliasOf(route, "/authorization/new")} // of a sibling's page
	case "/oauth/token":
		return d.tokenRoutes(route)
	case "/oauth/revoke":
		route.Handle = protected(route.Handle) // old libraries send the token in the address, which the room takes from everybody
	}
	return []web.Route{route}
}

// tokenAddresses are those that the token endpoint has and had, each with the format of whoever asks for none there. The
// first libraries, which knew no other address, read the answer as a form alone; JSON is the draft's default, so they get both.
var tokenAddresses = []struct {
	path  string
	usual web.Format
}{
	{"/oauth/token", web.JSON},
	{"/oauth/access_token", web.JSONAndForm},
	{"/authorization/token", web.JSON}, // of a sibling's page
}

func (d *Door) tokenRoutes(room web.Route) (list []web.Route) {
	for _, address := range tokenAddresses {
		route := room
		route.Handle = protected(d.token(room.Handle, address.usual))
		for _, route.Method = range []string{http.MethodPost, http.MethodGet} {
			list = append(list, aliasOf(route, address.path))
		}
	}
	return list
}

// aliasOf serves a route at another path. The rest of the house sees the one path that it knows, limits included.
func aliasOf(route web.Route, path string) web.Route {
	if path == route.Path {
		return route
	}
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
