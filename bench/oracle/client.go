package oracle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"launchpad/bench/drive"
)

// client is one program or person with a journal of its own. It does one thing at a time.
type client struct {
	name     string
	facts    drive.Facts
	cycle    int
	rand     *rand.Rand
	journal  *journal
	programs *drive.Client
	browser  *drive.Browser
	heard    func(asked, outcome entry) // told of each outcome at once, if set

	made int // subjects
}

func openClient(name string, facts drive.Facts, dir string, seed, stream uint64) (*client, error) {
	browser, err := drive.NewBrowser(facts.Issuer, "")
	if err != nil {
		return nil, err
	}
	c := &client{name: name, facts: facts, rand: rand.New(rand.NewPCG(seed, stream)), programs: drive.NewClient(facts.Issuer), browser: browser}
	if c.journal, err = openJournal(dir, name); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *client) close() {
	c.hangUp()
	_ = c.journal.file.Close()
}

// hangUp drops connections to a server that is gone.
func (c *client) hangUp() {
	c.programs.Close()
	c.browser.Close()
}

// subject names something new.
func (c *client) subject() string {
	c.made++
	return fmt.Sprintf("%s/%d-%d", c.name, c.cycle, c.made)
}

// owns reports whether a subject was made by this client.
func (c *client) owns(subject string) bool { return strings.HasPrefix(subject, c.name+"/") }

// chance is true with a probability.
func (c *client) chance(p float64) bool { return c.rand.Float64() < p }

// Errors of an attempt. A refusal is an answer that the client had no reason to expect, a fault a 5xx; everything
// else is a connection that broke.
type (
	refusal string
	fault   string
)

func (r refusal) Error() string { return string(r) }
func (f fault) Error() string   { return string(f) }

// answered judges a program's answer that should be a 200.
func answered(a drive.Answer, err error) error {
	switch {
	case err != nil:
		return err
	case a.Status >= 500:
		return fault(a.String())
	case !a.OK():
		return refusal(a.String())
	}
	return nil
}

// shown judges a page that should be what good says.
func shown(p drive.Page, err error, good bool) error {
	switch {
	case err != nil:
		return err
	case p.Status >= 500:
		return fault(p.String())
	case !good:
		return refusal(p.String())
	}
	return nil
}

// try makes one attempt: intent, request, outcome. The error is the attempt's, or the journal's.
func (c *client) try(asked entry, send func() (entry, error)) (entry, error) {
	c.journal.n++
	asked.N, asked.Phase, asked.At, asked.Cycle = c.journal.n, intent, time.Now().UTC(), c.cycle
	if err := c.journal.write(asked); err != nil {
		return entry{}, err
	}
	outcome, err := send()
	outcome.N, outcome.At, outcome.Cycle = asked.N, time.Now().UTC(), c.cycle
	outcome.Phase = phaseOf(err)
	if err != nil {
		outcome.Why = err.Error()
	}
	if err := c.journal.write(outcome); err != nil {
		return outcome, err
	}
	if c.heard != nil {
		c.heard(asked, outcome)
	}
	return outcome, err
}

func phaseOf(err error) phase {
	switch {
	case err == nil:
		return ack
	case isRefusal(err):
		return refused
	}
	return unknown
}

func isRefusal(err error) bool {
	_, yes := errors.AsType[refusal](err)
	return yes
}

// isFault reports whether the server said that it could not, in an answer or on a page that was meant to be a form.
func isFault(err error) bool {
	_, yes := errors.AsType[fault](err)
	page, found := errors.AsType[drive.Unexpected](err)
	return yes || found && page.Status >= 500
}
