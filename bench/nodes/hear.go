package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"launchpad/bench/drive"
)

// workers revoke beside each other, so that revocations meet every phase of the other node's looks.
const workers = 4

// peopleEvery: a person's sign-in costs a flow, so only every n-th revocation ends one.
const peopleEvery = 5

// hear times n revocations, from the first node's answer to the first refusal of the second.
func (p *pair) hear(ctx context.Context, o options) error {
	var (
		running    sync.WaitGroup
		mu         sync.Mutex
		here, over []time.Duration
		failed     error
	)
	for w := range workers {
		running.Go(func() {
			browser, err := drive.NewBrowser(p.facts.Issuer, "")
			if err == nil {
				defer browser.Close()
				err = browser.SignIn(p.facts)
			}
			for i := w; i < o.n && err == nil && ctx.Err() == nil; i += workers {
				var same, other time.Duration
				if same, other, err = p.heard(browser, i); err == nil {
					mu.Lock()
					here, over = append(here, same), append(over, other)
					if len(over)%100 == 0 {
						fmt.Fprintf(os.Stderr, "revocations: %d of %d\n", len(over), o.n)
					}
					mu.Unlock()
				}
			}
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
		})
	}
	running.Wait()
	if failed != nil {
		return failed
	}
	p.times("revoked, refused by the same node", 100*time.Millisecond, here)
	p.times("revoked, refused by the other node", within, over)
	return nil
}

func (p *pair) heard(browser *drive.Browser, i int) (same, other time.Duration, err error) {
	machine := p.facts.Apps.Machine
	access, revoked, app := "", "", machine
	if i%peopleEvery == 0 {
		// The sign-in of a person ends by its refresh token, and its access token with it.
		app = p.facts.Apps.Web
		code, err := p.authorize(browser, app)
		if err != nil {
			return 0, 0, err
		}
		tokens, err := p.persist(func() (drive.Answer, error) { return p.a.Redeem(app, code) })
		if err != nil || !tokens.OK() {
			return 0, 0, errors.Join(err, fmt.Errorf("redeem: %s", tokens))
		}
		access, revoked = tokens.Access, tokens.Refresh
		if err := p.accepted(access); err != nil {
			return 0, 0, err
		}
	} else {
		if access, err = p.token(); err != nil {
			return 0, 0, err
		}
		revoked = access
	}
	// Else each would come right after the look that heard the one before.
	time.Sleep(rand.N(200 * time.Millisecond))
	answer, err := p.persist(func() (drive.Answer, error) { return p.a.Revoke(app, revoked) })
	ended := time.Now()
	if err != nil || !answer.OK() {
		return 0, 0, errors.Join(err, fmt.Errorf("revoke: %s", answer))
	}
	var both sync.WaitGroup
	var here error
	both.Go(func() { same, here = p.untilRefused(p.a, access, ended) })
	other, err = p.untilRefused(p.b, access, ended)
	both.Wait()
	return same, other, errors.Join(err, here)
}

// authorize gets a code, as persistently.
func (p *pair) authorize(browser *drive.Browser, app drive.App) (code string, err error) {
	_, err = p.persist(func() (drive.Answer, error) {
		got, err := browser.Authorize(app)
		code = got
		if page, ok := errors.AsType[drive.Unexpected](err); ok && page.Status == http.StatusServiceUnavailable {
			return drive.Answer{Status: page.Status, Later: true}, nil
		}
		return drive.Answer{}, err
	})
	return code, err
}
