package authorize

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// RFC 6749 §3.1: parameters MUST NOT be included more than once.
func checkIdentifiersOnce(q *request) error { return q.form.Once("client_id", "redirect_uri") }

func checkClient(q *request) error {
	id := q.form.Get("client_id")
	if id == "" {
		return oauth.InvalidRequest("client_id_missing", "the request names no app: client_id is missing").Got("no client_id", "the client_id from the app's page")
	}
	var err error
	q.app, err = findApp(q.ctx, q.room.Apps, id)
	q.record.ClientID = id
	return err
}

// findApp says the same of an unknown, a deleted and a suspended app.
func findApp(ctx context.Context, apps Apps, clientID string) (core.App, error) {
	app, err := apps.ByClientID(ctx, clientID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return core.App{}, oauth.InvalidRequest("client_unknown", "no app has this client_id; compare it with the app's page in the portal")
	case err != nil:
		return core.App{}, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	return app, nil
}

func checkRedirectURI(q *request) error {
	sent := q.form.Get("redirect_uri")
	q.record.RedirectSent = sent != ""
	switch {
	case sent == "" && len(q.app.RedirectURIs) == 1 && registered(q.app, q.app.RedirectURIs[0]):
		// RFC 6749 §3.1.2.3: it may be left out where a single one is registered.
		q.record.RedirectURI = q.app.RedirectURIs[0]
		return nil
	case sent == "":
		return oauth.InvalidRequest("redirect_uri_missing", "redirect_uri is missing, and the app has %d registered ones; send one of them", len(q.app.RedirectURIs))
	case !registered(q.app, sent):
		return redirectMismatch(q.app, sent)
	}
	q.record.RedirectURI = sent
	return nil
}

// registered reports whether an answer may go there. Codes are shown to people only while the app's profile has that.
func registered(app core.App, uri string) bool {
	return oauth.MatchRedirectURI(uri, app.RedirectURIs, app.AnyPort()) && (uri != oauth.RedirectShownURI || app.Profile.Rules().ShownCodes)
}

// checkRedirectDate ends the exception for addresses that came from another server: plain http, and schemes that are nobody's.
func checkRedirectDate(q *request) error {
	if !q.app.HTTPRedirectOver(q.record.RedirectURI, q.room.Clock.Now()) {
		return nil
	}
	return oauth.InvalidRequest("redirect_uri_http_over", "this app was allowed this redirect_uri, which came from another server, until %s only; its developer must register one that begins with https, or with a scheme like com.example.app", q.app.HTTPRedirectsUntil.Format("2 January 2006")).
		Got(oauth.Printable(q.record.RedirectURI), "https")
}

func redirectMismatch(app core.App, sent string) *oauth.Error {
	// The registered addresses are no secret: they are in every authorization request that works.
	return oauth.InvalidRequest("redirect_uri_mismatch", "the redirect_uri is not registered for this app; it must be the same letter by letter").
		Got(oauth.Printable(sent), strings.Join(app.RedirectURIs, " or "))
}
