package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"launchpad/bench/drive"
	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/web"
)

// siege is the server under attack, and what was found.
type siege struct {
	o      options
	server *drive.Server
	facts  drive.Facts
	owner  *drive.Browser // of the demo's person, who has signed in there before
	http   *http.Client
	form   url.Values // of the sign-in page, as one browser got it; it may be sent for ever
	cookie string

	figures []figure
}

// somebody is a person who exists: the first ones are guessed at, the others timed.
func somebody(n int) string { return fmt.Sprintf("person%04d@example.com", n) }

// nobody has an address of the same length.
func nobody(n int) string { return fmt.Sprintf("absent%04d@example.com", n) }

// populate starts the demo once, so that it makes its data, and adds people to it.
func populate(ctx context.Context, l drive.Launch, people int) error {
	first, err := l.Start(ctx)
	if err != nil {
		return err
	}
	first.Kill()
	clock := core.SystemClock{}
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(l.Data, "launchpad.db"), clock)
	if err != nil {
		return err
	}
	hash, err := secret.NewGate(time.Minute).HashPassword(ctx, "nobody will guess this")
	if err != nil {
		return errors.Join(err, db.Close())
	}
	failures := make([]error, people)
	each(people, 64, func(n int) {
		now := clock.Now()
		failures[n] = db.CreateIdentity(ctx, core.Identity{ID: secret.NewID(now), Email: somebody(n), Name: "Sample Person", PasswordHash: hash, CreatedAt: now})
	})
	return errors.Join(append(failures, db.Close())...)
}

// each calls do for 0 to count-1, so many at a time.
func each(count, parallel int, do func(n int)) {
	next := make(chan int)
	var running sync.WaitGroup
	for range min(parallel, count) {
		running.Go(func() {
			for n := range next {
				do(n)
			}
		})
	}
	for n := range count {
		next <- n
	}
	close(next)
	running.Wait()
}

func openSiege(server *drive.Server, o options) (*siege, error) {
	s := &siege{o: o, server: server, facts: server.Facts, http: &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1024, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var err error
	if s.owner, err = drive.NewBrowser(s.facts.Issuer, ""); err != nil {
		return nil, err
	}
	if err := s.owner.SignIn(s.facts); err != nil {
		return nil, err
	}
	attacker, err := drive.NewBrowser(s.facts.Issuer, "")
	if err != nil {
		return nil, err
	}
	defer attacker.Close()
	form, err := attacker.SignInForm(s.facts.Identity)
	s.form, s.cookie = form.Values, attacker.Cookies()
	return s, err
}

func (s *siege) close() {
	s.owner.Close()
	s.http.CloseIdleConnections()
}

// guess tries a password that is wrong, and gives the status that it was answered with.
func (s *siege) guess(ctx context.Context, email string, address int) (int, error) {
	form := maps.Clone(s.form)
	form.Set("email", email)
	form.Set("password", "qwerty123456")
	return s.post(ctx, drive.PathSignIn, form, address)
}

// signUp makes an ID for an address, or seems to.
func (s *siege) signUp(ctx context.Context, email string, address int) (int, error) {
	form := maps.Clone(s.form)
	form.Set("name", "Sample Person")
	form.Set("email", email)
	form.Set("password", "nobody will guess this")
	form.Set("account_name", "Sample Newcomers")
	return s.post(ctx, web.PathSignUp, form, address)
}

// post sends a form from one of the addresses, and gives the status that it was answered with.
func (s *siege) post(ctx context.Context, path string, form url.Values, address int) (int, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", s.facts.Issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", s.facts.Issuer)
	r.Header.Set("Cookie", s.cookie)
	address %= s.o.addresses
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.7", address/250, address%250))
	res, err := s.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// How a guess is answered.
const (
	lookedAt = http.StatusUnprocessableEntity
	taken    = http.StatusSeeOther // what signs up is, whether it has become an ID or not
	refused  = http.StatusTooManyRequests
	later    = http.StatusServiceUnavailable
)
