package portal

import (
	"errors"
	"net/http"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/web"
)

func (p *Room) addSecret(w http.ResponseWriter, r *http.Request) error {
	id := web.FormID(r, web.MakesSecret, p.Clock.Now())
	app, made, shown, err := p.Acts.AddSecret(r.Context(), web.VisitorOf(r).Identity, named(r, "app"), id)
	switch {
	case errors.Is(err, apps.ErrMadeAlready):
		return toApp(w, r, app.ID, "") // the same form sent twice: the secret was shown the first time
	case errors.Is(err, apps.ErrSecretsFull):
		return p.drawRefusal(w, r, app, "problem.secrets_full")
	case errors.Is(err, apps.ErrNoSecrets):
		return p.drawRefusal(w, r, app, "problem.secrets_none")
	case err != nil:
		return p.said(err)
	}
	return p.Pages.Render(w, r, http.StatusCreated, web.SecretCreated{App: app, Secret: made, Value: shown.Reveal(), Issuer: p.Issuer})
}

// drawRefusal shows the app as it is, and why its secrets stay as they are.
func (p *Room) drawRefusal(w http.ResponseWriter, r *http.Request, app core.App, message string) error {
	page := web.App{App: app}
	page.Problems = []web.Problem{{Field: "secrets", Message: message}}
	return p.draw(w, r, http.StatusConflict, page)
}

// ending finds the secret that the path names, and the one that goes on.
func (p *Room) ending(r *http.Request) (page web.EndSecret, err error) {
	p.Flush(r.Context())
	if page.App, err = p.open(r); err != nil {
		return page, err
	}
	found := false
	for _, s := range page.App.Secrets {
		if s.ID == named(r, "secret") {
			page.Secret, found = s, true
		} else {
			page.Other = s
		}
	}
	if !found {
		return page, noApp()
	}
	return page, nil
}

func (p *Room) askEndSecret(w http.ResponseWriter, r *http.Request) error {
	page, err := p.ending(r)
	if err != nil {
		return err
	}
	if page.Other.ID.Zero() {
		return p.drawRefusal(w, r, page.App, "problem.secret_last")
	}
	return p.Pages.Render(w, r, http.StatusOK, page)
}

func (p *Room) endSecret(w http.ResponseWriter, r *http.Request) error {
	page, err := p.ending(r)
	if err != nil {
		return err
	}
	if page.Problems, err = p.Sessions.Reauthenticate(r); err != nil {
		return err
	}
	if page.Refused() {
		return p.Pages.Render(w, r, http.StatusUnprocessableEntity, page)
	}
	err = p.Acts.EndSecret(r.Context(), web.VisitorOf(r).Identity, page.App.ID, page.Secret.ID)
	if errors.Is(err, apps.ErrLastSecret) {
		return p.drawRefusal(w, r, page.App, "problem.secret_last")
	}
	if err != nil {
		return p.said(err)
	}
	return toApp(w, r, page.App.ID, "?secret_ended")
}
