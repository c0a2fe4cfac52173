package server

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"launchpad/internal/web"
	"launchpad/oauth"
)

// routes builds the mux. One pattern for each path: methods are told apart here, so that a wrong one is answered by
// the surface of its path and not by the mux.
func (s *Server) routes() *http.ServeMux {
	byPath := map[string][]web.Route{}
	rooms, door := s.rooms()
	for _, room := range rooms {
		s.all = append(s.all, room.Routes()...)
	}
	s.all = door.Before(s.all)
	for _, route := range s.all {
		byPath[route.Path] = append(byPath[route.Path], route)
	}
	mux := http.NewServeMux()
	for path, routes := range byPath {
		handler := s.path(routes)
		mux.Handle(path, handler)
		if !strings.ContainsAny(path, "{") && !strings.HasSuffix(path, "/") {
			s.exact[path] = handler
		}
	}
	if _, taken := byPath["/"]; !taken {
		mux.Handle("/", s.path([]web.Route{{Foreign: true, Handle: s.nowhere}}))
	}
	return mux
}

// Routes lists every route of the house, for the tests that each inherits what its surface owns.
func (s *Server) Routes() []web.Route { return slices.Concat(s.all, s.gateway.Routes()) }

// nowhere answers people by a page, and programs in their own words: an old one may look for what is not here.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request) error {
	err := oauth.NotFound("page_unknown", "there is nothing at this address; the metadata of this server lists its endpoints")
	if !takesPages(r) {
		s.surface(web.JSONSurface).fail(w, r, err)
		return nil
	}
	return err
}

// path serves all methods of one path.
func (s *Server) path(routes []web.Route) http.Handler {
	surface, ways := s.surface(routes[0].Surface), s.ways(routes)
	methods := make([]string, 0, len(routes))
	for _, route := range routes {
		methods = append(methods, route.Method)
	}
	slices.Sort(methods)
	allow := strings.Join(methods, ", ")
	limits := s.limits.perMethod(routes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := limits.admit(w, r); err != nil {
			surface.fail(w, r, err)
			return
		}
		for i := range routes {
			if route := &routes[i]; route.Method == r.Method || route.Method == "" {
				seenOf(w).way = ways[i]
				surface.serve(w, r, route)
				return
			}
		}
		seenOf(w).way = ways[len(routes)]
		if r.Method == http.MethodOptions && routes[0].AnyOrigin {
			preflight(w, allow)
			return
		}
		surface.fail(w, r, oauth.MethodNotAllowed(allow))
	})
}

// preflight answers browsers of other sites, for endpoints that they may read. No credentials are allowed along.
func preflight(w http.ResponseWriter, allow string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", allow)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// Limits that every request meets before its route.
const maxCookies = 20

// site answers a request, whatever it is.
func (s *Server) site(w *seen, r *http.Request) {
	if len(r.TransferEncoding) > 0 || r.Method == http.MethodConnect {
		// RFC 9112 §6.1: perhaps a length came along that the HTTP server has dropped, and what follows was meant otherwise.
		w.Header().Set("Connection", "close")
	}
	if call, ok := s.gateway.Takes(r); ok {
		s.call(w, r, call)
		return
	}
	if r.ContentLength > oauth.MaxBody {
		w.Header().Set("Connection", "close")
		s.turnAway(w, r, oauth.InvalidRequest("body_too_large", "the request body is over %d bytes", oauth.MaxBody).WithStatus(http.StatusRequestEntityTooLarge))
		return
	}
	if r.Body != nil && r.Body != http.NoBody {
		// It closes the connection of a body that is too large, which only the writer below can do.
		r.Body = http.MaxBytesReader(w.ResponseWriter, r.Body, oauth.MaxBody)
	}
	if err := cookies(r); err != nil {
		s.turnAway(w, r, err)
		return
	}
	if err := s.elsewhere(r); err != nil {
		s.surface(web.JSONSurface).fail(w, r, err)
		return
	}
	// Most requests name a path without wildcards, which needs no search.
	if handler, ok := s.exact[r.URL.Path]; ok && r.URL.RawPath == "" {
		handler.ServeHTTP(w, r)
		return
	}
	if !clean(r.URL.Path) {
		// The mux would answer by a redirect that repeats the query, secrets and all.
		s.turnAway(w, r, oauth.InvalidRequest("path_not_canonical", "the path has empty, '.' or '..' segments; send it in its plain form"))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// turnAway refuses a request before its route is known. It is counted all the same.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, refusal error) {
	err := s.limits.admit(w, r, s.limits.astray())
	if err == nil {
		err = refusal
	}
	s.surfaceOf(r).fail(w, r, err)
}

// clean reports whether a path is one that the mux takes as it is.
func clean(p string) bool {
	return p == path.Clean(p) || p != "/" && p == path.Clean(p)+"/"
}

func cookies(r *http.Request) error {
	n := 0
	for _, line := range r.Header["Cookie"] {
		n += 1 + strings.Count(line, ";")
	}
	if n > maxCookies {
		return oauth.InvalidRequest("too_many_cookies", "the request has more than %d cookies", maxCookies).WithStatus(http.StatusRequestHeaderFieldsTooLarge)
	}
	return nil
}

// surfaceOf guesses who asked, for requests that are refused before their route is known.
func (s *Server) surfaceOf(r *http.Request) surface {
	if takesPages(r) {
		return s.surface(web.PageSurface)
	}
	return s.surface(web.JSONSurface)
}

func takesPages(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }
