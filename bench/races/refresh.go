package main

import (
	"fmt"

	"launchpad/bench/drive"
)

// refresh races with one refresh token, and then goes on with every token that the race gave.
func (t *track) refresh(app drive.App) error {
	code, err := t.browser.Authorize(app)
	if err != nil {
		return err
	}
	first, err := t.programs.Redeem(app, code)
	if err != nil {
		return err
	}
	if !first.OK() {
		return fmt.Errorf("redeem: %s", first)
	}
	raced, err := t.salvo(func() (drive.Answer, error) { return t.programs.Refresh(app, first.Refresh) })
	if err != nil {
		return err
	}
	if err := t.successors(app, first, raced); err != nil {
		return err
	}
	// Each process goes on with what it got, one after the other: the first rotates again, the others are late.
	var next []drive.Answer
	for _, a := range raced {
		if !a.OK() {
			continue
		}
		followed, err := t.programs.Refresh(app, a.Refresh)
		if err != nil {
			return err
		}
		next = append(next, followed)
	}
	return t.successors(app, raced[0], next)
}

// successors: all are answered, all have the current generation and the one before them does not, and every access
// token works.
func (t *track) successors(app drive.App, before drive.Answer, answers []drive.Answer) error {
	if err := t.generation(app, before.Refresh, false); err != nil {
		return err
	}
	for _, a := range append(answers, before) {
		t.expect(a.OK(), "a refresh token was answered %s", a)
		if !a.OK() {
			t.count("refresh tokens: not answered ("+a.String()+")", 1)
			continue
		}
		called, err := t.programs.Call(a.Access, t.facts.Accounts[0].Slug)
		if err != nil {
			return err
		}
		t.expect(called.OK(), "an access token of a race: the API answered %s", called)
		if called.OK() {
			t.count("refresh tokens: access tokens found alive", 1)
		}
	}
	for _, a := range answers {
		if !a.OK() {
			continue
		}
		t.count("refresh tokens: presentations answered", 1)
		if err := t.generation(app, a.Refresh, true); err != nil {
			return err
		}
	}
	return nil
}

// generation asks whether a refresh token is the current one. Public apps cannot ask.
func (t *track) generation(app drive.App, token string, current bool) error {
	if !app.Confidential() {
		return nil
	}
	a, err := t.programs.Introspect(app, token)
	if err != nil {
		return err
	}
	t.expect(a.OK() && a.Active == current, "a refresh token should be current: %t, but is: %t (%s)", current, a.Active, a)
	return nil
}
