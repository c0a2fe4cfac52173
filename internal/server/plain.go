package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"launchpad/internal/web"
	"launchpad/oauth"
)

// files serves the style sheet and its companions.
type files struct{ pages *web.Renderer }

func (f files) Routes() []web.Route {
	return []web.Route{{Method: "GET", Path: "/assets/{name}", Surface: web.FileSurface, Handle: func(w http.ResponseWriter, r *http.Request) error {
		return f.pages.Asset(w, r.PathValue("name"))
	}}}
}

// health says whether the process lives (healthz) and whether it can do its work (readyz): not before it has read what
// was revoked (which New does), not while the database is away or the log unheard, and not while it ends. Why not is for
// the log.
type health struct{ server *Server }

// readyWithin is how long the database may take to answer: who asks does not wait for ever either.
const readyWithin = 2 * time.Second

func (h health) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/healthz", Surface: web.JSONSurface, Handle: func(w http.ResponseWriter, _ *http.Request) error { return fine(w) }},
		{Method: "GET", Path: "/readyz", Surface: web.JSONSurface, Handle: func(w http.ResponseWriter, r *http.Request) error {
			if h.server.draining.Load() {
				return oauth.Unavailable(errors.New("draining"))
			}
			if err := h.server.log.Hearing(); err != nil {
				return oauth.Unavailable(err)
			}
			ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
			defer cancel()
			if err := h.server.options.Store.Ping(ctx); err != nil {
				return oauth.Unavailable(err)
			}
			return fine(w)
		}},
	}
}

func fine(w http.ResponseWriter) error { return web.WriteJSON(w, []byte(`{"status":"ok"}`)) }
