package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"launchpad/internal/clientauth"
	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Path of the feed.
const Path = "/oauth/revocations"

// Room is the endpoint.
type Room struct {
	Log     *events.Log
	Streams *Streams
	Clients *clientauth.Authenticator
	Epoch   string        // of the store; every JWT carries it
	Keep    time.Duration // how long after a line a token can live that it is about
}

// Routes of the room.
func (f *Room) Routes() []web.Route {
	return []web.Route{{Method: "GET", Path: Path, Surface: web.JSONSurface, Handle: f.serve}}
}

func (f *Room) serve(w http.ResponseWriter, r *http.Request) error {
	query, err := oauth.ReadQuery(r)
	if err != nil {
		return err
	}
	if err := query.Once("after"); err != nil {
		return err
	}
	rights := f.Streams.Rights()
	// Credentials come in the header alone: addresses end up in logs.
	app, err := f.Clients.Authenticate(r, oauth.Form{})
	if err != nil {
		return err
	}
	web.RecordOf(w).App = app.ClientID
	// The same that may introspect every app's tokens. Ids of people and accounts concern all apps, so whoever may ask
	// about its own tokens alone learns of none here.
	if !app.Introspection || !app.Confidential() {
		return oauth.AccessDenied("feed_apis_only", "the revocation feed is for APIs; an operator switches introspection on for this app on its page in the portal")
	}
	from, err := place(r, query)
	if err != nil {
		return err
	}
	if wantsPage(r) {
		return f.page(w, r, from)
	}
	return f.stream(w, r, app, rights, from)
}

// place reads where the reader is. EventSource repeats the address that it began with, so its header is the newer word.
func place(r *http.Request, query oauth.Form) (events.Place, error) {
	text := query.Get("after")
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		text = last
	}
	if text == "" {
		return events.Place{}, nil
	}
	from, ok := events.ParsePlace(text)
	if !ok {
		return from, oauth.InvalidRequest("feed_place_malformed", "after, or Last-Event-ID, is not an id of this feed; send one as it came, or none to start over").
			Got(oauth.Printable(text), "an id of this feed")
	}
	return from, nil
}

// wantsPage: a stream is for whoever asks for one, or for nothing in particular.
func wantsPage(r *http.Request) bool {
	accept := strings.Join(r.Header["Accept"], ",")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/event-stream")
}

// terms is what a reader must know to rely on the feed.
type terms struct {
	Heartbeat int64  `json:"heartbeat_ms"`
	Keep      int64  `json:"keep_s"`
	Epoch     string `json:"epoch"`
}

func (f *Room) terms() terms {
	return terms{heartbeat.Milliseconds(), int64(f.Keep / time.Second), f.Epoch}
}

// page is what a poller gets. If there is no more, everything that was acknowledged when it was asked for is in it.
type page struct {
	Events []Notice `json:"events"`
	Next   string   `json:"next"`
	More   bool     `json:"more"`
	terms
}

func (f *Room) page(w http.ResponseWriter, r *http.Request, from events.Place) error {
	if err := f.Log.Hearing(); err != nil {
		return oauth.Unavailable(err)
	}
	found, err := f.Log.After(r.Context(), from)
	switch {
	case errors.Is(err, events.ErrGone):
		return oauth.InvalidRequest("feed_place_gone", "the feed does not go on from this id; forget everything that you remember of tokens, and start over without an id").WithStatus(http.StatusGone)
	case err != nil:
		return unavailable(err)
	}
	p := page{Events: noticesOf(found.Lines, found.Waiting), Next: from.String(), More: found.More, terms: f.terms()}
	if n := len(found.Lines); n > 0 {
		p.Next = events.PlaceOf(found.Lines[n-1]).String()
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write feed: %w", err)
	}
	return web.WriteJSON(w, body)
}

// unavailable: whatever keeps the log from being read passes.
func unavailable(err error) error {
	if errors.Is(err, core.ErrUnavailable) {
		return oauth.Unavailable(err)
	}
	return err
}
