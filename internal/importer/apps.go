package importer

import (
	"context"
	"errors"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/oauth"
)

// bringApps registers apps under their old client_ids, one fact each: there are not many.
func (i *Import) bringApps(ctx context.Context, rows []App) error {
	var keys, owners []string
	for _, a := range rows {
		keys, owners = append(keys, a.Key), append(owners, a.OwnerKey)
	}
	here, err := i.store.ImportedRows(ctx, i.o.Name, "app", keys)
	if err != nil {
		return err
	}
	people, err := i.store.ImportedRows(ctx, i.o.Name, "identity", owners)
	if err != nil {
		return err
	}
	for _, a := range rows {
		if id, came := here[a.Key]; came {
			_, err := i.store.App(ctx, id)
			if err != nil && !errors.Is(err, core.ErrNotFound) {
				return err
			}
			i.apps[a.Key] = foundApp{id: id, gone: err != nil}
			i.report.here(kindApp)
			continue
		}
		if err := i.bringApp(ctx, a, people[a.OwnerKey]); err != nil {
			return err
		}
	}
	return nil
}

func (i *Import) bringApp(ctx context.Context, a App, owner core.ID) error {
	decided := i.report.draft(kindApp)
	app, ok := i.judgeApp(a, decided)
	if !ok {
		decided.keep()
		return nil
	}
	var err error
	if app.OwnerID, err = i.owner(ctx, owner); err != nil {
		return err
	}
	for n := range app.Secrets {
		app.Secrets[n].MadeBy = app.OwnerID
	}
	if i.o.DryRun {
		_, err = i.store.AppByClientID(ctx, a.ClientID)
		if err == nil {
			err = core.ErrConflict
		} else if errors.Is(err, core.ErrNotFound) {
			err = nil
			app.ID = core.ID{}
		}
	} else {
		err = i.store.BringApp(ctx, i.o.Name, a.Key, app, i.clock.Now())
	}
	switch {
	case errors.Is(err, core.ErrConflict):
		i.report.refuse(kindApp, a.Key, "another app has this client_id here")
		return nil
	case err != nil:
		return err
	}
	i.apps[a.Key] = foundApp{id: app.ID}
	decided.keep()
	return nil
}

// owner is the app's own, if they came and belong to the account that publishes it.
func (i *Import) owner(ctx context.Context, owner core.ID) (core.ID, error) {
	if owner.Zero() {
		return i.o.Owner.ID, nil
	}
	belongs, err := i.store.MembershipsOf(ctx, []string{owner.String()})
	if err != nil {
		return core.ID{}, err
	}
	for _, account := range belongs[owner] {
		if account == i.o.Account.ID {
			return owner, nil
		}
	}
	return i.o.Owner.ID, nil
}

func (i *Import) judgeApp(a App, decided *draft) (core.App, bool) {
	now := i.clock.Now()
	app := core.App{
		ID: secret.NewID(now), ClientID: a.ClientID, Name: visible(a.Name, a.ClientID), Kind: kindOf(a), Profile: i.o.Profile,
		TokenFormat: core.FormatSealed, Publisher: i.o.Account, CreatedAt: a.CreatedAt, HTTPRedirectsUntil: i.o.HTTPRedirectsUntil,
	}
	if app.CreatedAt.IsZero() {
		app.CreatedAt = now
	}
	if a.Broken != "" {
		return app, decided.refuse(a.Key, a.Broken)
	}
	if !clientID(a.ClientID) {
		return app, decided.refuse(a.Key, "its client_id is empty, longer than 255 letters, or has a colon, a space or a letter outside ASCII")
	}
	if a.Scope != "" {
		if app.Scope, _ = i.scope(a.Scope); len(app.Scope) == 0 {
			return app, decided.refuse(a.Key, "none of its scopes exists here; map them with --scope")
		}
	}
	notes := i.redirects(&app, a)
	stored, note, ok := appSecret(a.Secret)
	switch {
	case ok:
		stored.ID, stored.CreatedAt = secret.NewID(now), now
		app.Secrets = []core.AppSecret{stored}
	case app.Confidential():
		return app, decided.refuse(a.Key, note)
	case a.Secret.Text != "":
		notes = append(notes, note+"; the app is public and comes without it, and is refused if it sends it")
	}
	if app.Confidential() {
		app.ClientCredentials = i.o.ClientCredentials || app.Kind == core.KindMachine
		if note != "" {
			notes = append(notes, note)
		}
	}
	decided.brought(a.Key, strings.Join(notes, "; "))
	return app, true
}

func kindOf(a App) core.AppKind {
	switch {
	case a.Public:
		return core.KindNative
	case len(a.RedirectURIs) == 0:
		return core.KindMachine
	}
	return core.KindWeb
}

// clientID: RFC 6749 appendix A.1, without the colon, which ends it in HTTP Basic.
func clientID(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for _, c := range s {
		if c <= 0x20 || c > 0x7e || c == ':' {
			return false
		}
	}
	return true
}

// redirects keeps the redirect URIs that can be registered here, and says which cannot. The app comes without them: its
// tokens go on, and its developer can register others.
func (i *Import) redirects(app *core.App, a App) (notes []string) {
	http := false
	for _, uri := range a.RedirectURIs {
		class, err := oauth.CheckRedirectURI(uri)
		switch {
		case uri == oauth.RedirectShownURI:
		case err != nil:
			notes = append(notes, "redirect URI "+oauth.Printable(uri)+" was left out: "+oauth.AsError(err).Description)
			continue
		case !app.Kind.Rules().Takes(class):
			notes = append(notes, "redirect URI "+oauth.Printable(uri)+" was left out: an app of this kind cannot have it")
			continue
		}
		http = http || err == nil && class == oauth.RedirectDummy
		app.RedirectURIs = append(app.RedirectURIs, uri)
	}
	if !http {
		app.HTTPRedirectsUntil = time.Time{}
	} else {
		notes = append(notes, "plain http redirect URIs are taken until "+app.HTTPRedirectsUntil.Format("2006-01-02"))
	}
	if len(app.RedirectURIs) == 0 && len(a.RedirectURIs) > 0 {
		notes = append(notes, "no redirect URI is left: nobody can authorize it anew until its developer registers one")
	}
	return notes
}

// appSecret is what is kept of a secret. ok is false if nothing can be; then the note says why.
func appSecret(s Stored) (stored core.AppSecret, note string, ok bool) {
	digest, isDigest := secret.DigestOfSHA256(s.Text)
	switch {
	case s.Text == "":
		return stored, "it has no secret, and is not public", false
	case s.Hashed && isDigest:
		stored.Digest = digest
	case secret.CheckForeign(s.Text) == nil:
		stored.Digest, note = s.Text, noteSlow
	case strings.HasPrefix(s.Text, "$"): // as hashes begin, and hardly what somebody chose
		return stored, "the hash of its secret is of an unknown form, or costs too much", false
	case secret.Random(s.Text):
		stored.Digest, stored.Hint = secret.Digest(s.Text), s.Text[len(s.Text)-4:]
	case len(s.Text) > secret.MaxPassword:
		return stored, "its secret is too long", false
	default:
		stored.Digest, note = secret.HashSecret(s.Text), noteSlow
	}
	return stored, note, true
}

const noteSlow = "its secret keeps a slow hash, because somebody may have chosen it; its developer should make a new one"
