package apps

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/oauth"
)

// Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document): the client_id is an address, and what lies there is
// the app. Refusals are shown to the person and never redirected, since where to is what the document would have said.

// askedKey is where the counter of a request's unknown documents is.
type askedKey struct{}

// Counting lets admit decide about each document that is not known yet and has to be fetched because of a request: whoever names
// addresses makes us ask them.
func Counting(ctx context.Context, admit func() error) context.Context {
	return context.WithValue(ctx, askedKey{}, admit)
}

func (s *Strangers) admit(ctx context.Context, clientID string) error {
	admit, counted := ctx.Value(askedKey{}).(func() error)
	if !counted || s.options.Fetch.AtHand(clientID) {
		return nil
	}
	return admit()
}

// documented reads the app at an address. stored is what it was when somebody let it in last, or the zero App.
func (s *Strangers) documented(ctx context.Context, clientID string, stored core.App) (core.App, error) {
	if err := s.checkClientID(clientID); err != nil {
		return core.App{}, oauth.InvalidRequest("client_id_url", "this client_id is an address at which no app can be: %v", err).Got(oauth.Printable(clientID), "https://app.example/client.json")
	}
	if stored.ID.Zero() {
		// Nobody let it in, or it may not act any more.
		if _, err := s.store.AppByClientID(ctx, clientID); !errors.Is(err, core.ErrNotFound) {
			return core.App{}, errors.Join(err, core.ErrNotFound)
		}
		if err := s.admit(ctx, clientID); err != nil {
			return core.App{}, err
		}
	}
	document, err := s.options.Fetch.Get(ctx, clientID)
	if err != nil {
		return s.unfetched(clientID, stored, err)
	}
	app, err := s.readDocument(ctx, clientID, document.Body)
	if err != nil {
		return core.App{}, err
	}
	if !stored.ID.Zero() {
		app.CreatedAt, app.RedirectsChangedAt = stored.CreatedAt, stored.RedirectsChangedAt
	}
	return app, nil
}

// unfetched goes by what the document said before, for a while, if its server is away. If it says that there is none, there is
// none.
func (s *Strangers) unfetched(clientID string, stored core.App, err error) (core.App, error) {
	failure, ok := errors.AsType[*fetch.Failure](err)
	if !ok {
		return core.App{}, oauth.Unavailable(err)
	}
	if failure.Passing && !stored.ID.Zero() && s.clock.Now().Before(stored.DocumentAt.Add(staleUpTo)) {
		return stored, nil
	}
	return core.App{}, oauth.InvalidRequest("client_document_unreachable", "the document that says what this app is cannot be read: %s", failure.Why).
		Got(oauth.Printable(clientID), "a JSON document at this address").Because(err)
}

// checkClientID: draft-ietf-oauth-client-id-metadata-document §3, and of what it leaves open the stricter half: no query, no port, no address of a machine.
func (s *Strangers) checkClientID(clientID string) error {
	if err := s.options.Fetch.CheckURL(clientID); err != nil {
		return err
	}
	u, err := url.Parse(clientID)
	if err != nil {
		return errors.New("it is not a URL")
	}
	switch {
	case strings.ContainsRune(clientID, '?'):
		return errors.New("it has a query")
	case u.Path == "" || u.Path == "/":
		return errors.New("it has no path")
	case strings.Contains(u.Path, "//"):
		return errors.New("its path has an empty segment")
	case u.Host != strings.ToLower(u.Host):
		return errors.New("its host has capital letters")
	}
	for segment := range strings.SplitSeq(u.Path, "/") { // decoded: %2e is a dot, too
		if segment == "." || segment == ".." {
			return errors.New("its path has '.' or '..' segments")
		}
	}
	return nil
}

// readDocument makes an app of a document.
func (s *Strangers) readDocument(ctx context.Context, clientID string, body []byte) (core.App, error) {
	m, err := ReadMetadata(body, s.options.Fetch.CheckURL)
	if err != nil {
		return core.App{}, badDocument(clientID, oauth.AsError(err).Sentence())
	}
	switch {
	case m.ClientID != clientID:
		// draft-ietf-oauth-client-id-metadata-document §4.1: equal letter by letter, or anybody could point at another's document.
		return core.App{}, badDocument(clientID, "its client_id is not the address at which it lies")
	case m.has("client_secret") || m.has("client_secret_expires_at"):
		return core.App{}, badDocument(clientID, "it has a client_secret, and everybody can read it")
	case m.AuthMethod != "" && m.AuthMethod != "none":
		// draft-ietf-oauth-client-id-metadata-document §4.1: nothing that is shared can be kept secret in a public document.
		return core.App{}, badDocument(clientID, "its token_endpoint_auth_method must be none")
	}
	now := s.clock.Now()
	app := core.App{ID: documentID(clientID), ClientID: clientID, Kind: core.KindAgent, CreatedAt: now, DocumentAt: now}
	if err := s.describe(ctx, &app, m); err != nil {
		return core.App{}, err
	}
	return app, nil
}

func badDocument(clientID, why string) *oauth.Error {
	return oauth.InvalidRequest("client_document_invalid", "the document that says what this app is cannot be used: %s", why).Got(oauth.Printable(clientID), "a metadata document")
}

// documentID follows from the address, so that one address is one app, whoever lets it in first. RFC 9562 §5.8.
func documentID(clientID string) (id core.ID) {
	sum := sha256.Sum256([]byte("client id metadata document\x00" + clientID))
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
