package main

import (
	"net/http"

	"launchpad/bench/drive"
)

// code races for one code.
func (t *track) code(app drive.App) error {
	code, err := t.browser.Authorize(app)
	if err != nil {
		return err
	}
	answers, err := t.salvo(func() (drive.Answer, error) { return t.programs.Redeem(app, code) })
	if err != nil {
		return err
	}
	var winners []drive.Answer
	for _, a := range answers {
		switch {
		case a.OK():
			winners = append(winners, a)
			t.count("codes: answered with tokens", 1)
		case a.InvalidGrant():
			t.count("codes: refused", 1)
		default:
			// Too busy is no answer about the code; but no code may be lost to it, see below.
			t.count("codes: not answered ("+a.String()+")", 1)
			t.expect(a.Status == http.StatusServiceUnavailable, "a code was answered %s", a)
		}
	}
	t.expect(len(winners) == 1, "a code was answered with tokens %d times", len(winners))
	for _, w := range winners {
		if err := t.dead(app, w); err != nil {
			return err
		}
	}
	return nil
}

// dead: RFC 6749 §4.1.2: what a code bought that came twice is revoked.
func (t *track) dead(app drive.App, got drive.Answer) error {
	called, err := t.programs.Call(got.Access, t.facts.Accounts[0].Slug)
	if err != nil {
		return err
	}
	accessDead := called.Status == http.StatusUnauthorized
	t.expect(accessDead, "the access token of a raced code: the API answered %s", called)
	refreshed, err := t.programs.Refresh(app, got.Refresh)
	if err != nil {
		return err
	}
	t.expect(refreshed.InvalidGrant(), "the refresh token of a raced code was answered %s", refreshed)
	if accessDead && refreshed.InvalidGrant() {
		t.count("codes: winners whose tokens were found dead", 1)
	}
	if !app.Confidential() {
		return nil
	}
	for _, token := range []string{got.Access, got.Refresh} {
		described, err := t.programs.Introspect(app, token)
		if err != nil {
			return err
		}
		t.expect(described.OK() && !described.Active, "a token of a raced code is active: %s", described)
	}
	return nil
}
