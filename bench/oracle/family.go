package oracle

import (
	"slices"
	"time"

	"launchpad/bench/drive"
)

// redemption of a code.
type redemption int

const (
	unredeemed redemption = iota
	maybeRedeemed
	redeemed
)

// family is one sign-in of an app, from its code on.
type family struct {
	id    string
	app   drive.App
	cycle int // that last touched it

	code     string
	codeAt   time.Time // when it was asked for
	redeemed redemption

	life    life
	refresh string // the newest that the client received
	turning bool   // the last refresh with it is unknown
	scope   string
	tokens  []*bearer

	lastAccess string
}

// bearer is an access token.
type bearer struct {
	token string
	life  life
	cycle int
}

func (l *ledger) learnAuthorize(asked, outcome entry) {
	if outcome.Phase != ack {
		return // a code that nobody has is nothing to ask about
	}
	l.families[asked.Subject] = &family{
		id: asked.Subject, app: l.apps[asked.App], cycle: l.cycle, code: outcome.Code, codeAt: asked.At, life: live,
	}
}

func (l *ledger) learnRedeem(asked, outcome entry) {
	f := l.families[asked.Subject]
	f.cycle = l.cycle
	switch outcome.Phase {
	case ack:
		f.redeemed = redeemed
		l.receive(f, outcome)
	case unknown:
		f.redeemed = maybeRedeemed
	case refused:
		// A code that is refused although it may have been redeemed ends what it was redeemed for.
		f.redeemed, f.life = redeemed, ended
	}
}

func (l *ledger) learnRefresh(asked, outcome entry) {
	f := l.families[asked.Subject]
	f.cycle = l.cycle
	switch outcome.Phase {
	case ack:
		f.turning = false
		l.receive(f, outcome)
	case unknown:
		f.turning = true
	}
}

// receive takes the tokens of an answer.
func (l *ledger) receive(f *family, got entry) {
	f.refresh, f.scope, f.lastAccess = got.Refresh, got.Scope, got.Access
	f.tokens = append(f.tokens, l.newBearer(got.Access))
}

func (l *ledger) newBearer(token string) *bearer {
	b := &bearer{token: token, life: live, cycle: l.cycle}
	l.bearers[token] = b
	return b
}

func (l *ledger) learnEndOfFamily(asked, outcome entry) {
	f := l.families[asked.Subject]
	f.cycle, f.life = l.cycle, settled(outcome)
}

func (l *ledger) learnIssue(_, outcome entry) {
	if outcome.Phase == ack {
		l.newBearer(outcome.Access)
	}
}

func (l *ledger) learnEndOfBearer(asked, outcome entry) {
	b := l.bearers[asked.Sent]
	b.cycle, b.life = l.cycle, settled(outcome)
	if f, ok := l.families[asked.Subject]; ok {
		f.cycle = l.cycle
	}
}

// living gives copies of the client's families that can be refreshed.
func (l *ledger) living(c *client) []family {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []family
	for _, f := range l.families {
		if c.owns(f.id) && f.life == live && f.redeemed == redeemed && !f.turning {
			list = append(list, *f)
		}
	}
	slices.SortFunc(list, func(a, b family) int { return a.codeAt.Compare(b.codeAt) })
	return list
}
