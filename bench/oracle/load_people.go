package oracle

import (
	"time"

	"launchpad/bench/drive"
	"launchpad/internal/web"
)

// How often the clients that are people do what.
const (
	endsPersonal = 0.5
	byItsPower   = 0.5 // at the revocation endpoint, not in the portal
	signsOut     = 0.5
)

// redirectOfNewApps is where nothing listens.
const redirectOfNewApps = "https://app.example/callback"

// newApp registers an app in the portal.
func (c *client) newApp() (id string, app drive.App, err error) {
	form, err := c.browser.AppForm(c.subject(), c.facts.Accounts[0].ID, redirectOfNewApps)
	if err != nil {
		return "", app, err
	}
	got, err := c.sendAppForm(form)
	if err != nil {
		return "", app, err
	}
	if got.NewApp == nil {
		return "", app, refusal("a form that was sent once led to an app that exists")
	}
	return form.Makes(web.MakesApp), *got.NewApp, nil
}

// beginPersonal registers an app, makes personal tokens from its page, uses them and ends some.
func beginPersonal(c *client, _ []family) turn {
	var app string
	return func() (err error) {
		if app == "" {
			app, _, err = c.newApp()
			return err
		}
		form, err := c.browser.TokenForm(app, c.subject())
		if err != nil {
			return err
		}
		got, err := c.sendTokenForm(app, form)
		if err != nil {
			return err
		}
		if err := c.use(form.Makes(web.MakesPersonalToken), got.Personal); err != nil || !c.chance(endsPersonal) {
			return err
		}
		token := form.Makes(web.MakesPersonalToken)
		if c.chance(byItsPower) {
			return c.revokePersonal(token, app, got.Personal, nil)
		}
		form.Path = drive.RevocationPath(app, token)
		return c.revokePersonal(token, app, got.Personal, &form)
	}
}

// beginConsent registers an app and consents to it again and again, each time to other accounts.
func beginConsent(c *client, _ []family) turn {
	var app drive.App
	return func() (err error) {
		if app.ClientID == "" {
			_, app, err = c.newApp()
			return err
		}
		account := ""
		if n := c.rand.IntN(len(c.facts.Accounts) + 1); n > 0 {
			account = c.facts.Accounts[n-1].ID
		}
		_, err = c.consent(app, account, app.AuthorizationRequest(askAgain))
		return err
	}
}

// betweenVisits leaves the processor to the others: checking a password is meant to be slow.
const betweenVisits = 100 * time.Millisecond

// beginVisitor signs in with a new browser each time, and out again with some. It is the colleague: the sessions of a person
// push each other out, and the others need theirs.
func beginVisitor(c *client, _ []family) turn {
	return func() error {
		time.Sleep(betweenVisits)
		browser, err := drive.NewBrowser(c.facts.Issuer, "")
		if err != nil {
			return err
		}
		defer browser.Close()
		session := c.subject()
		if err := c.signIn(session, c.facts.Colleague, browser); err != nil || !c.chance(signsOut) {
			return err
		}
		return c.signOut(session, browser)
	}
}
