package server

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"launchpad/internal/gateway"
	"launchpad/internal/meter"
	"launchpad/internal/protect"
	"launchpad/internal/web"
)

// What belongs to a protected API is the gateway's from here on. Its APIs can change while requests are answered, so they
// are in no mux.

// call answers it.
func (s *Server) call(w *seen, r *http.Request, c gateway.Call) {
	surface := apiSurface{s}
	c.OpenTo(w.Header())
	if err := s.limits.admit(w, r, s.calls); err != nil {
		surface.fail(w, r, err)
		return
	}
	w.way = s.apiRows.row(&c)
	if err := cookies(r); err != nil {
		surface.fail(w, r, err)
		return
	}
	surface.serve(w, r, &web.Route{Handle: func(w http.ResponseWriter, r *http.Request) error { return s.gateway.Pass(w, r, c) }})
}

// LoadAPIs replaces the APIs, and everything that follows from them. What cannot work changes nothing.
func (s *Server) LoadAPIs(apis []gateway.API) error {
	all, passed := protected(apis), passedOn(apis)
	if err := s.apart(passed); err != nil {
		return err
	}
	if err := labelled(all); err != nil {
		return err
	}
	table, err := protect.NewTable(all)
	if err != nil {
		return err
	}
	targets, err := s.resources.Read(all)
	if err != nil {
		return err
	}
	if err := s.gateway.Load(passed); err != nil {
		return err
	}
	s.table.Store(table)
	s.resources.Load(targets)
	s.limits.load(all)
	return nil
}

// protected is every API, whoever stands in front of it.
func protected(apis []gateway.API) []protect.API {
	var list []protect.API
	for _, api := range apis {
		api.Guarded = api.Upstream == nil
		list = append(list, api.API)
	}
	return list
}

// passedOn is the APIs that we stand in front of ourselves.
func passedOn(apis []gateway.API) []gateway.API {
	return slices.DeleteFunc(slices.Clone(apis), func(api gateway.API) bool { return api.Upstream == nil })
}

// labelled refuses APIs that limits and numbers could not tell apart.
func labelled(apis []protect.API) error {
	known := map[string]bool{}
	for _, api := range apis {
		if known[api.Label()] {
			return api.Wrong("name", "another API is called %q, too; give it another name", api.Label())
		}
		known[api.Label()] = true
	}
	return nil
}

// apart refuses APIs that cover paths or hosts of our own.
func (s *Server) apart(apis []gateway.API) error {
	for _, api := range apis {
		if err := s.ownHosts(api); err != nil {
			return err
		}
		for _, route := range s.all {
			if len(api.Hosts) == 0 && strings.HasPrefix(route.Path+"/", api.Prefix) {
				return api.Wrong("prefix", "%q covers %s, which is a path of this server; choose another one", api.Prefix, route.Path)
			}
		}
	}
	return nil
}

func (s *Server) ownHosts(api gateway.API) error {
	issuer, err := url.Parse(s.keys.Issuer())
	if err != nil {
		return fmt.Errorf("read issuer: %w", err)
	}
	for _, host := range api.Hosts {
		if host != protect.Host(host) || host == "" {
			return api.Wrong("hosts", "%q must be written in small letters, without port and without a dot at its end", host)
		}
		if host == issuer.Hostname() {
			return api.Wrong("hosts", "%s is the issuer's, where APIs are told apart by their prefix; leave hosts out", host)
		}
		if slug, ok := s.options.AccountHosts.Account(host); ok {
			return api.Wrong("hosts", "%s would be that of the account %s; name it in other_hosts, too", host, slug)
		}
	}
	return nil
}

// mostRows bounds what the APIs of a long-lived process add to the numbers, however often they are replaced.
const mostRows = 5000

// apiRows is the rows of the calls. One that was counted stays, because a counter must not vanish.
type apiRows struct {
	traffic *traffic
	rows    atomic.Pointer[map[rowKey]*way]
	mu      sync.Mutex
}

type rowKey struct{ host, path, method string }

func (a *apiRows) row(c *gateway.Call) *way {
	var key rowKey
	key.host, key.path, key.method = c.Row()
	if rows := a.rows.Load(); rows != nil {
		if way, ok := (*rows)[key]; ok {
			return way
		}
	}
	return a.add(key)
}

func (a *apiRows) add(key rowKey) *way {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := map[rowKey]*way{}
	if old := a.rows.Load(); old != nil {
		if way, ok := (*old)[key]; ok {
			return way
		}
		if len(*old) >= mostRows {
			return a.traffic.unrouted
		}
		rows = maps.Clone(*old)
	}
	rows[key] = a.traffic.way(key.host+key.path, key.method, a.took(rows, key))
	a.rows.Store(&rows)
	return rows[key]
}

// took is shared by the methods of a path.
func (a *apiRows) took(rows map[rowKey]*way, key rowKey) *meter.Spread {
	for other, way := range rows {
		if other.host == key.host && other.path == key.path {
			return way.took
		}
	}
	return meter.NewDurations(tookBounds...)
}
