package main

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"launchpad/bench/drive"
)

// sent judges an act on a page, which leads on when it is done.
func sent(page drive.Page, err error) error {
	return shown(page, err, page.Status == http.StatusSeeOther)
}

// submit opens a page and sends the form on it that goes to a path.
func (r *runner) submit(browser *drive.Browser, on, path string, pairs ...string) (drive.Page, error) {
	page, err := browser.Get(on)
	if err := shown(page, err, page.Status == http.StatusOK); err != nil {
		return page, err
	}
	form, err := page.Form(path, pairs...)
	if err != nil {
		return page, err
	}
	return browser.Send(form)
}

var (
	endOfSecret = regexp.MustCompile(`href="(/oauth/applications/[^"]+/secrets/[^"]+/end)"`)
	newSecret   = regexp.MustCompile(`>(lp_cs_[A-Za-z0-9]+)<`)
	accountPage = regexp.MustCompile(`href="(/accounts/[a-z0-9-]+)"`)
	memberPage  = regexp.MustCompile(`href="(/accounts/[^"]+/members/[^"]+)"`)
	invitation  = regexp.MustCompile(`[?&](?:amp;)?code=(lp_[a-z]+_[A-Za-z0-9]+)`)
)

// replaceSecret gives an app a second secret and ends the first: the page lists the oldest first.
func (r *runner) replaceSecret() error {
	app, id, err := r.newApp("Tart")
	if err != nil {
		return err
	}
	path := drive.PathApps + "/" + id
	page, err := r.submit(r.browser, path, path+"/secrets")
	made := newSecret.FindStringSubmatch(page.Body)
	if err := shown(page, err, page.Status == http.StatusCreated && made != nil); err != nil {
		return err
	}
	second := app
	second.Secret = made[1]
	r.promise("a second secret", func(r *runner) error { return answered(r.programs.Introspect(second, "no token")) })
	page, err = r.browser.Get(path)
	ends := endOfSecret.FindStringSubmatch(page.Body)
	if err := shown(page, err, ends != nil); err != nil {
		return err
	}
	if err := sent(r.submit(r.browser, ends[1], ends[1], "password", r.facts.Identity.Password)); err != nil {
		return err
	}
	r.promise("the end of a secret", func(r *runner) error {
		a, err := r.programs.Introspect(app, "no token")
		if a.Status == http.StatusUnauthorized && a.Code == "invalid_client" {
			return nil
		}
		return orWorks(answered(a, err))
	})
	return nil
}

// orWorks: what should have been refused was not.
func orWorks(err error) error {
	if err == nil {
		err = errors.New("it works again")
	}
	return err
}

// removeConnected takes back what an app may do.
func (r *runner) removeConnected() error {
	// An earlier attempt may have left an app behind, whose grant is another one.
	r.pies++
	name := fmt.Sprintf("Pie %d", r.pies)
	app, _, err := r.newApp(name)
	if err != nil {
		return err
	}
	a, err := r.tokens(app)
	if err != nil {
		return err
	}
	const connected = "/oauth/authorized_applications"
	page, err := r.browser.Get(connected)
	if err := shown(page, err, page.Status == http.StatusOK); err != nil {
		return err
	}
	remove := ""
	for _, card := range strings.Split(page.Body, "<section") {
		if at := strings.Index(card, connected+"/"); at >= 0 && strings.Contains(card, "<bdi>"+name+"</bdi>") {
			remove, _, _ = strings.Cut(card[at:], `"`)
		}
	}
	form, err := page.Form(remove)
	if err != nil {
		return err
	}
	if err := sent(r.browser.Send(form)); err != nil {
		return err
	}
	r.promise("the removal of a connected app", isDead(a.Access))
	return nil
}

// firstPassword is what the member signs up with.
const firstPassword = "another long pass phrase"

// as opens a browser in which somebody is signed in.
func (r *runner) as(p drive.Person) (*drive.Browser, error) {
	browser, err := drive.NewBrowser(r.facts.Issuer, "")
	if err != nil {
		return nil, err
	}
	facts := r.facts
	facts.Identity = p
	return browser, signedIn(browser.SignIn(facts))
}

// inviteMember makes an invitation into the account, by which somebody signs up. One attempt that got through without an
// answer is known by the sign-in that works.
func (r *runner) inviteMember() error {
	joined := func() error {
		r.promise("a member", func(r *runner) error {
			if r.notAMember {
				return nil
			}
			browser, err := r.as(r.member)
			if err != nil && r.perhaps.Email != "" {
				browser, err = r.as(r.perhaps)
			}
			if err != nil {
				return err
			}
			defer browser.Close()
			page, err := browser.Get("/accounts")
			return shown(page, err, strings.Contains(page.Body, "Olga&#39;s Bakery"))
		})
		return nil
	}
	if r.begun["member"] {
		if browser, err := r.as(r.member); err == nil {
			browser.Close()
			return joined()
		}
	}
	// An invitation whose link was lost stands in the way of another one to its address.
	r.invited++
	r.member = drive.Person{Email: fmt.Sprintf("max%d@example.com", r.invited), Password: firstPassword}
	r.begun["member"] = false
	page, err := r.browser.Get("/accounts")
	account := accountPage.FindStringSubmatch(page.Body)
	if err := shown(page, err, account != nil); err != nil {
		return err
	}
	r.account = account[1]
	page, err = r.submit(r.browser, r.account+"/invitations/new", r.account+"/invitations", "email", r.member.Email, "role", "member")
	code := invitation.FindStringSubmatch(page.Body)
	if err := shown(page, err, page.Status == http.StatusCreated && code != nil); err != nil {
		return err
	}
	browser, err := drive.NewBrowser(r.facts.Issuer, "")
	if err != nil {
		return err
	}
	defer browser.Close()
	r.begun["member"] = true
	if err := sent(r.submit(browser, "/signup?code="+code[1], "/signup", "name", "Max", "email", r.member.Email, "password", r.member.Password)); err != nil {
		return err
	}
	return joined()
}

// changePassword changes the member's in one browser, which ends the session in another.
func (r *runner) changePassword() error {
	const second = "a third long pass phrase"
	first, changed := r.member, r.member
	changed.Password = second
	r.perhaps = changed
	other, err := r.as(first)
	if err != nil && r.begun["password"] {
		if other, err = r.as(changed); err == nil {
			other.Close()
			return r.passwordChanged(first, changed)
		}
	}
	if err != nil {
		return err
	}
	defer other.Close()
	cookies := other.Cookies()
	browser, err := r.as(first)
	if err != nil {
		return err
	}
	defer browser.Close()
	r.begun["password"] = true
	if err := sent(r.submit(browser, "/account/password", "/account/password", "current_password", first.Password, "password", second)); err != nil {
		return err
	}
	r.promise("the end of the other sessions", seesPortal(cookies, false))
	return r.passwordChanged(first, changed)
}

// passwordChanged promises that the new one is good, and the old one is not.
func (r *runner) passwordChanged(first, changed drive.Person) error {
	r.member = changed
	r.promise("the changed password", func(r *runner) error {
		if r.memberGone {
			return nil
		}
		browser, err := r.as(r.member)
		if err == nil {
			browser.Close()
		}
		return err
	})
	r.promise("the end of the old password", cannotSignIn(first))
	return nil
}

func cannotSignIn(p drive.Person) func(*runner) error {
	return func(r *runner) error {
		browser, err := drive.NewBrowser(r.facts.Issuer, "")
		if err != nil {
			return err
		}
		defer browser.Close()
		form, err := browser.SignInForm(p)
		if err := signedIn(err); err != nil {
			return err
		}
		page, err := browser.Send(form)
		// Asked often enough, it says that it was asked often enough.
		if page.Status == http.StatusUnprocessableEntity || page.Status == http.StatusTooManyRequests {
			return nil
		}
		return orWorks(shown(page, err, page.Status == http.StatusSeeOther))
	}
}

// removeMember ends a membership, and what an app could do in the account for the member.
func (r *runner) removeMember() error {
	token, err := r.tokenOf(r.member)
	if err != nil {
		return err
	}
	page, err := r.browser.Get(r.account)
	if err := shown(page, err, page.Status == http.StatusOK); err != nil {
		return err
	}
	for _, found := range memberPage.FindAllStringSubmatch(page.Body, -1) {
		inside, err := r.browser.Get(found[1])
		if err := shown(inside, err, inside.Status == http.StatusOK); err != nil {
			return err
		}
		if !strings.Contains(inside.Body, r.member.Email) {
			continue
		}
		r.notAMember = true // or perhaps not; from here on nothing is promised
		form, err := inside.Form(found[1] + "/remove")
		if err != nil {
			return err
		}
		if err := sent(r.browser.Send(form)); err != nil {
			return err
		}
	}
	r.promise("the removal of a member", func(r *runner) error {
		a, err := r.programs.Call(token, "")
		if a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized {
			return nil
		}
		return orWorks(answered(a, err))
	})
	return nil
}

// tokenOf lets the first app act for somebody.
func (r *runner) tokenOf(p drive.Person) (string, error) {
	browser, err := r.as(p)
	if err != nil {
		return "", err
	}
	defer browser.Close()
	own := r.browser
	r.browser = browser
	defer func() { r.browser = own }()
	a, err := r.tokens(r.app)
	return a.Access, err
}

// deleteID deletes the member's ID. An attempt that got through without an answer leaves nobody to sign in.
func (r *runner) deleteID() error {
	gone := func() error {
		r.promise("the deletion of an ID", cannotSignIn(r.member))
		return nil
	}
	browser, err := r.as(r.member)
	if err != nil && r.begun["deletion"] && cannotSignIn(r.member)(r) == nil {
		return gone()
	}
	if err != nil {
		return err
	}
	defer browser.Close()
	r.begun["deletion"], r.memberGone = true, true // or perhaps not
	page, err := r.submit(browser, "/account/delete", "/account/delete", "password", r.member.Password)
	if err := shown(page, err, page.Status < http.StatusBadRequest); err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	return gone()
}
