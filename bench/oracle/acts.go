package oracle

import (
	"net/http"
	"net/url"
	"strings"

	"launchpad/bench/drive"
	"launchpad/internal/web"
)

// act is what a journal line is about. Each is one request.
type act string

const (
	authorize      act = "authorize"
	redeem         act = "redeem"
	replay         act = "replay" // a redeemed code again: the server must refuse, and end what it was given for
	refresh        act = "refresh"
	issue          act = "client_credentials"
	call           act = "call API"
	revokeRefresh  act = "revoke refresh token"
	revokeAccess   act = "revoke access token"
	registerApp    act = "register app"
	createPersonal act = "create personal token"
	revokePersonal act = "revoke personal token"
	consent        act = "consent"
	signIn         act = "sign in"
	signOut        act = "sign out"
)

// everyAct in the order of reports.
var everyAct = []act{signIn, signOut, registerApp, consent, authorize, redeem, replay, refresh, issue, call, revokeRefresh, revokeAccess, createPersonal, revokePersonal}

func tokensOf(a drive.Answer) entry {
	return entry{Access: a.Access, Refresh: a.Refresh, Scope: a.Scope}
}

func (c *client) redeem(family string, app drive.App, code string, mayRefuse bool) (entry, error) {
	return c.try(entry{Act: redeem, Subject: family, App: app.ClientID, Sent: code, MayRefuse: mayRefuse}, func() (entry, error) {
		a, err := c.programs.Redeem(app, code)
		return tokensOf(a), answered(a, err)
	})
}

// replay presents a code that was redeemed. RFC 6749 §4.1.2: refused, and its tokens are revoked.
func (c *client) replay(family string, app drive.App, code string) error {
	_, err := c.try(entry{Act: replay, Subject: family, App: app.ClientID, Sent: code}, func() (entry, error) {
		a, err := c.programs.Redeem(app, code)
		if err == nil && a.InvalidGrant() {
			return entry{}, nil
		}
		if err = answered(a, err); err == nil {
			err = refusal("the code was answered with tokens a second time")
		}
		return entry{}, err
	})
	return err
}

func (c *client) refresh(family string, app drive.App, token string) (entry, error) {
	return c.try(entry{Act: refresh, Subject: family, App: app.ClientID, Sent: token}, func() (entry, error) {
		a, err := c.programs.Refresh(app, token)
		return tokensOf(a), answered(a, err)
	})
}

func (c *client) issue(app drive.App) (entry, error) {
	return c.try(entry{Act: issue, Subject: c.subject(), App: app.ClientID}, func() (entry, error) {
		a, err := c.programs.Issue(app)
		return tokensOf(a), answered(a, err)
	})
}

// use calls the API with a token that must work.
func (c *client) use(subject, token string) error {
	_, err := c.try(entry{Act: call, Subject: subject, Sent: token}, func() (entry, error) {
		return entry{}, answered(c.programs.Call(token, c.facts.Accounts[0].Slug))
	})
	return err
}

// revoke ends a refresh or access token.
func (c *client) revoke(what act, subject string, app drive.App, token string) error {
	_, err := c.try(entry{Act: what, Subject: subject, App: app.ClientID, Sent: token}, func() (entry, error) {
		a, err := c.programs.Revoke(app, token)
		return entry{}, answered(a, err)
	})
	return err
}

// authorize gets a code; where the server asks for consent, to all accounts, that is an act of its own.
func (c *client) authorize(family string, app drive.App) (string, error) {
	path := app.AuthorizationRequest(nil)
	if !app.Confidential() {
		// Consent is never remembered for it.
		page, err := c.consent(app, "", path)
		if err != nil {
			return "", err
		}
		path = page.To
	}
	got, err := c.try(entry{Act: authorize, Subject: family, App: app.ClientID}, func() (entry, error) {
		page, err := c.browser.Get(path)
		return entry{Code: page.Code()}, shown(page, err, page.Code() != "")
	})
	return got.Code, err
}

// reachAll is how a consent to all accounts, now and later, is written.
const reachAll = "all"

// consent opens an authorization request that leads to the consent page, and allows one account or, without one, all.
func (c *client) consent(app drive.App, account, path string) (drive.Page, error) {
	page, err := c.browser.Follow(c.browser.Get(path))
	if err := shown(page, err, page.Path == drive.PathConsent); err != nil {
		return page, err
	}
	form, err := page.ConsentForm(account)
	if err != nil {
		return page, err
	}
	reach := account
	if reach == "" {
		reach = reachAll
	}
	_, err = c.try(entry{Act: consent, Subject: app.ClientID, App: app.ClientID, Reach: reach}, func() (entry, error) {
		page, err = c.browser.Send(form)
		return entry{}, shown(page, err, page.Status == http.StatusSeeOther && strings.HasPrefix(page.To, "/oauth/authorize/continue"))
	})
	return page, err
}

// askAgain makes the server ask although it remembers.
var askAgain = url.Values{"prompt": {"consent"}}

// sendAppForm registers an app. The same form a second time leads to the app's page, without the secret.
func (c *client) sendAppForm(form drive.Form) (entry, error) {
	id := form.Makes(web.MakesApp)
	return c.try(entry{Act: registerApp, Subject: id, Form: &form}, func() (entry, error) {
		page, err := c.browser.Send(form)
		app, ok := page.NewApp(form.Values.Get("redirect_uri"))
		if ok {
			return entry{NewApp: &app}, nil
		}
		return entry{}, shown(page, err, page.Status == http.StatusSeeOther && page.To == drive.PathApps+"/"+id)
	})
}

// sendTokenForm makes a personal token from the page of the app with the given id.
func (c *client) sendTokenForm(app string, form drive.Form) (entry, error) {
	return c.try(entry{Act: createPersonal, Subject: form.Makes(web.MakesPersonalToken), App: app, Form: &form}, func() (entry, error) {
		page, err := c.browser.Send(form)
		token, ok := page.NewPersonalToken()
		if ok {
			return entry{Personal: token}, nil
		}
		return entry{}, shown(page, err, page.Status == http.StatusSeeOther && page.To == drive.PathApps+"/"+app)
	})
}

// revokePersonal ends a personal token: by its own power, or with a form of the portal.
func (c *client) revokePersonal(subject, app, token string, form *drive.Form) error {
	_, err := c.try(entry{Act: revokePersonal, Subject: subject, App: app, Sent: token}, func() (entry, error) {
		if form == nil {
			a, err := c.programs.Revoke(drive.App{}, token)
			return entry{}, answered(a, err)
		}
		page, err := c.browser.Send(*form)
		return entry{}, shown(page, err, page.Status == http.StatusSeeOther && strings.HasPrefix(page.To, drive.PathApps+"/"+app))
	})
	return err
}

// signIn starts a session of a person in a browser.
func (c *client) signIn(session string, person drive.Person, browser *drive.Browser) error {
	form, err := browser.SignInForm(person)
	if err != nil {
		return err
	}
	_, err = c.try(entry{Act: signIn, Subject: session}, func() (entry, error) {
		page, err := browser.Send(form)
		return entry{Cookies: browser.Cookies()}, shown(page, err, page.Status == http.StatusSeeOther)
	})
	return err
}

// signOut ends it. The browser forgets its cookie, but the journal does not.
func (c *client) signOut(session string, browser *drive.Browser) error {
	page, err := browser.Get(drive.PathNewApp)
	if err != nil {
		return err
	}
	form, err := page.Form(drive.PathSignOut)
	if err != nil {
		return err
	}
	delete(form.Values, "form_id")
	_, err = c.try(entry{Act: signOut, Subject: session}, func() (entry, error) {
		page, err := browser.Send(form)
		return entry{}, shown(page, err, page.Status == http.StatusSeeOther)
	})
	return err
}
