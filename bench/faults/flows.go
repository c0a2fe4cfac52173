package main

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"launchpad/bench/drive"
	"launchpad/internal/web"
)

// phases are the main flows, in order. One that met a fault is done again from its beginning, as a person or a
// program would.
var phases = []struct {
	name string
	do   func(*runner) error
}{
	{"setup", (*runner).setUp},
	{"sign in", (*runner).signIn},
	{"register app", (*runner).registerApp},
	{"consent and code", (*runner).authorize},
	{"refresh", (*runner).refreshOnce},
	{"refresh again", (*runner).refreshOnce},
	{"revoke", (*runner).revoke},
	{"personal token", (*runner).personalToken},
	{"revoke personal token", (*runner).revokePersonalToken},
	{"sign out", (*runner).signOut},
	{"second secret", (*runner).replaceSecret},
	{"connected app", (*runner).removeConnected},
	{"invite a member", (*runner).inviteMember},
	{"change password", (*runner).changePassword},
	{"remove member", (*runner).removeMember},
	{"delete an ID", (*runner).deleteID},
	{"delete app", (*runner).deleteApp},
}

// setUp makes the operator. If an earlier attempt got through after all, there is no link any more, and the promise,
// which has not been given, is kept nevertheless.
func (r *runner) setUp() error {
	exists := func() error { r.promise("the operator's password", (*runner).canSignIn); return nil }
	if r.begun["setup"] && r.canSignIn() == nil {
		return exists()
	}
	link, err := r.link()
	if err != nil {
		return err
	}
	page, err := r.browser.Get(link)
	if err := shown(page, err, page.Status == http.StatusOK); err != nil {
		return err
	}
	form, err := page.Form("/setup", "name", "Olga", "email", r.facts.Identity.Email, "password", r.facts.Identity.Password, "account_name", "Olga's Bakery")
	if err != nil {
		return err
	}
	r.begun["setup"] = true
	page, err = r.browser.Send(form)
	if err := shown(page, err, page.Status == http.StatusSeeOther); err != nil {
		return err
	}
	return exists()
}

func (r *runner) canSignIn() error {
	browser, err := drive.NewBrowser(r.facts.Issuer, "")
	if err != nil {
		return err
	}
	defer browser.Close()
	return signedIn(browser.SignIn(r.facts))
}

func signedIn(err error) error { return shown(drive.Page{}, err, err == nil) }

func (r *runner) signIn() error {
	if err := signedIn(r.browser.SignIn(r.facts)); err != nil {
		return err
	}
	r.promise("a session", seesPortal(r.browser.Cookies(), true))
	return nil
}

// seesPortal asks whether a browser with these cookies is signed in.
func seesPortal(cookies string, want bool) func(*runner) error {
	return func(r *runner) error {
		browser, err := drive.NewBrowser(r.facts.Issuer, cookies)
		if err != nil {
			return err
		}
		defer browser.Close()
		page, err := browser.Get(drive.PathNewApp)
		if err := shown(page, err, page.Status < 400); err != nil {
			return err
		}
		if page.SignedIn() != want {
			return fmt.Errorf("signed in: %t, want %t", page.SignedIn(), want)
		}
		return nil
	}
}

const redirect = "https://app.example/callback"

var firstAccount = regexp.MustCompile(`<option value="([^"]+)"`)

// newApp registers an app.
func (r *runner) newApp(name string) (app drive.App, id string, err error) {
	page, err := r.browser.Get(drive.PathNewApp)
	account := firstAccount.FindStringSubmatch(page.Body)
	if err := shown(page, err, account != nil); err != nil {
		return app, "", err
	}
	form, err := r.browser.AppForm(name, account[1], redirect)
	if err := shown(drive.Page{}, err, err == nil); err != nil {
		return app, "", err
	}
	page, err = r.browser.Send(form)
	app, ok := page.NewApp(redirect)
	return app, form.Makes(web.MakesApp), shown(page, err, ok)
}

func (r *runner) registerApp() error {
	app, id, err := r.newApp("Bread")
	if err != nil {
		return err
	}
	r.app, r.appID = app, id
	r.promise("an app's secret", func(r *runner) error { return answered(r.programs.Introspect(app, "no token")) })
	return nil
}

// tokens runs a code flow.
func (r *runner) tokens(app drive.App) (drive.Answer, error) {
	page, err := r.browser.Follow(r.browser.Get(app.AuthorizationRequest(nil)))
	if err == nil && page.Path == drive.PathConsent && page.Status == http.StatusOK {
		var form drive.Form
		if form, err = page.ConsentForm(""); err == nil {
			page, err = r.browser.Follow(r.browser.Send(form))
		}
	}
	if err := shown(page, err, page.Code() != ""); err != nil {
		return drive.Answer{}, err
	}
	a, err := r.programs.Redeem(app, page.Code())
	if errors.Is(answered(a, err), errUnavailable) {
		// The same code once there is space again: it was not spent.
		if err := r.whileFull(); err != nil {
			return a, err
		}
		r.tally.refused++
		r.disk.Release()
		a, err = r.programs.Redeem(app, page.Code())
	}
	return a, answered(a, err)
}

func (r *runner) authorize() error {
	a, err := r.tokens(r.app)
	if err != nil {
		return err
	}
	r.receive(a)
	r.promise("the newest refresh token", func(r *runner) error { return r.isActive(r.refresh) })
	return nil
}

// receive takes the tokens of an answer, as the app would.
func (r *runner) receive(a drive.Answer) {
	r.refresh = a.Refresh
	r.promiseToken("an access token", a.Access)
}

func (r *runner) promiseToken(what, token string) {
	r.working = append(r.working, token)
	r.promise(what, func(r *runner) error { return r.verifies(token) })
}

// isActive asks the server about a token. After an answer that was lost the token before it is no more the current
// one, which its grace makes up for; so the app refreshes first.
func (r *runner) isActive(token string) error {
	a, err := r.programs.Introspect(r.app, token)
	if err := answered(a, err); err != nil || a.Active {
		return err
	}
	a, err = r.programs.Refresh(r.app, token)
	if err := answered(a, err); err != nil {
		return err
	}
	r.refresh = a.Refresh
	return nil
}

func (r *runner) verifies(token string) error { return answered(r.programs.Call(token, "")) }

// isDead is the promise of a revocation.
func isDead(token string) func(*runner) error {
	return func(r *runner) error {
		a, err := r.programs.Call(token, "")
		if a.Status == http.StatusUnauthorized {
			return nil
		}
		if err := answered(a, err); err != nil {
			return err
		}
		return errors.New("it works again")
	}
}

func (r *runner) refreshOnce() error {
	a, err := r.programs.Refresh(r.app, r.refresh)
	if err := answered(a, err); err != nil {
		return err
	}
	r.receive(a)
	return nil
}

// revoke ends a sign-in of the app. If the answer is lost the client asks again, for the same token.
func (r *runner) revoke() error {
	a, err := r.tokens(r.app)
	if err != nil {
		return err
	}
	for range maxTries {
		answer, err := r.programs.Revoke(r.app, a.Refresh)
		if err = answered(answer, err); err == nil {
			r.promise("a revocation", isDead(a.Access))
			return nil
		}
		if recovered := r.phase("revoke again", r.onceMore(err)); recovered != nil {
			return recovered
		}
	}
	return errors.New("the revocation is never answered")
}

// onceMore lets phase deal with an error that was met inside of an act.
func (r *runner) onceMore(met error) func(*runner) error {
	return func(*runner) error { err := met; met = nil; return err }
}

// newPersonalToken makes one from the app's page.
func (r *runner) newPersonalToken(name string) (token string, revoke drive.Form, err error) {
	form, err := r.browser.TokenForm(r.appID, name)
	if err := shown(drive.Page{}, err, err == nil); err != nil {
		return "", form, err
	}
	page, err := r.browser.Send(form)
	token, ok := page.NewPersonalToken()
	revoke = drive.Form{Path: drive.RevocationPath(r.appID, form.Makes(web.MakesPersonalToken)), Values: form.Values}
	return token, revoke, shown(page, err, ok)
}

func (r *runner) personalToken() error {
	token, _, err := r.newPersonalToken("Script")
	if err != nil {
		return err
	}
	r.promiseToken("a personal token", token)
	return nil
}

func (r *runner) revokePersonalToken() error {
	token, revoke, err := r.newPersonalToken("Old script")
	if err != nil {
		return err
	}
	page, err := r.browser.Send(revoke)
	if err := shown(page, err, page.Status == http.StatusSeeOther); err != nil {
		return err
	}
	r.promise("the revocation of a personal token", isDead(token))
	return nil
}

// signOut ends the session of another browser.
func (r *runner) signOut() error {
	browser, err := drive.NewBrowser(r.facts.Issuer, "")
	if err != nil {
		return err
	}
	defer browser.Close()
	if err := signedIn(browser.SignIn(r.facts)); err != nil {
		return err
	}
	cookies := browser.Cookies()
	page, err := browser.Get(drive.PathNewApp)
	if err := shown(page, err, page.Status == http.StatusOK); err != nil {
		return err
	}
	form, err := page.Form(drive.PathSignOut)
	if err != nil {
		return err
	}
	delete(form.Values, web.FormIDField)
	page, err = browser.Send(form)
	if err := shown(page, err, page.Status == http.StatusSeeOther); err != nil {
		return err
	}
	r.promise("the end of a session", seesPortal(cookies, false))
	return nil
}

// deleteApp registers another app, gets tokens for it, and deletes it.
func (r *runner) deleteApp() error {
	app, id, err := r.newApp("Cake")
	if err != nil {
		return err
	}
	a, err := r.tokens(app)
	if err != nil {
		return err
	}
	path := drive.PathApps + "/" + id
	page, err := r.browser.Get(path + "/delete")
	if err := shown(page, err, page.Status == http.StatusOK); err != nil {
		return err
	}
	form, err := page.Form(path+"/delete", "password", r.facts.Identity.Password)
	if err != nil {
		return err
	}
	page, err = r.browser.Send(form)
	if err := shown(page, err, page.Status == http.StatusSeeOther); err != nil {
		return err
	}
	r.promise("the deletion of an app", isDead(a.Access))
	r.promise("the deleted app's page", func(r *runner) error {
		page, err := r.browser.Get(path)
		return shown(page, err, page.Status == http.StatusNotFound)
	})
	return nil
}
