package resource

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"launchpad/internal/jose"
)

const (
	// badAge is how long a string that stands for nothing is remembered.
	badAge = 10 * time.Second
	// skew is how far the clocks of the server and the API may be apart.
	skew = time.Minute
	// answerBytes bounds what is read of the server's answers.
	answerBytes = 1 << 20
	// tokenBytes bounds what is looked at: what fits into the head of a request.
	tokenBytes = 24 << 10
)

// ErrUnavailable: whether the token is good cannot be said now. It must not be treated as good.
var ErrUnavailable = errors.New("the authorization server cannot be asked")

// ErrInvalid: the token is none, has ended, or is not for this API.
var ErrInvalid = errors.New("the access token is unknown, expired or revoked")

// Verify answers whether a token is good now, for this API. Callers that are no HTTP handlers use it; it does not look at
// proofs, so a token that is bound to a key is refused. Its errors wrap ErrInvalid or ErrUnavailable; their
// texts are for logs, not for callers of the API.
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	t, err := v.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if t.cnf != (confirmation{}) {
		return nil, fmt.Errorf("%w: it is bound to a key", ErrInvalid)
	}
	return t, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (*Token, error) {
	if token == "" || len(token) > tokenBytes {
		return nil, ErrInvalid
	}
	find := v.introspected
	if isJWT(token) {
		find = v.signed
	}
	t, err := find(ctx, token, digestOf(token))
	if err != nil {
		return nil, err
	}
	now := v.o.Now()
	switch {
	// AT21: whatever is kept ends with the token.
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return nil, fmt.Errorf("%w: it ended at %s", ErrInvalid, t.Expires)
	case t.IssuedAt.After(now.Add(skew)):
		return nil, fmt.Errorf("%w: it is from the future", ErrInvalid)
	case v.marks.dead(t):
		return nil, fmt.Errorf("%w: it was revoked", ErrInvalid)
	case !v.meant(t):
		// RFC 9700 §2.3: a token for another API is none for this one.
		return nil, fmt.Errorf("%w: it is for %q", ErrInvalid, t.Audience)
	}
	return t, nil
}

// meant reports whether the token is for this API. A sealed token without an audience is for all of the platform's APIs;
// a JWT always has one (RFC 9068 §2.2).
func (v *Verifier) meant(t *Token) bool {
	if len(t.Audience) == 0 {
		return !t.partial
	}
	return slices.ContainsFunc(t.Audience, func(name string) bool { return slices.Contains(v.audiences, name) })
}

// introspected is what the server says of a token.
func (v *Verifier) introspected(ctx context.Context, token string, of digest) (*Token, error) {
	if !v.asks() {
		return nil, fmt.Errorf("%w: only JWTs are taken here", ErrInvalid)
	}
	now := v.elapsed()
	if _, bad := v.bad.get(of, now); bad {
		return nil, ErrInvalid
	}
	if v.current(now) {
		if e, ok := v.known.get(of, now); ok && !e.local && v.marks.holds(e.token, e.asked, false) {
			return e.token, nil
		}
	}
	e, err := v.flight.ask(ctx, of, func(ctx context.Context) (entry, error) { return v.ask(ctx, token, of) })
	if err != nil {
		return nil, errors.Join(ErrUnavailable, err)
	}
	if e.token == nil {
		return nil, ErrInvalid
	}
	return e.token, nil
}

// ask asks and keeps the answer: an answer about nothing apart, so that a flood of those costs no good one its place.
func (v *Verifier) ask(ctx context.Context, token string, of digest) (entry, error) {
	e := entry{of: of, asked: v.elapsed()}
	m, err := v.introspect(ctx, token)
	if err != nil {
		return e, err
	}
	if m.Active && m.TokenType != "refresh_token" && (m.Issuer == "" || m.Issuer == v.o.Issuer) {
		if e.token, err = m.token(); err != nil {
			return e, fmt.Errorf("read introspection: %w", err)
		}
	}
	if e.token == nil {
		v.known.drop(of)
		e.until = e.asked + badAge
		v.bad.put(e)
		return e, nil
	}
	if isJWT(token) {
		// Introspection may leave out what the JWT itself says: for which API it is, and to which key it is bound.
		said, err := v.parse(ctx, token)
		if err != nil {
			return e, err
		}
		e.token.Audience, e.token.cnf = said.Audience, said.cnf
	}
	e.until = v.keepUntil(e.token, e.asked)
	v.known.put(e)
	return e, nil
}

func (v *Verifier) keepUntil(t *Token, now time.Duration) time.Duration {
	age := v.o.MaxAge
	if !t.Expires.IsZero() {
		age = min(age, t.Expires.Sub(v.o.Now()))
	}
	return now + age
}

// introspect is RFC 7662 §2.1. Whatever is no clear answer is none.
func (v *Verifier) introspect(ctx context.Context, token string) (m members, err error) {
	r, err := v.request(ctx, "POST", "/oauth/introspect", url.Values{"token": {token}})
	if err != nil {
		return m, err
	}
	r.Header.Set("Accept", "application/json")
	res, err := v.o.Client.Do(r)
	if err != nil {
		return m, fmt.Errorf("introspect: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	if err != nil {
		return m, fmt.Errorf("introspect: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return m, fmt.Errorf("introspect: the server answered %d", res.StatusCode)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("introspect: %w", err)
	}
	return m, nil
}

// signed is what a JWT says, as long as nobody said otherwise since. Then, and while nothing is heard, the server is asked.
func (v *Verifier) signed(ctx context.Context, token string, of digest) (*Token, error) {
	now := v.elapsed()
	if v.asks() && !v.current(now) {
		// A bad one is refused before the server is asked about it.
		if _, err := v.parse(ctx, token); err != nil {
			return nil, err
		}
		return v.introspected(ctx, token, of)
	}
	if e, ok := v.known.get(of, now); ok && v.marks.holds(e.token, e.asked, e.local) {
		return e.token, nil
	}
	t, err := v.parse(ctx, token)
	if err != nil {
		return nil, err
	}
	if v.asks() && !v.marks.holds(t, now, true) {
		return v.introspected(ctx, token, of)
	}
	v.known.put(entry{of: of, token: t, asked: now, until: v.keepUntil(t, now), local: true})
	return t, nil
}

// parse is RFC 9068 §4.
func (v *Verifier) parse(ctx context.Context, token string) (*Token, error) {
	var m members
	var away error
	key := func(kid string) (key crypto.PublicKey, ok bool) {
		key, away = v.key(ctx, kid)
		return key, away == nil && key != nil
	}
	if err := jose.VerifyAccessToken(token, key, &m); err != nil {
		if away != nil {
			return nil, errors.Join(ErrUnavailable, away)
		}
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	now := v.o.Now()
	switch {
	case m.Issuer != v.o.Issuer:
		return nil, fmt.Errorf("%w: it is of another issuer", ErrInvalid)
	case m.Expires == 0 || m.Subject == "" || m.ClientID == "" || m.ID == "" || len(m.Audience) == 0:
		return nil, fmt.Errorf("%w: a claim is missing", ErrInvalid)
	case m.NotBefore > now.Add(skew).Unix():
		return nil, fmt.Errorf("%w: it is not yet valid", ErrInvalid)
	case !v.sameEpoch(m.Epoch):
		return nil, fmt.Errorf("%w: it is from before the server's data were restored", ErrInvalid)
	}
	t, err := m.token()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	t.partial = true
	return t, nil
}
