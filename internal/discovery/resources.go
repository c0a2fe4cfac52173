package discovery

import (
	"net/http"
	"strings"

	"launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// place is where the metadata of an API lies: a host, or "" for any, and a path.
type place struct{ host, path string }

// resourceRoutes serve the metadata of the protected APIs. RFC 9728 §3: at the path of the resource, behind the well-known
// part. Whatever else is asked for there is 404: clients go on to the next spelling on that, and stop at a fault.
func (d *Room) resourceRoutes() []web.Route {
	serve := func(w http.ResponseWriter, r *http.Request) error {
		documents := d.now().resources
		path := strings.TrimSuffix(r.URL.EscapedPath(), "/")
		// The host is compared with what is configured, and never repeated.
		document, ok := documents[place{protect.Host(r.Host), path}]
		if !ok {
			document, ok = documents[place{"", path}]
		}
		if !ok {
			return oauth.NotFound("resource_metadata_unknown", "there is no protected API at this path; protected_resources in the metadata of this server lists them")
		}
		return web.WritePublicJSON(w, document)
	}
	route := web.Route{Method: "GET", Path: protect.WellKnown, Surface: web.JSONSurface, AnyOrigin: true, Handle: serve}
	below := route
	below.Path += "/{path...}"
	return []web.Route{route, below}
}

func (d *Room) writeResources() map[place][]byte {
	list := map[place][]byte{}
	for _, target := range d.Resources.All() {
		list[place{target.MetadataHost(), target.MetadataPath()}] = target.Metadata(d.Keys.Issuer())
	}
	return list
}
