package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/limit"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Every password that somebody wants to be compared goes through compare, and nothing else asks the gate. A guess is
// counted before it is evaluated, and taken back if it was right or could not be evaluated.

// guesses counts what was tried.
type guesses struct {
	strangers *limit.Guesses // by person, from browsers that do not know them
	known     *limit.Guesses // by person and browser, or session: an attack elsewhere does not reach it
	network   *limit.Rate    // wrong ones by address, from browsers that do not know the person
	wrong     oauth.Quota    // the same
}

// tried is what the growing pauses between guesses come to.
var tried = oauth.Quota{Policy: "passwords", Most: limit.GuessesAnHour, Window: time.Hour}

func newGuesses(t *limit.Table, wrongPasswords int) guesses {
	return guesses{
		limit.NewGuesses(t), limit.NewGuesses(t), limit.NewRate(t, wrongPasswords, time.Hour),
		oauth.Quota{Policy: "wrong_passwords", Most: wrongPasswords, Window: time.Hour},
	}
}

// guess is a password that is tried, and who is counted for it. By their e-mail address, which is one to one with the
// person, people are counted before the store is asked whether they exist: an answer that was refused has no time of its
// own for those who do, and costs nearly nothing.
type guess struct {
	password string
	person   limit.Key
	known    limit.Key // of person and browser, or session; zero: a stranger
	network  limit.Key
	browser  keys.Person // what the browser knows of the person; zero: they are in a session, or strangers
}

// atSignIn is the guess of somebody at the sign-in page. email is in its one spelling.
func (s *Sessions) atSignIn(r *http.Request, email, password string) guess {
	g := guess{password: password, person: limit.Text(email), network: limit.Address(web.AddressOf(r))}
	device := s.device(r)
	if g.browser = knows(device, email); g.browser != (keys.Person{}) {
		g.known = g.person.And(device.ID)
	}
	return g
}

// inSession is the guess of somebody who is signed in.
func inSession(r *http.Request, password string) guess {
	v := web.VisitorOf(r)
	person := limit.Text(v.Identity.Email)
	return guess{password: password, person: person, known: person.And(v.Session.ID)}
}

// compare is the gate. It gives the person whose password it was, ErrWrong, or that nothing was compared. find may give
// nobody: then the password is wrong, and it takes as long to find out.
func (s *Sessions) compare(ctx context.Context, g guess, find func(context.Context) (core.Identity, error)) (core.Identity, error) {
	if len(g.password) > secret.MaxPassword {
		return core.Identity{}, ErrWrong // nobody has one
	}
	if err := s.guesses.take(g); err != nil {
		return core.Identity{}, err
	}
	identity, err := find(ctx)
	if err == nil && g.outdated(identity) {
		s.guesses.takeBack(g)
		g.known = limit.Key{}
		if err := s.guesses.take(g); err != nil {
			return core.Identity{}, err
		}
	}
	if err == nil {
		err = s.evaluate(ctx, g, identity)
	}
	if !errors.Is(err, ErrWrong) {
		s.guesses.takeBack(g)
	}
	return identity, err
}

func (s *Sessions) evaluate(ctx context.Context, g guess, identity core.Identity) error {
	hash := identity.PasswordHash
	if identity.Locked() {
		hash = "" // else what is counted would tell that it was right
	}
	lane := secret.SlowLane
	if g.isKnown() {
		lane = secret.FastLane
	}
	ok, err := s.gate.CheckPassword(ctx, lane, g.password, hash)
	switch {
	case err != nil:
		return oauth.Unavailable(err)
	case !ok:
		return ErrWrong
	}
	return nil
}

func (g guess) isKnown() bool { return g.known != limit.Key{} }

// outdated reports whether the browser knows the person by a password that is not theirs any more. Whoever had that could
// make as many such browsers as they liked, each with guesses of its own.
func (g guess) outdated(identity core.Identity) bool {
	return g.browser != keys.Person{} && g.browser != person(identity.Email, identity.PasswordHash)
}

func (c guesses) take(g guess) error {
	if g.isKnown() {
		if wait := c.known.Take(g.known); wait > 0 {
			return oauth.TooManyRequests("passwords_tried_here", wait, "too many passwords were tried in this browser").Under(tried)
		}
		return nil
	}
	if wait := c.network.Take(g.network); wait > 0 {
		return oauth.TooManyRequests("passwords_tried_from_network", wait, "too many wrong passwords came from this network").Under(c.wrong)
	}
	if wait := c.strangers.Take(g.person); wait > 0 {
		c.network.Return(g.network)
		return oauth.TooManyRequests("passwords_tried", wait, "too many passwords were tried for this person").Under(tried)
	}
	return nil
}

func (c guesses) takeBack(g guess) {
	if g.isKnown() {
		c.known.Return(g.known)
		return
	}
	c.network.Return(g.network)
	c.strangers.Return(g.person)
}
