package oracle

import (
	"fmt"
	"net/http"
	"time"

	"launchpad/bench/drive"
)

// codeLife is how old a code may be when it is redeemed, with room for a slow machine; the server gives it 60 s.
const codeLife = 45 * time.Second

// replays is how often the code of a living family is presented again, which ends it.
const replays = 0.25

// family asks about a sign-in of an app.
func (d *desk) family(f *family) {
	switch {
	case f.redeemed == unredeemed:
		d.lateRedemption(f)
	case f.redeemed == maybeRedeemed:
		d.unsureRedemption(f)
	case f.life == unsure:
		d.unsureFamily(f)
	case f.life == live:
		d.living(f)
	default:
		d.dead(f)
	}
}

// lateRedemption: a code that was acknowledged before the crash is good after it.
func (d *desk) lateRedemption(f *family) {
	if time.Since(f.codeAt) > codeLife {
		return // nothing was lost: the client was too late
	}
	if d.persist(f.id, "redeem", func() error { _, err := d.redeem(f.id, f.app, f.code, false); return err }) {
		d.living(f)
	}
}

// unsureRedemption: the client asks again. If the first request never arrived it gets tokens; if it did, it is
// refused. After that the code is spent either way, and whatever it bought is dead.
func (d *desk) unsureRedemption(f *family) {
	d.persist(f.id, "redeem again", func() error { _, err := d.redeem(f.id, f.app, f.code, true); return err })
	if f.redeemed != redeemed {
		return // no answer; told already
	}
	d.persist(f.id, "replay", func() error { return d.replay(f.id, f.app, f.code) })
	d.dead(f)
}

// unsureFamily: a revocation whose answer was lost. The access token says which, and then all has to agree.
func (d *desk) unsureFamily(f *family) {
	f.life = d.settle(f.id, "access token", func() (bool, bool) { return d.works(f.id, f.lastAccess) })
	switch f.life {
	case live:
		d.living(f)
	case ended:
		d.dead(f)
	}
}

// living: all access tokens work but those that were ended, the newest refresh token works, and it is the only one.
func (d *desk) living(f *family) {
	for _, b := range f.tokens {
		d.bearer(f.id, b)
	}
	d.describes(f)
	presented, turning := f.refresh, f.turning
	if turning {
		d.settle(f.id, "unconfirmed refresh token", func() (bool, bool) { return d.current(f, presented) })
	}
	if !d.persist(f.id, "refresh", func() error { _, err := d.refresh(f.id, f.app, presented); return err }) {
		return
	}
	d.oneGeneration(f, presented, turning)
	if d.chance(replays) {
		d.persist(f.id, "replay", func() error { return d.replay(f.id, f.app, f.code) })
		d.dead(f)
	}
}

// oneGeneration: after a refresh the new token is current and the presented one is not. A client whose answer was
// lost may even come a third time; what it gets then belongs to the same generation.
func (d *desk) oneGeneration(f *family, presented string, turning bool) {
	d.generation(f, "the new refresh token", f.refresh, live)
	d.generation(f, "the refresh token before it", presented, ended)
	if !turning {
		return
	}
	again, ok := d.program(f.id, "refresh with the old token", func() (drive.Answer, error) { return d.programs.Refresh(f.app, presented) })
	if ok && !again.OK() {
		d.ledger.violate(Lost, f.id, "the old refresh token was not answered within its grace: "+again.String())
	} else if ok {
		d.generation(f, "the refresh token of the repeated answer", again.Refresh, live)
		d.generation(f, "the new refresh token, after the repeated answer,", f.refresh, live)
	}
}

// generation asks whether a refresh token is the current one. Public apps cannot ask.
func (d *desk) generation(f *family, what, token string, promised life) {
	if !f.app.Confidential() {
		return
	}
	active, ok := d.current(f, token)
	switch {
	case ok && promised == live && !active:
		d.ledger.violate(Lost, f.id, what+" is not the current one")
	case ok && promised == ended && active:
		d.ledger.violate(doubled, f.id, what+" is current, too")
	}
}

func (d *desk) current(f *family, token string) (active, ok bool) {
	if !f.app.Confidential() {
		return false, true
	}
	a, ok := d.program(f.id, "introspect refresh token", func() (drive.Answer, error) { return d.programs.Introspect(f.app, token) })
	return a.Active, ok
}

// describes asks whether the newest access token still stands for the same person, app and scope.
func (d *desk) describes(f *family) {
	if !f.app.Confidential() || d.ledger.bearer(f.lastAccess).life != live {
		return
	}
	a, ok := d.program(f.id, "introspect access token", func() (drive.Answer, error) { return d.programs.Introspect(f.app, f.lastAccess) })
	if !ok {
		return
	}
	want := fmt.Sprintf("active=true client=%s scope=%q subject=%s", f.app.ClientID, f.scope, d.ledger.person(a.Subject))
	if got := fmt.Sprintf("active=%t client=%s scope=%q subject=%s", a.Active, a.ClientID, a.Scope, a.Subject); got != want {
		d.ledger.violate(Lost, f.id, "access token is now "+got+", was "+want)
	}
}

// dead: nothing of it works, neither tokens nor the code.
func (d *desk) dead(f *family) {
	for _, b := range f.tokens {
		if works, ok := d.works(f.id, b.token); ok {
			d.hold(f.id, "an access token of an ended sign-in", ended, works)
		}
	}
	if f.refresh != "" {
		a, ok := d.program(f.id, "refresh after the end", func() (drive.Answer, error) { return d.programs.Refresh(f.app, f.refresh) })
		d.denied(f, "refresh token", a, ok)
	}
	if f.redeemed == redeemed {
		a, ok := d.program(f.id, "redeem after the end", func() (drive.Answer, error) { return d.programs.Redeem(f.app, f.code) })
		d.denied(f, "code", a, ok)
	}
}

func (d *desk) denied(f *family, what string, a drive.Answer, ok bool) {
	switch {
	case ok && a.OK():
		d.ledger.violate(revived, f.id, what+" of an ended sign-in was answered with tokens")
	case ok && !a.InvalidGrant():
		d.ledger.violate(unanswered, f.id, what+" of an ended sign-in: "+a.String())
	}
}

// bearer asks about one access token.
func (d *desk) bearer(subject string, b *bearer) {
	if b.life == unsure {
		b.life = d.settle(subject, "access token", func() (bool, bool) { return d.works(subject, b.token) })
	}
	if works, ok := d.works(subject, b.token); ok {
		d.hold(subject, "an access token", b.life, works)
	}
}

// works asks the API, which has to answer for the account that was asked about.
func (d *desk) works(subject, token string) (works, ok bool) {
	account := d.facts.Accounts[0].Slug
	a, ok := d.program(subject, "call the API", func() (drive.Answer, error) { return d.programs.Call(token, account) })
	switch {
	case !ok:
		return false, false
	case a.OK() && a.Account == account:
		return true, true
	case a.Status == http.StatusUnauthorized:
		return false, true
	}
	d.ledger.violate(unanswered, subject, fmt.Sprintf("the API answered %s about account %q", a, a.Account))
	return false, false
}
