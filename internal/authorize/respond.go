package authorize

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/internal/keys"
	"launchpad/internal/mint"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// respond gives the app what it asked for. decision, if not zero, is the consent that this uses up.
func (a *Room) respond(w http.ResponseWriter, r *http.Request, app core.App, record interact.Record, grant, decision core.ID) error {
	answer, err := a.code, error(nil)
	if record.Implicit {
		answer = a.token
	}
	p, err := answer(r, app, record, grant, decision)
	switch {
	case errors.Is(err, core.ErrConflict):
		return oauth.InvalidRequest("decision_used", "this page was answered already, or the access was taken back meanwhile; go back to the app and start again").
			WithStatus(http.StatusConflict).Because(err)
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("start authorization: %w", err))
	}
	// Only what was answered counts: a person wanted it, while anybody can send a request in an app's name.
	for _, way := range oldWays(record) {
		a.OldWays.Note(app.ID, way)
	}
	if record.RedirectURI == oauth.RedirectShownURI {
		return redirect(w, r, p.Query(PathNative))
	}
	// RFC 6749 §4.1.2, RFC 9207 §2.
	return redirect(w, r, addressed(p.With("state", string(record.State)).With("iss", a.Keys.Issuer()), record))
}

// addressed puts an answer where it belongs: RFC 6749 §4.2.2 keeps what has to do with tokens in the fragment, which no
// server on the way sees.
func addressed(p oauth.Parameters, record interact.Record) string {
	if record.Implicit {
		return p.Fragment(record.RedirectURI)
	}
	return p.Query(record.RedirectURI)
}

// code writes the authorization, whose generation 0 is the code.
func (a *Room) code(r *http.Request, _ core.App, record interact.Record, grant, decision core.ID) (oauth.Parameters, error) {
	now, life := a.Clock.Now(), a.Mint.Lifetimes()
	if record.RedirectURI == oauth.RedirectShownURI {
		life.Code = max(life.Code, life.ShownCode) // people are slower than redirects
	}
	family := keys.Family{AuthorizationID: secret.NewID(now), Bits: [16]byte(secret.Bytes(16))}
	authorization := core.Authorization{
		ID: family.AuthorizationID, GrantID: grant, Scope: record.Scope, Resources: record.Resources, CodeChallenge: record.CodeChallenge, Digest: family.Digest(),
		CreatedAt: now, CodeExpiresAt: now.Add(life.Code), ExpiresAt: now.Add(life.RefreshAbsolute),
	}
	if record.RedirectSent {
		authorization.RedirectURI = record.RedirectURI
	}
	if err := a.Store.StartAuthorization(r.Context(), authorization, decision); err != nil {
		return nil, err
	}
	return oauth.Parameters{}.With("code", a.Keys.SealCode(family)), nil
}

// token writes an authorization that has no code, lives as long as its only token, and can be revoked like any other.
// RFC 6749 §4.2.2: never a refresh token.
func (a *Room) token(r *http.Request, app core.App, record interact.Record, grant, decision core.ID) (oauth.Parameters, error) {
	now, life := a.Clock.Now().Truncate(time.Second), a.Mint.Lifetimes()
	family := keys.Family{AuthorizationID: secret.NewID(now), Generation: 1, Bits: [16]byte(secret.Bytes(16))}
	authorization := core.Authorization{
		ID: family.AuthorizationID, GrantID: grant, Scope: record.Scope, Resources: record.Resources, RedirectURI: record.RedirectURI, Digest: family.Digest(),
		Generation: 1, RotatedAt: now, CreatedAt: now, CodeExpiresAt: now, ExpiresAt: now.Add(min(life.Implicit, life.Access)),
	}
	if err := a.Store.StartAuthorization(r.Context(), authorization, decision); err != nil {
		return nil, err
	}
	standing, err := a.Store.Authorization(r.Context(), authorization.ID)
	if err != nil {
		return nil, err
	}
	target, err := a.Resources.Pick(oauth.Form{}, standing.Resources)
	if err != nil {
		return nil, err
	}
	answer, err := a.Mint.Issue(mint.Claims{
		App: app, Scope: target.Narrow(standing.Scope.And(standing.Grant.Scope)), Reach: standing.Grant.Reach, Bare: true,
		Audience: target.Audience(), JWT: target.ReadsJWT(),
		Refresh: &keys.RefreshToken{Family: family, GrantID: standing.GrantID, IdentityID: standing.IdentityID, ExpiresAt: standing.ExpiresAt},
	})
	if err != nil {
		return nil, err
	}
	return oauth.Parameters{}.With("access_token", answer.AccessToken).With("token_type", "Bearer").
		With("expires_in", strconv.FormatInt(answer.ExpiresIn, 10)).With("scope", answer.Scope), nil
}

// refuse tells the app. RFC 6749 §4.1.2.1, §4.2.2.1; iss goes along with errors, too (RFC 9207 §2).
func (a *Room) refuse(w http.ResponseWriter, r *http.Request, app core.App, record interact.Record, err error) error {
	e := oauth.AsError(err)
	if e.Status >= 500 || record.RedirectURI == oauth.RedirectShownURI {
		return err // shown here: the app could do nothing with a fault of ours, or there is no way to it
	}
	if a.Reword != nil && record.Dialect != "" {
		e = a.Reword(record.Dialect, e)
	}
	seen := web.RecordOf(w)
	seen.App, seen.Refusal = record.ClientID, e
	back := addressed(oauth.Parameters{}.
		With("error", e.Code).
		With("error_description", e.Sentence()).
		With("error_uri", e.URI(a.Keys.Issuer())).
		With("state", string(record.State)).
		With("iss", a.Keys.Issuer()), record)
	if astray(app, record) {
		return a.Pages.Render(w, r, e.Status, web.WayBack{Failure: web.Failure{Error: e}, Host: oauth.RedirectHost(record.RedirectURI), To: back})
	}
	return redirect(w, r, back)
}

// astray reports whether an answer would send somebody who has decided nothing to a web page of nobody knows whom. RFC 9700
// §4.11.2: anybody can register an app, and so make an address of ours that leads there.
func astray(app core.App, record interact.Record) bool {
	class, err := oauth.CheckAgentRedirectURI(record.RedirectURI)
	return app.Stranger() && !record.Decided() && (err != nil || class == oauth.RedirectHTTPS)
}

// deny refuses in the name of the person, as the pages of older portals asked for. Nothing is written, and whoever can
// bring a browser here can bring it to the app's address as well, so no form has to prove where it came from.
func (a *Room) deny(w http.ResponseWriter, r *http.Request) error {
	form, err := oauth.ReadBoth(r)
	if err != nil {
		return err
	}
	return a.Deny(w, r, form, form, "")
}

// Deny is to deny what Begin is to begin. No browser has to come again.
func (a *Room) Deny(w http.ResponseWriter, r *http.Request, form, _ oauth.Form, dialect string) error {
	q := a.read(r, form)
	q.record.Dialect = dialect
	for _, step := range append(identify, placeAnswer, checkState) {
		if err := step(q); err != nil {
			return err
		}
	}
	return a.refuse(w, r, q.app, q.record, denied())
}

func denied() *oauth.Error {
	return oauth.AccessDenied("consent_denied", "the person did not authorize the app")
}
