package apps

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// Acts is what can be done with apps.
type Acts struct {
	store     *store.Store
	clock     core.Clock
	published oauth.Scope
}

// NewActs makes the acts. published is every scope that exists.
func NewActs(s *store.Store, clock core.Clock, published oauth.Scope) *Acts {
	return &Acts{store: s, clock: clock, published: published}
}

// Draft is what a developer fills in.
type Draft struct {
	ID           core.ID // of the app to be; zero: any
	Name         string
	HomepageURL  string
	Kind         core.AppKind
	PublisherID  core.ID
	RedirectURIs []string
	Scope        oauth.Scope
}

// Problem is one unacceptable field of a draft, by the field's name on the wire and a message of the catalogue.
type Problem struct {
	Field   string // "client_name", "redirect_uri", …
	Message string // id in the message catalogue
	Detail  string // e.g. the sentence of an oauth.Error
}

// Problems is why a draft was refused.
type Problems []Problem

func (p Problems) Error() string { return fmt.Sprintf("draft has %d problems", len(p)) }

const maxRedirectURIs = 20

// check validates a draft. RFC 7591 §2 names the fields.
func (a *Acts) check(d Draft, profile core.Profile, excepted func(uri string) bool) error {
	var problems Problems
	add := func(field, message, detail string) {
		problems = append(problems, Problem{field, message, detail})
	}
	rules := d.Kind.Rules()
	if !d.Kind.Known() {
		return Problems{{"kind", "problem.kind", ""}}
	}
	if !core.VisibleName(d.Name) {
		add("client_name", "problem.app_name", "")
	}
	if d.HomepageURL != "" && !webAddress(d.HomepageURL) {
		add("client_uri", "problem.homepage", "")
	}
	if len(d.RedirectURIs) == 0 && rules.SignsPeopleIn() {
		add("redirect_uri", "problem.redirect_missing", "")
	}
	if len(d.RedirectURIs) > maxRedirectURIs {
		add("redirect_uri", "problem.redirect_many", "")
	}
	for _, uri := range d.RedirectURIs {
		class, err := oauth.CheckRedirectURI(uri)
		switch {
		case excepted(uri):
		case err != nil:
			add("redirect_uri", "problem.redirect", unacceptable(err))
		case class == oauth.RedirectShown && !profile.Rules().ShownCodes:
			add("redirect_uri", "problem.redirect_shown", uri)
		case !rules.Takes(class):
			add("redirect_uri", "problem.redirect_"+string(d.Kind), uri)
		}
	}
	if !a.published.Covers(d.Scope) {
		add("scope", "problem.scope", d.Scope.Minus(a.published).String())
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// unacceptable says of a redirect URI which one it is, why it cannot be registered, and what would do instead.
func unacceptable(err error) string {
	e := oauth.AsError(err)
	_, why, found := strings.Cut(e.Description, ": ")
	if !found {
		why = e.Description
	}
	return e.Received + ": " + why + "; use " + e.Expected
}

func webAddress(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && len(raw) <= 500
}

// Register makes an app and, if it can keep one, its secret, which is in no other answer ever again. The
// publisher is an account in which the developer may do that.
func (a *Acts) Register(ctx context.Context, developer core.Identity, d Draft) (core.App, secret.Text, error) {
	if err := a.check(d, d.Kind.Rules().Profile, core.App{}.Excepted); err != nil {
		return core.App{}, "", err
	}
	publisher, err := a.membership(ctx, developer.ID, d.PublisherID)
	if err != nil {
		return core.App{}, "", err
	}
	if !policy.Can(publisher.Role, policy.RegisterApps) || !publisher.Account.SuspendedAt.IsZero() {
		return core.App{}, "", Problems{{"account", "problem.publisher_closed", ""}}
	}
	now := a.clock.Now()
	app := core.App{
		ID: orNew(d.ID, now), Name: d.Name, HomepageURL: d.HomepageURL, Kind: d.Kind,
		Profile: d.Kind.Rules().Profile, TokenFormat: core.FormatSealed, RedirectURIs: d.RedirectURIs, Scope: d.Scope,
		Publisher: core.Account{ID: d.PublisherID}, OwnerID: developer.ID, CreatedAt: now,
	}
	app.ClientID = secret.ClientID(app.ID)
	var shown secret.Text
	if app.Confidential() {
		var first core.AppSecret
		first, shown = newSecret(secret.NewID(now), developer.ID, now)
		app.Secrets = []core.AppSecret{first}
	}
	if err := a.store.RegisterApp(ctx, publisher, app); err != nil {
		return core.App{}, "", fmt.Errorf("register app: %w", err)
	}
	return app, shown, nil
}

// orNew keeps the id that a form was drawn with, so that the form sent twice is core.ErrConflict.
func orNew(id core.ID, now time.Time) core.ID {
	if id.Zero() {
		return secret.NewID(now)
	}
	return id
}

// membership finds the developer's place in an account.
func (a *Acts) membership(ctx context.Context, identity, account core.ID) (core.Membership, error) {
	memberships, err := a.store.Memberships(ctx, identity)
	if err != nil {
		return core.Membership{}, fmt.Errorf("read memberships: %w", err)
	}
	for _, m := range memberships {
		if m.Account.ID == account {
			return m, nil
		}
	}
	return core.Membership{}, Problems{{"account", "problem.publisher", ""}}
}

// Open finds an app that the developer builds. Somebody else's is core.ErrNotFound: that it exists is nobody's
// business.
func (a *Acts) Open(ctx context.Context, developer core.Identity, id core.ID) (core.App, error) {
	return a.may(ctx, policy.SeeApp, developer, id)
}

// may is what every act on an app begins with: it finds the app if the person may do the act. The store asks again, in
// the WHERE clause of the fact.
func (a *Acts) may(ctx context.Context, act policy.AppAct, who core.Identity, id core.ID) (core.App, error) {
	app, err := a.store.App(ctx, id)
	if err != nil {
		return core.App{}, fmt.Errorf("load app: %w", err)
	}
	memberships, err := a.store.Memberships(ctx, who.ID)
	if err != nil {
		return core.App{}, fmt.Errorf("read memberships: %w", err)
	}
	switch {
	case policy.MayOnApp(act, app, who.ID, memberships):
		return app, nil
	case policy.OwnersOnly(act) && policy.MayOnApp(policy.SeeApp, app, who.ID, memberships):
		return core.App{}, oauth.AccessDenied("app_owner_only", "you are on the team of this app, but only its owner may %s", act)
	}
	return core.App{}, fmt.Errorf("%s asks to %s (app %s): %w", who.ID, act, id, core.ErrNotFound)
}

// Edit changes what the team may change: name, homepage, redirect URIs, scopes.
func (a *Acts) Edit(ctx context.Context, developer core.Identity, id core.ID, d Draft) (core.App, error) {
	app, err := a.may(ctx, policy.EditApp, developer, id)
	if err != nil {
		return core.App{}, err
	}
	d.Kind = app.Kind
	if err := a.check(d, app.Profile, app.Excepted); err != nil {
		return app, err
	}
	if err := newPlainHTTP(app, d); err != nil {
		return app, err
	}
	app.Name, app.HomepageURL, app.RedirectURIs, app.Scope = d.Name, d.HomepageURL, d.RedirectURIs, d.Scope
	return app, a.store.ChangeApp(ctx, app, developer.ID, a.clock.Now())
}

// newPlainHTTP: the exception of an app that came from another server is for the addresses that came along.
func newPlainHTTP(app core.App, d Draft) error {
	for _, uri := range d.RedirectURIs {
		class, err := oauth.CheckRedirectURI(uri)
		if !app.HTTPRedirectsUntil.IsZero() && err == nil && class == oauth.RedirectDummy && !slices.Contains(app.RedirectURIs, uri) {
			return Problems{{"redirect_uri", "problem.redirect_http_new", uri}}
		}
	}
	return nil
}

// Switches is what only an operator may change.
type Switches struct {
	ClientCredentials bool
	Introspection     bool
	TokenFormat       core.TokenFormat
	Profile           core.Profile // "": the one that it has
	Implicit          bool         // only where the profile allows it
}

// Switch sets the operator's switches of an app.
func (a *Acts) Switch(ctx context.Context, operator core.Identity, app core.App, s Switches) (core.App, error) {
	if !operator.Operator {
		return core.App{}, fmt.Errorf("switch app %s: %w", app.ID, core.ErrNotFound)
	}
	// RFC 6749 §4.4: client_credentials only for confidential clients; a public app can prove nothing.
	// A stranger acts for people or not at all: there is no account whose rights it could have.
	app.ClientCredentials = s.ClientCredentials && app.Confidential() && !app.Stranger()
	app.Introspection = s.Introspection && app.Confidential() && !app.Stranger()
	if s.Profile.Known() && !app.Stranger() {
		app.Profile = s.Profile
	}
	app.Implicit = s.Implicit && app.Profile.Rules().Implicit && app.Kind.Rules().SignsPeopleIn()
	app.TokenFormat = core.FormatSealed
	if s.TokenFormat == core.FormatJWT {
		app.TokenFormat = core.FormatJWT
	}
	return app, a.store.SwitchApp(ctx, app, operator.ID, a.clock.Now())
}

// Deletable finds an app that the developer may delete.
func (a *Acts) Deletable(ctx context.Context, developer core.Identity, id core.ID) (core.App, error) {
	return a.may(ctx, policy.DeleteApp, developer, id)
}

// Delete ends an app, its grants and its personal tokens.
func (a *Acts) Delete(ctx context.Context, developer core.Identity, id core.ID) error {
	app, err := a.may(ctx, policy.DeleteApp, developer, id)
	if err != nil {
		return err
	}
	return a.store.DeleteApp(ctx, app.ID, developer.ID, a.clock.Now())
}

// TokenDraft is what a person fills in for a personal token.
type TokenDraft struct {
	ID    core.ID // of the token to be; zero: any
	Name  string
	Scope oauth.Scope   // empty: all
	Reach core.Reach    // default: all accounts
	Life  time.Duration // zero: until revoked
}

// CreatePersonalToken makes a token from an app's page; it is in no other answer ever again.
func (a *Acts) CreatePersonalToken(ctx context.Context, developer core.Identity, app core.App, d TokenDraft) (core.PersonalToken, secret.Text, error) {
	if _, err := a.may(ctx, policy.MakeTokens, developer, app.ID); err != nil {
		return core.PersonalToken{}, "", err
	}
	if !core.VisibleName(d.Name) {
		return core.PersonalToken{}, "", Problems{{"token_name", "problem.token_name", ""}}
	}
	if !a.published.Covers(d.Scope) {
		return core.PersonalToken{}, "", Problems{{"scope", "problem.scope", d.Scope.Minus(a.published).String()}}
	}
	for _, account := range d.Reach.Accounts {
		if _, err := a.membership(ctx, developer.ID, account); err != nil {
			return core.PersonalToken{}, "", err
		}
	}
	if d.Reach.Default.Zero() {
		d.Reach.Default = app.Publisher.ID
		if !d.Reach.All {
			d.Reach.Default = d.Reach.Accounts[0]
		}
	}
	now := a.clock.Now()
	p := core.PersonalToken{
		ID: orNew(d.ID, now), IdentityID: developer.ID, AppID: app.ID, Name: d.Name,
		Scope: d.Scope, Reach: d.Reach, CreatedAt: now,
	}
	if d.Life > 0 {
		p.ExpiresAt = now.Add(d.Life)
	}
	shown := secret.NewHandle(secret.PersonalToken, p.ID)
	p.Digest = secret.Digest(shown.Reveal())
	if err := a.store.CreatePersonalToken(ctx, p); err != nil {
		return core.PersonalToken{}, "", fmt.Errorf("create personal token: %w", err)
	}
	return p, shown, nil
}

// RevokePersonalToken ends one of the person's own tokens.
func (a *Acts) RevokePersonalToken(ctx context.Context, developer core.Identity, id core.ID) error {
	return a.store.RevokePersonalToken(ctx, id, developer.ID, a.clock.Now())
}
