package main

import (
	"fmt"

	"launchpad/bench/drive"
	"launchpad/internal/web"
)

// registerJWT registers a machine app whose access tokens are JWTs, which an operator may switch on.
func (s *site) registerJWT() (drive.App, error) {
	form, err := s.browser.AppForm("JWT Robot", s.facts.Accounts[0].ID, "")
	if err != nil {
		return drive.App{}, err
	}
	form.Values.Set("kind", "machine")
	created, err := s.browser.Send(form)
	if err != nil {
		return drive.App{}, err
	}
	app, ok := created.NewApp("")
	if !ok {
		return drive.App{}, drive.Unexpected{Page: created, Want: "a new app"}
	}
	path := drive.PathApps + "/" + form.Makes(web.MakesApp)
	page, err := s.browser.Get(path)
	if err != nil {
		return drive.App{}, err
	}
	switches, err := page.Form(path+"/switches", "client_credentials", "1", "jwt", "1")
	if err != nil {
		return drive.App{}, fmt.Errorf("switch on JWTs: %w", err)
	}
	_, err = s.browser.Send(switches) // whether it worked shows in the tokens
	return app, err
}
