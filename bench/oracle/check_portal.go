package oracle

import (
	"net/http"
	"net/url"
	"strings"

	"launchpad/bench/drive"
)

// app asks about an app that was registered in the portal and about the personal tokens made from its page.
func (d *desk) app(p *appPage) {
	if p.life == unsure && !d.resendApp(p) {
		return
	}
	if p.owner != "" {
		// Whoever may ask about a token has proved its secret.
		a, ok := d.program(p.id, "introspect", func() (drive.Answer, error) {
			return d.programs.Introspect(d.ledger.app(p.owner), "no token")
		})
		if ok {
			d.hold(p.id, "the app's secret", live, a.OK())
		}
	}
	for _, t := range p.list {
		d.personal(t)
	}
	page, ok := d.page(p.id, drive.PathApps+"/"+p.id, d.browser)
	if !ok {
		return
	}
	d.hold(p.id, "the app's page", live, page.SignedIn())
	for _, t := range p.list {
		d.listed(page, t)
	}
}

// resendApp sends a form whose answer was lost again: the app is made now or was made then, and not once more.
func (d *desk) resendApp(p *appPage) bool {
	if !d.persist(p.id, "register app again", func() error { _, err := d.sendAppForm(d.mine(p.form)); return err }) {
		return false
	}
	return d.onlyOnce(p.id, p.form)
}

// mine makes a form that another browser was drawn fit for this one.
func (d *desk) mine(form drive.Form) drive.Form {
	values := url.Values{}
	for name, list := range form.Values {
		values[name] = list
	}
	values.Set("csrf", d.csrf())
	return drive.Form{Path: form.Path, Values: values}
}

func (d *desk) csrf() string {
	page, ok := d.page("the portal", drive.PathNewApp, d.browser)
	if !ok {
		return ""
	}
	form, err := page.Form("")
	if err != nil {
		d.ledger.violate(Lost, "the portal", err.Error())
	}
	return form.Values.Get("csrf")
}

// onlyOnce sends a form that was answered once more. Now the thing exists, so nothing new may be shown.
func (d *desk) onlyOnce(subject string, form drive.Form) bool {
	var page drive.Page
	form = d.mine(form)
	ok := d.persist(subject, "the same form again", func() (err error) {
		page, err = d.browser.Send(form)
		return shown(page, err, true)
	})
	if ok && page.Status != http.StatusSeeOther {
		d.ledger.violate(doubled, subject, "the same form made something again: "+page.String())
	}
	return ok
}

// personal asks about a personal token.
func (d *desk) personal(t *personal) {
	if t.made == unsure {
		if !d.persist(t.id, "create personal token again", func() error { _, err := d.sendTokenForm(t.app, d.mine(t.form)); return err }) {
			return
		}
		d.onlyOnce(t.id, t.form)
	}
	if t.token == "" {
		return // it exists, but nobody was given it
	}
	if t.life == unsure {
		t.life = d.settle(t.id, "personal token", func() (bool, bool) { return d.works(t.id, t.token) })
	}
	if works, ok := d.works(t.id, t.token); ok {
		d.hold(t.id, "a personal token", t.life, works)
	}
}

// listed: the app's page shows a living token once and an ended one not at all.
func (d *desk) listed(page drive.Page, t *personal) {
	if t.made != live || t.life == unsure {
		return
	}
	shown := strings.Count(page.Body, `"`+drive.RevocationPath(t.app, t.id)+`"`)
	d.hold(t.id, "the line of a personal token on its app's page", t.life, shown > 0)
	if shown > 1 {
		d.ledger.violate(doubled, t.id, "a personal token is listed twice")
	}
}

// session asks whether a browser is signed in.
func (d *desk) session(s *session) {
	browser, err := drive.NewBrowser(d.facts.Issuer, s.cookies)
	if err != nil {
		d.ledger.violate(unanswered, s.id, err.Error())
		return
	}
	defer browser.Close()
	signedIn := func() (bool, bool) {
		page, ok := d.page(s.id, drive.PathNewApp, browser)
		return page.SignedIn(), ok
	}
	if s.life == unsure {
		s.life = d.settle(s.id, "session", signedIn)
	}
	if works, ok := signedIn(); ok {
		d.hold(s.id, "a session", s.life, works)
	}
}
