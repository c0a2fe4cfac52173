package cli

import (
	"io"
	"net/http"
	"sync/atomic"
)

// door answers from the first moment on. Until the house is open it says that the process lives and that nothing else
// is to be had yet: reading what was revoked can take a while, and no token may be taken for good before.
type door struct{ house atomic.Pointer[http.Handler] }

func (d *door) open(house http.Handler) { d.house.Store(&house) }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if house := d.house.Load(); house != nil {
		(*house).ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	if r.URL.Path == "/healthz" {
		_, _ = io.WriteString(w, `{"status":"ok"}`)
		return
	}
	h.Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"error":"temporarily_unavailable","error_description":"the server is starting; try again in a moment"}`)
}
