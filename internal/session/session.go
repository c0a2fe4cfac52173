package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/limit"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// How long a session may lie idle, how long it lives at most, and how exactly its last use is kept.
const (
	Idle     = 12 * time.Hour
	Absolute = 30 * 24 * time.Hour
	seeEvery = 5 * time.Minute
)

// Sessions signs people in and out.
type Sessions struct {
	store   *store.Store
	keys    *keys.Keys
	clock   core.Clock
	gate    *secret.Gate
	guesses guesses
	jar     web.Jar
}

// New makes it. Guesses are counted in the table, wrong ones up to wrongPasswords from one address in an hour.
func New(s *store.Store, k *keys.Keys, clock core.Clock, gate *secret.Gate, table *limit.Table, wrongPasswords int) *Sessions {
	return &Sessions{
		store: s, keys: k, clock: clock, gate: gate, guesses: newGuesses(table, wrongPasswords),
		jar: web.Jar{Secure: strings.HasPrefix(k.Issuer(), "https:")},
	}
}

// Visit finds out who looks at a page, and gives a new browser its cookie.
func (s *Sessions) Visit(w http.ResponseWriter, r *http.Request) (web.Visitor, error) {
	v := web.Visitor{Browser: s.jar.Get(r, web.CookieBrowser)}
	if v.Browser == "" {
		v.Browser = secret.New(secret.Session).Reveal()
		if !heldBack(r) {
			s.jar.Set(w, web.CookieBrowser, v.Browser, 0)
		}
	}
	cookie := s.jar.Get(r, web.CookieSession)
	if id, ok := secret.OpenHandle(secret.Session, cookie); ok {
		if err := s.resume(r.Context(), id, cookie, &v); err != nil {
			v.CSRF = web.CSRF(v.Browser, cookie) // if it lives, as it did when it was shown a form
			return v, err
		}
	}
	if !v.SignedIn() {
		cookie = ""
	}
	v.CSRF = web.CSRF(v.Browser, cookie)
	return v, nil
}

// heldBack reports whether the browser may have a cookie that it did not send: it keeps ours to itself when another site
// sends a form, and a new one would replace it under the feet of what the person does in another tab.
func heldBack(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Method != http.MethodGet && site != "" && site != "same-origin" && site != "none"
}

func (s *Sessions) resume(ctx context.Context, id core.ID, cookie string, v *web.Visitor) error {
	session, identity, err := s.alive(ctx, id, func(held core.Session) bool { return secret.Matches(cookie, held.Digest) })
	v.Session, v.Identity = session, identity
	return err
}

// alive finds a session that may be used now by whoever proves that it is theirs; else it gives nobody.
func (s *Sessions) alive(ctx context.Context, id core.ID, proves func(core.Session) bool) (core.Session, core.Identity, error) {
	session, identity, err := s.store.Session(ctx, id)
	if errors.Is(err, core.ErrNotFound) {
		return core.Session{}, core.Identity{}, nil
	}
	if err != nil {
		return core.Session{}, core.Identity{}, oauth.Unavailable(fmt.Errorf("load session: %w", err))
	}
	now := s.clock.Now()
	if !proves(session) || !session.Lives(now, Idle) || identity.Locked() {
		return core.Session{}, core.Identity{}, nil
	}
	if now.Sub(session.LastSeenAt) > seeEvery {
		if err := s.store.SeeSession(ctx, id, now); err != nil {
			return core.Session{}, core.Identity{}, oauth.Unavailable(fmt.Errorf("note use of session: %w", err))
		}
	}
	return session, identity, nil
}

// ErrWrong: unknown person, wrong password or locked; which one is not told.
var ErrWrong = errors.New("e-mail address or password wrong")

// SignIn checks a password and starts a new session, ending the browser's old one. The new session has a new id:
// one that somebody planted before is worth nothing (session fixation).
func (s *Sessions) SignIn(w http.ResponseWriter, r *http.Request, email, password string) error {
	email = oneSpelling(email)
	identity, err := s.compare(r.Context(), s.atSignIn(r, email, password), func(ctx context.Context) (core.Identity, error) {
		return s.find(ctx, email)
	})
	if err != nil {
		return err
	}
	if secret.IsForeign(identity.PasswordHash) {
		s.adopt(r.Context(), password, identity)
	}
	return s.Start(w, r, identity)
}

// adopt keeps a password, just proved, that came with the hash of another server under our own from now on. If that
// fails, the next sign-in does it.
func (s *Sessions) adopt(ctx context.Context, password string, identity core.Identity) {
	if hash, err := s.gate.HashPassword(ctx, password); err == nil {
		_ = s.store.ReplaceForeignHash(ctx, identity.ID, identity.PasswordHash, hash)
	}
}

// oneSpelling is what all spellings of an e-mail address come down to. What is none comes down to something, too.
func oneSpelling(typed string) string {
	const longest = 1000
	if len(typed) > longest {
		return typed
	}
	plain := norm.NFKC.String(typed)
	if email, ok := core.NormalEmail(plain); ok {
		return email
	}
	return strings.ToLower(strings.TrimSpace(plain))
}

// find gives nobody if there is nobody.
func (s *Sessions) find(ctx context.Context, email string) (core.Identity, error) {
	if _, ok := core.NormalEmail(email); !ok {
		return core.Identity{}, nil
	}
	identity, err := s.store.IdentityByEmail(ctx, email)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return identity, oauth.Unavailable(fmt.Errorf("load identity: %w", err))
	}
	return identity, nil
}

// Reauthenticate compares what a form's field "password" holds with the password of the person who is signed in, before
// a dangerous act. What is wrong with it is a problem of the form.
func (s *Sessions) Reauthenticate(r *http.Request) ([]web.Problem, error) {
	err := s.prove(r, r.PostFormValue("password"))
	if errors.Is(err, ErrWrong) {
		return []web.Problem{{Field: "password", Message: "problem.password_wrong"}}, nil
	}
	return nil, err
}

// prove gives ErrWrong if the password is not that of the person who is signed in.
func (s *Sessions) prove(r *http.Request, password string) error {
	who := web.VisitorOf(r).Identity
	_, err := s.compare(r.Context(), inSession(r, password), func(context.Context) (core.Identity, error) { return who, nil })
	return err
}

// Start begins a session for an identity that has been proved.
func (s *Sessions) Start(w http.ResponseWriter, r *http.Request, identity core.Identity) error {
	session, cookie := s.draft(r, identity.ID)
	before := web.VisitorOf(r)
	err := s.store.StartSession(r.Context(), session, before.Session.ID)
	switch {
	case errors.Is(err, core.ErrConflict):
		return ErrWrong // locked since the password was checked
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("start session: %w", err))
	}
	if before.SignedIn() && before.Identity.ID != identity.ID {
		ClearPages(w)
	}
	s.jar.Set(w, web.CookieSession, cookie.Reveal(), Absolute)
	s.remember(w, r, identity)
	return nil
}

// draft is a new session and what its browser will show for it.
func (s *Sessions) draft(r *http.Request, identity core.ID) (core.Session, secret.Text) {
	now := s.clock.Now()
	session := core.Session{
		ID: secret.NewID(now), IdentityID: identity,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(Absolute),
		UserAgent: shortText(r.UserAgent()), Address: place(r),
	}
	cookie := secret.NewHandle(secret.Session, session.ID)
	session.Digest = secret.Digest(cookie.Reveal())
	return session, cookie
}

// longestUserAgent is more than any browser says.
const longestUserAgent = 300

func shortText(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), longestUserAgent)], "")
}

// place is where a browser is, for the person's list of them; "" if that is not known.
func place(r *http.Request) string {
	if from := web.AddressOf(r); from.IsValid() {
		return from.String()
	}
	return ""
}

// ClearPages lets the browser forget what it kept of the pages of somebody who was here before.
func ClearPages(w http.ResponseWriter) { w.Header().Set("Clear-Site-Data", `"cache"`) }

// ChangePassword replaces the password of the person who is signed in. Every session ends, so that whoever knew the old
// one is out; this browser gets a new one. ErrWrong: current is not the password.
func (s *Sessions) ChangePassword(w http.ResponseWriter, r *http.Request, current, next string) error {
	who := web.VisitorOf(r).Identity
	if err := s.prove(r, current); err != nil {
		return err
	}
	hash, err := s.HashPassword(r.Context(), next)
	if err != nil {
		return err
	}
	session, cookie := s.draft(r, who.ID)
	err = s.store.ChangePassword(r.Context(), who, hash, session)
	switch {
	case errors.Is(err, core.ErrConflict):
		return ErrWrong // it was changed a moment ago
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("change password: %w", err))
	}
	s.jar.Set(w, web.CookieSession, cookie.Reveal(), Absolute)
	who.PasswordHash = hash
	s.remember(w, r, who)
	return nil
}

// Forget takes the cookie from a browser whose person has gone.
func (s *Sessions) Forget(w http.ResponseWriter) {
	s.jar.Drop(w, web.CookieSession)
	ClearPages(w)
}

// SignOut ends the browser's session.
func (s *Sessions) SignOut(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitorOf(r)
	if v.SignedIn() {
		if err := s.store.EndSession(r.Context(), v.Session.ID, v.Identity.ID, s.clock.Now()); err != nil {
			return oauth.Unavailable(fmt.Errorf("end session: %w", err))
		}
	}
	s.Forget(w)
	return nil
}

// HashPassword is for those who create identities.
func (s *Sessions) HashPassword(ctx context.Context, password string) (string, error) {
	hash, err := s.gate.HashPassword(ctx, password)
	if err != nil {
		return "", oauth.Unavailable(err)
	}
	return hash, nil
}
