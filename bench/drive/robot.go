package drive

import (
	"fmt"

	"launchpad/internal/web"
)

// RegisterJWT registers a machine app whose access tokens are JWTs, which an operator may switch on.
func (b *Browser) RegisterJWT(f Facts) (App, error) {
	form, err := b.AppForm("JWT Robot", f.Accounts[0].ID, "")
	if err != nil {
		return App{}, err
	}
	form.Values.Set("kind", "machine")
	created, err := b.Send(form)
	if err != nil {
		return App{}, err
	}
	app, ok := created.NewApp("")
	if !ok {
		return App{}, Unexpected{created, "a new app"}
	}
	path := PathApps + "/" + form.Makes(web.MakesApp)
	page, err := b.Get(path)
	if err != nil {
		return App{}, err
	}
	switches, err := page.Form(path+"/switches", "client_credentials", "1", "jwt", "1")
	if err != nil {
		return App{}, fmt.Errorf("switch on JWTs: %w", err)
	}
	_, err = b.Send(switches) // whether it worked shows in the tokens
	return app, err
}
