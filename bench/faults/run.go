package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"launchpad/bench/drive"
)

// runner is one run.
type runner struct {
	*machine
	kind     kind
	chance   *rand.Rand
	browser  *drive.Browser
	programs *drive.Client
	facts    drive.Facts
	app      drive.App
	appID    string
	refresh  string
	setup    string // the path of the one-time link that the process printed
	tally    tally

	pies       int    // apps that were connected to be removed
	invited    int    // addresses that were
	account    string // its page
	member     drive.Person
	perhaps    drive.Person // the member with the new password, from when it was sent
	notAMember bool         // or perhaps not
	memberGone bool         // likewise

	begun    map[string]bool // acts whose outcome may be unknown
	working  []string        // tokens that must be verified whatever the disk does
	promises []promise
}

// promise is something that was answered.
type promise struct {
	what string
	kept func(*runner) error
}

func (r *runner) promise(what string, kept func(*runner) error) {
	r.promises = append(r.promises, promise{what, kept})
}

// What an act can meet beside success and a wrong answer.
var (
	errUnavailable = errors.New("503")
	errNoAnswer    = errors.New("no answer")
)

// run goes through the flows once, with the fault at its n-th point.
func run(ctx context.Context, o options, k kind, n int) (t tally, err error) {
	dir := filepath.Join(o.dir, fmt.Sprintf("%s-%d", k, n))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return t, err
	}
	m, err := newMachine(o.binary, dir, uint64(n))
	if err != nil {
		return t, err
	}
	r := &runner{machine: m, kind: k, chance: rand.New(rand.NewPCG(uint64(n), 4)), begun: map[string]bool{}}
	r.facts.Issuer = "http://" + m.listen
	r.facts.Identity.Email, r.facts.Identity.Password = "olga@example.com", "a long pass phrase"
	r.programs = drive.NewClient(r.facts.Issuer)
	r.browser, err = drive.NewBrowser(r.facts.Issuer, "")
	if err == nil {
		switch k {
		case full:
			m.disk.Fill(n)
		default:
			m.disk.FailSync(n, k == broken)
		}
		err = r.all(ctx)
	}
	if r.tally.hit == "" {
		r.tally.hit = m.disk.Hit()
	}
	if err == nil {
		err = os.RemoveAll(filepath.Join(dir, "server.log"))
	}
	return r.tally, errors.Join(err, m.close())
}

// all is the whole run.
func (r *runner) all(ctx context.Context) error {
	if err := r.up(); err != nil {
		return err
	}
	for _, p := range phases {
		if err := r.phase(p.name, p.do); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := r.stop(); err != nil {
		return err
	}
	r.tally.hit = r.disk.Hit()
	if err := r.cut(); err != nil {
		return err
	}
	if err := r.start(); err != nil {
		return fmt.Errorf("after the cut: %w", err)
	}
	return r.keeps("after the cut")
}

// up starts the server. It may fail to start if the fault is in its way, and must not once it is mended.
func (r *runner) up() error {
	r.setup = ""
	r.programs.Close()
	r.browser.Close()
	err := r.start()
	if errors.Is(err, errNotStarted) && r.disk.Hit() != "" {
		r.tally.starts++
		r.mend(r.chance)
		err = r.start()
	}
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return r.keeps("after a start")
}

// maxTries bounds how often an act is tried. The fault is mended after the first.
const maxTries = 4

// phase does its acts until they are answered as they should.
func (r *runner) phase(name string, do func(*runner) error) error {
	var err error
	for range maxTries {
		err = do(r)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errUnavailable) && r.kind == full && r.disk.Hit() != "":
			r.tally.refused++
			if err := r.whileFull(); err != nil {
				return fmt.Errorf("while the disk is full: %w", err)
			}
			r.disk.Release()
		case errors.Is(err, errNoAnswer) && r.kind != full && r.disk.Hit() != "" && r.ends():
			r.tally.ended++
			// Sometimes the disk stays as it is, and the next start has to see for itself.
			if r.chance.IntN(2) == 0 {
				r.mend(r.chance)
			}
			if err := r.up(); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return fmt.Errorf("still not answered: %w", err)
}

// whileFull: tokens are verified, and what cannot be written is never refused as if it were the client's fault.
func (r *runner) whileFull() error {
	for _, token := range r.working {
		if err := r.verifies(token); err != nil {
			return err
		}
	}
	if r.refresh == "" {
		return nil
	}
	a, err := r.programs.Refresh(r.app, r.refresh)
	if a.OK() {
		r.receive(a) // there was room for it
		return nil
	}
	if err = answered(a, err); !errors.Is(err, errUnavailable) {
		return fmt.Errorf("refresh: %w", err)
	}
	return nil
}

// keeps asks about everything that was promised so far.
func (r *runner) keeps(when string) error {
	for _, p := range r.promises {
		if err := p.kept(r); err != nil {
			return fmt.Errorf("%s, %s: %w", when, p.what, err)
		}
	}
	return nil
}

// answered judges what a program was told: nil for 200, errUnavailable for the 503 that a fault of storage is.
func answered(a drive.Answer, err error) error {
	switch {
	case err != nil && a.Status == 0:
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	case a.OK():
		return nil
	case a.Status == http.StatusServiceUnavailable && (a.Code == "temporarily_unavailable" || a.Code == "server_error"):
		return errUnavailable
	}
	return fmt.Errorf("answered %s", a)
}

// shown judges a page.
func shown(p drive.Page, err error, good bool) error {
	if wrong, ok := errors.AsType[drive.Unexpected](err); ok {
		p, err, good = wrong.Page, nil, false
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	case good:
		return nil
	case p.Status == http.StatusServiceUnavailable:
		return errUnavailable
	}
	return fmt.Errorf("showed %s", p)
}

// link waits for the one-time link, which the process prints once.
func (r *runner) link() (string, error) {
	if r.setup == "" {
		line, err := r.hear("/setup?token=")
		if err != nil {
			return "", err
		}
		r.setup = strings.TrimPrefix(line, r.facts.Issuer)
	}
	return r.setup, nil
}
