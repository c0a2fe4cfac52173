package oracle

import (
	"launchpad/bench/drive"
)

// appPage is an app that was registered in the portal, with the personal tokens made from its page.
type appPage struct {
	id    string
	form  drive.Form
	owner string // client_id, if the client saw it
	life  life
	cycle int
	list  []*personal
}

// personal is a personal token. Whether it was made and whether it was ended can each be unknown.
type personal struct {
	id    string
	app   string
	form  drive.Form
	made  life   // unsure or live
	token string // empty: made, but the answer was lost
	life  life
}

func (l *ledger) learnApp(asked, outcome entry) {
	page, known := l.pages[asked.Subject]
	if !known {
		page = &appPage{id: asked.Subject, form: *asked.Form}
		l.pages[asked.Subject] = page
	}
	page.cycle, page.life = l.cycle, unsure
	if outcome.Phase != ack {
		return
	}
	page.life = live
	if app := outcome.NewApp; app != nil {
		page.owner = app.ClientID
		l.apps[app.ClientID] = *app
	}
}

func (l *ledger) learnPersonal(asked, outcome entry) {
	page := l.pages[asked.App]
	page.cycle = l.cycle
	p, known := l.personal[asked.Subject]
	if !known {
		p = &personal{id: asked.Subject, app: asked.App, form: *asked.Form}
		l.personal[p.id] = p
		page.list = append(page.list, p)
	}
	p.made, p.life = unsure, live
	if outcome.Phase == ack {
		p.made, p.token = live, outcome.Personal
	}
}

func (l *ledger) learnEndOfPersonal(asked, outcome entry) {
	l.pages[asked.App].cycle = l.cycle
	l.personal[asked.Subject].life = settled(outcome)
}

// consented is what a person allowed an app.
type consented struct {
	app   drive.App
	cycle int
	reach string   // of the newest acknowledged consent; empty: none
	maybe []string // of unknown ones since
}

// nothing is the reach where there is no consent.
const nothing = "nothing"

func (l *ledger) learnConsent(asked, outcome entry) {
	app := l.apps[asked.App]
	if !app.Confidential() {
		return // its consent is used up by the code that follows
	}
	c, known := l.consents[asked.App]
	if !known {
		c = &consented{app: app, reach: nothing}
		l.consents[asked.App] = c
	}
	c.cycle = l.cycle
	switch outcome.Phase {
	case ack:
		c.reach, c.maybe = asked.Reach, nil
	case unknown:
		c.maybe = append(c.maybe, asked.Reach)
	}
}

// sessionsOfAPerson is how many live at a time: the oldest make room.
const sessionsOfAPerson = 20

// session is a browser that signed in.
type session struct {
	number  int // of its person's sign-ins that may have succeeded
	id      string
	cookies string
	life    life
	cycle   int
}

func (l *ledger) learnSignIn(asked, outcome entry) {
	if outcome.Phase != refused {
		l.signIns++
	}
	if outcome.Phase == ack {
		l.sessions[asked.Subject] = &session{number: l.signIns, id: asked.Subject, cookies: outcome.Cookies, life: live, cycle: l.cycle}
	}
}

// pushedOut reports whether later sign-ins may have ended the session: then nothing is known of it.
func (l *ledger) pushedOut(s *session) bool {
	return s.life != ended && l.signIns-s.number >= sessionsOfAPerson
}

func (l *ledger) learnSignOut(asked, outcome entry) {
	s := l.sessions[asked.Subject]
	s.cycle, s.life = l.cycle, settled(outcome)
}
