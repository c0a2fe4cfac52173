package apps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// How long what came by itself stays.
const (
	waitsFor  = 24 * time.Hour     // for somebody to let it in
	sharedFor = 24 * time.Hour     // with whoever says the same
	notThrown = time.Hour          // out for others: a person may be looking at the page
	firstLook = 7 * 24 * time.Hour // of the sweep
	staleUpTo = 7 * 24 * time.Hour // a document that cannot be fetched is what it was
	// mostWaiting is how many may wait to be let in. Beyond it the oldest give way.
	mostWaiting = 10_000
	servesHere  = "Launchpad" // a name that is ours whatever the deployment is called
)

// StrangerOptions is what the operator decided about apps that come by themselves.
type StrangerOptions struct {
	Open  bool               // they may come
	Scope func() oauth.Scope // the most that they may ask people for, now
	Name  string             // of this deployment, which none of them may have
	Fetch *fetch.Client
}

// Strangers finds apps of every origin: those of the directory, those that registered themselves and wait to be let in, and those
// that are a document at their client_id. Nothing is written until somebody lets one in (Keep).
type Strangers struct {
	*Directory
	clock   core.Clock
	options StrangerOptions
}

// NewStrangers makes it.
func NewStrangers(d *Directory, clock core.Clock, o StrangerOptions) *Strangers {
	return &Strangers{d, clock, o}
}

// ByClientID finds a usable app: core.ErrNotFound if there is none. Why a document makes none is an *oauth.Error.
func (s *Strangers) ByClientID(ctx context.Context, clientID string) (core.App, error) {
	app, err := s.anywhere(ctx, clientID)
	if app.Stranger() {
		// Not what it said once: what is marked for agents now. The person decides about each scope.
		app.Scope = s.options.Scope()
	}
	return app, err
}

func (s *Strangers) anywhere(ctx context.Context, clientID string) (core.App, error) {
	app, err := s.Directory.ByClientID(ctx, clientID)
	switch {
	case err != nil && !errors.Is(err, core.ErrNotFound), err == nil && !app.Stranger():
		return app, err // another server's app may have an address for a name, and be no document
	case s.options.Open && strings.HasPrefix(clientID, "https:"):
		return s.documented(ctx, clientID, app)
	case err == nil:
		return app, nil
	}
	return s.store.RegistrationByClientID(ctx, clientID)
}

// Keep makes an app of a stranger, because somebody lets it in; others are apps already. core.ErrNotFound: it is gone, or may not
// act.
func (s *Strangers) Keep(ctx context.Context, app core.App) error {
	now := s.clock.Now()
	switch {
	case app.Documented():
		return s.store.KeepDocumented(ctx, app, now, now.Add(firstLook))
	case app.Stranger():
		return s.store.KeepRegistered(ctx, app.ID, now, now.Add(firstLook))
	}
	return nil
}

// Registered is what an app is told that registered itself.
type Registered struct {
	App    core.App
	Scope  oauth.Scope
	Secret secret.Text // "": it has none, or has it already
	Token  secret.Text // for managing the registration; "": there is none
	// Method and ApplicationType as they were asked for, or as they follow from the rest.
	Method, ApplicationType string
}

// authMethods are the ways to authenticate that a stranger may choose. RFC 7591 §2: client_secret_basic if it says nothing.
var authMethods = []string{"none", "client_secret_basic", "client_secret_post"}

// Register takes a registration in. One without a secret is shared by all who say the same, since agents register anew for each
// person or start; therefore it cannot be changed. core.ErrBusy: there is no room at the moment.
func (s *Strangers) Register(ctx context.Context, body []byte) (Registered, error) {
	m, err := s.readRegistration(body)
	if err != nil {
		return Registered{}, err
	}
	now := s.clock.Now()
	app := core.App{ID: secret.NewID(now), Kind: core.KindAgent, CreatedAt: now}
	app.ClientID = secret.ClientID(app.ID)
	out := Registered{Scope: s.narrowed(m.Scope), Method: m.AuthMethod, ApplicationType: m.ApplicationType}
	if err := s.describe(ctx, &app, m); err != nil {
		return Registered{}, err
	}
	r := core.Registration{ExpiresAt: now.Add(waitsFor)}
	if m.AuthMethod == "none" {
		r.Fingerprint = fingerprint(m, app)
	} else {
		var first core.AppSecret
		app.Kind = core.KindAgentServer
		first, out.Secret = newSecret(secret.NewID(now), core.ID{}, now)
		app.Secrets = []core.AppSecret{first}
		out.Token = secret.NewHandle(secret.Registration, app.ID)
		r.TokenDigest = secret.Digest(out.Token.Reveal())
	}
	r.App = app
	room := store.Room{SharedSince: now.Add(-sharedFor), Most: mostWaiting, Before: now.Add(-notThrown)}
	out.App, err = s.store.Register(ctx, r, room)
	if errors.Is(err, core.ErrConflict) {
		// Somebody said the same in the same moment.
		out.App, err = s.store.Register(ctx, r, room)
	}
	return out, err
}

// readRegistration reads what may not be part of a registration, too. RFC 7591 §2: what is unknown is ignored.
func (s *Strangers) readRegistration(body []byte) (Metadata, error) {
	m, err := ReadMetadata(body, s.options.Fetch.CheckURL)
	if err != nil {
		return m, err
	}
	if m.AuthMethod == "" {
		m.AuthMethod = "client_secret_basic"
	}
	if !slices.Contains(authMethods, m.AuthMethod) {
		return m, oauth.InvalidClientMetadata("metadata_auth_method", "token_endpoint_auth_method must be one that the metadata of this server lists").Got(oauth.Printable(m.AuthMethod), strings.Join(authMethods, ", "))
	}
	return m, nil
}

// describe takes over what an app says of itself.
func (s *Strangers) describe(ctx context.Context, app *core.App, m Metadata) (err error) {
	app.Profile, app.TokenFormat = core.ProfileOAuth21, core.FormatSealed
	app.RedirectURIs, app.HomepageURL = slices.Compact(slices.Clone(m.RedirectURIs)), m.Homepage
	app.Name, err = s.name(ctx, m.Name, app.Host())
	return err
}

// name is the one by which a stranger is called: its own, or, if that could be taken for somebody else's, its host.
func (s *Strangers) name(ctx context.Context, wanted, host string) (string, error) {
	if !core.StrangersName(wanted) || core.PosesAs(wanted, servesHere) || core.PosesAs(wanted, s.options.Name) {
		return host, nil
	}
	taken, err := s.store.NameTaken(ctx, core.Likeness(wanted))
	if err != nil {
		return "", fmt.Errorf("look for apps of the name: %w", err)
	}
	if taken {
		return host, nil
	}
	return wanted, nil
}

// narrowed is the scope that is answered: what was asked for of what there is for agents, and all of that if there is none of it.
func (s *Strangers) narrowed(asked oauth.Scope) oauth.Scope {
	most := s.options.Scope()
	if scope := asked.And(most); len(scope) > 0 {
		return scope
	}
	return most
}

// fingerprint is the same for registrations that say the same, as far as we listen.
func fingerprint(m Metadata, app core.App) string {
	said, _ := json.Marshal([]any{m.Name, m.Homepage, app.RedirectURIs, m.ApplicationType}) // texts cannot fail
	return secret.Digest(string(said))
}

// Registration finds the app of a registration access token: core.ErrNotFound if it is no token, or not that app's.
func (s *Strangers) Registration(ctx context.Context, clientID, token string) (Registered, error) {
	id, ok := secret.OpenHandle(secret.Registration, token)
	if !ok {
		return Registered{}, core.ErrNotFound
	}
	app, err := s.store.RegisteredApp(ctx, id, secret.Digest(token))
	if err != nil {
		return Registered{}, err
	}
	// RFC 7592 §2: a token is good for its own registration alone.
	if app.ClientID != clientID || !app.Usable() {
		return Registered{}, core.ErrNotFound
	}
	out := Registered{App: app, Scope: s.options.Scope(), Token: secret.Text(token), Method: "none", ApplicationType: "web"}
	if app.Confidential() {
		out.Method = "client_secret_basic"
	}
	if slices.ContainsFunc(app.RedirectURIs, func(uri string) bool { return !strings.HasPrefix(uri, "https:") }) {
		out.ApplicationType = "native"
	}
	return out, nil
}

// ChangeRegistration replaces what an app says of itself; all of it is looked at as if it were new. RFC 7592 §2.2.
func (s *Strangers) ChangeRegistration(ctx context.Context, r Registered, body []byte) (Registered, error) {
	m, err := s.readRegistration(body)
	if err != nil {
		return r, err
	}
	if m.ClientID != r.App.ClientID {
		return r, oauth.InvalidClientMetadata("metadata_client_id", "client_id must be in the body, and be the one of this registration").Got(oauth.Printable(m.ClientID), r.App.ClientID)
	}
	for _, ours := range []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"} {
		if m.has(ours) {
			return r, oauth.InvalidClientMetadata("metadata_not_yours", "%s is this server's to say; leave it out", ours)
		}
	}
	// What it is it stays: whether it has a secret was decided when it registered.
	if (m.AuthMethod != "none") != r.App.Confidential() {
		return r, oauth.InvalidClientMetadata("metadata_auth_method", "whether an app has a secret does not change; register it anew").Got(oauth.Printable(m.AuthMethod), r.Method)
	}
	if m.has("client_secret") && !s.ownSecret(r.App, m) {
		return r, oauth.InvalidClientMetadata("metadata_not_yours", "client_secret is not the one of this app; leave it out")
	}
	if err := s.describe(ctx, &r.App, m); err != nil {
		return r, err
	}
	r.Method, r.Scope = m.AuthMethod, s.narrowed(m.Scope)
	if m.ApplicationType != "" {
		r.ApplicationType = m.ApplicationType
	}
	return r, s.store.ChangeRegistration(ctx, r.App, secret.Digest(r.Token.Reveal()), s.clock.Now())
}

// ownSecret: RFC 7592 §2.2: a secret that comes along must be the one that the app has.
func (s *Strangers) ownSecret(app core.App, m Metadata) bool {
	var sent string
	if m.read("client_secret", &sent) != nil {
		return false
	}
	return slices.ContainsFunc(app.Secrets, func(has core.AppSecret) bool { return secret.Matches(sent, has.Digest) })
}

// EndRegistration ends an app and all that people gave it. RFC 7592 §2.3.
func (s *Strangers) EndRegistration(ctx context.Context, r Registered) error {
	return s.store.EndRegistration(ctx, r.App.ID, secret.Digest(r.Token.Reveal()), s.clock.Now())
}
