package oracle

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"launchpad/bench/drive"
)

// silently forbids the server to ask: it answers from what it remembers.
var silently = url.Values{"prompt": {"none"}}

// consented asks for a code without asking the person, and finds out from its token what the person has allowed:
// the newest acknowledged consent, or an unknown one that came after it.
func (d *desk) consented(c *consented) {
	first, ok := d.reach(c)
	if !ok {
		return
	}
	if first != c.reach && !slices.Contains(c.maybe, first) {
		d.ledger.violate(Lost, c.app.ClientID, fmt.Sprintf("consent reaches %s, should reach %s or one of %v", first, c.reach, c.maybe))
	}
	if len(c.maybe) == 0 {
		return
	}
	if second, ok := d.reach(c); ok && second != first {
		d.ledger.violate(unstable, c.app.ClientID, fmt.Sprintf("consent reaches first %s, then %s", first, second))
	}
	c.reach, c.maybe = first, nil
}

// reach gets a token under the standing consent, tries it on every account, and ends it.
func (d *desk) reach(c *consented) (string, bool) {
	subject := c.app.ClientID
	page, ok := d.page(subject, c.app.AuthorizationRequest(silently), d.browser)
	if !ok {
		return "", false
	}
	if page.Code() == "" {
		if page.Refusal() != "consent_required" {
			d.ledger.violate(unanswered, subject, "authorize: "+page.String())
			return "", false
		}
		return nothing, true
	}
	got, ok := d.program(subject, "redeem", func() (drive.Answer, error) { return d.programs.Redeem(c.app, page.Code()) })
	if !ok || !got.OK() {
		d.ledger.violate(unanswered, subject, "redeem: "+got.String())
		return "", false
	}
	reach, ok := d.tried(subject, got.Access)
	d.program(subject, "revoke", func() (drive.Answer, error) { return d.programs.Revoke(c.app, got.Refresh) })
	return reach, ok
}

// tried names what a token reaches, in the words of the journals.
func (d *desk) tried(subject, token string) (string, bool) {
	var reached []string
	for _, account := range d.facts.Accounts {
		a, ok := d.program(subject, "call the API", func() (drive.Answer, error) { return d.programs.Call(token, account.Slug) })
		switch {
		case !ok:
			return "", false
		case a.OK():
			reached = append(reached, account.ID)
		case a.Status != http.StatusForbidden:
			d.ledger.violate(unanswered, subject, "the API answered "+a.String())
			return "", false
		}
	}
	switch len(reached) {
	case len(d.facts.Accounts):
		return reachAll, true
	case 1:
		return reached[0], true
	}
	return fmt.Sprint(reached), true
}
