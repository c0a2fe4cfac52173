package drive

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/web"
)

// Paths of the pages that are used by name.
const (
	PathSignIn  = "/signin"
	PathSignOut = "/signout"
	PathConsent = "/oauth/consent"
	PathApps    = "/oauth/applications"
	PathNewApp  = "/oauth/applications/new"
)

// SignInForm opens the sign-in page and fills it.
func (b *Browser) SignInForm(p Person) (Form, error) {
	page, err := b.Get(PathSignIn)
	if err != nil {
		return Form{}, err
	}
	return page.Form(PathSignIn, "email", p.Email, "password", p.Password)
}

// SignIn signs the demo's person in.
func (b *Browser) SignIn(f Facts) error {
	form, err := b.SignInForm(f.Identity)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	page, err := b.Send(form)
	if err == nil && page.Status != http.StatusSeeOther {
		err = Unexpected{page, "the way on"}
	}
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// SignedIn reads from the answer of a page that is for people who are signed in, whether the browser was. A
// stranger is sent to the sign-in.
func (p Page) SignedIn() bool {
	return p.Status == http.StatusOK && !strings.Contains(p.Body, `name="password"`)
}

// ConsentForm fills the consent page. No account means all of them, now and later.
func (p Page) ConsentForm(account string) (Form, error) {
	f, err := p.Form(PathConsent, "act", "allow")
	if err != nil {
		return f, err
	}
	if !f.Values.Has("i") {
		return f, Unexpected{p, "the consent page"}
	}
	f.Values.Set("reach", "all")
	if account != "" {
		f.Values.Set("reach", "some")
		f.Values.Set("account", account)
		f.Values.Set("default", account)
	}
	return f, nil
}

// Authorize gets a code, and consents to all accounts if it is asked to.
func (b *Browser) Authorize(app App) (string, error) {
	page, err := b.Follow(b.Get(app.AuthorizationRequest(nil)))
	if err == nil && page.Path == PathConsent {
		var form Form
		if form, err = page.ConsentForm(""); err == nil {
			page, err = b.Follow(b.Send(form))
		}
	}
	if err == nil && page.Code() == "" {
		err = Unexpected{page, "a code"}
	}
	if err != nil {
		return "", fmt.Errorf("authorize: %w", err)
	}
	return page.Code(), nil
}

// Makes is the id of what a form makes, also if its answer is lost.
func (f Form) Makes(what string) string {
	form, err := core.ParseID(f.Values.Get(web.FormIDField))
	if err != nil {
		return ""
	}
	return web.MadeFrom(form, what).String()
}

// AppForm opens the page for a new web app and fills it.
func (b *Browser) AppForm(name, account, redirect string) (Form, error) {
	page, err := b.Get(PathNewApp)
	if err != nil {
		return Form{}, err
	}
	return page.Form(PathApps, "client_name", name, "kind", "web", "account", account, "redirect_uri", redirect)
}

var (
	clientID      = regexp.MustCompile(`>(app_[A-Za-z0-9]+)<`)
	appSecret     = regexp.MustCompile(`>(lp_cs_[A-Za-z0-9]+)<`)
	personalToken = regexp.MustCompile(`>(lp_pat_[A-Za-z0-9]+)<`)
)

// NewApp reads the page that shows an app's secret, once.
func (p Page) NewApp(redirect string) (App, bool) {
	id, secret := clientID.FindStringSubmatch(p.Body), appSecret.FindStringSubmatch(p.Body)
	if p.Status != http.StatusCreated || id == nil || secret == nil {
		return App{}, false
	}
	return App{ClientID: id[1], Secret: secret[1], RedirectURIs: []string{redirect}}, true
}

// TokenForm opens an app's page and fills the form for a personal token.
func (b *Browser) TokenForm(app, name string) (Form, error) {
	page, err := b.Get(PathApps + "/" + app)
	if err != nil {
		return Form{}, err
	}
	return page.Form(PathApps+"/"+app+"/tokens", "token_name", name, "life", "30")
}

// NewPersonalToken reads the page that shows a token, once.
func (p Page) NewPersonalToken() (string, bool) {
	token := personalToken.FindStringSubmatch(p.Body)
	if p.Status != http.StatusCreated || token == nil {
		return "", false
	}
	return token[1], true
}

// RevocationPath is where the form goes that ends a personal token. An app's page shows it once for each live one.
func RevocationPath(app, token string) string {
	return PathApps + "/" + app + "/tokens/" + token + "/revoke"
}
