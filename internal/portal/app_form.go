package portal

import (
	"errors"
	"net/http"
	"strings"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

func (p *Room) blank(w http.ResponseWriter, r *http.Request) error {
	return p.drawForm(w, r, http.StatusOK, web.AppForm{Scopes: web.Choices(p.Catalog, nil)})
}

func (p *Room) drawForm(w http.ResponseWriter, r *http.Request, status int, page web.AppForm) error {
	var err error
	if page.Memberships, err = p.Store.Memberships(r.Context(), web.VisitorOf(r).Identity.ID); err != nil {
		return p.said(err)
	}
	page.Memberships = web.ByName(page.Memberships)
	for _, m := range page.Memberships {
		if page.Values == nil && m.Account.Slug == web.HintedAccount(r) {
			page.Values = map[string]string{"account": m.Account.ID.String()}
		}
	}
	page.FormID = secret.NewID(p.Clock.Now())
	return p.Pages.Render(w, r, status, page)
}

func (p *Room) register(w http.ResponseWriter, r *http.Request) error {
	draft := p.readDraft(r)
	app, shown, err := p.Acts.Register(r.Context(), web.VisitorOf(r).Identity, draft)
	if problems, ok := errors.AsType[apps.Problems](err); ok {
		return p.drawForm(w, r, http.StatusUnprocessableEntity, web.AppForm{Form: typed(r, problems), Scopes: web.Choices(p.Catalog, draft.Scope)})
	}
	if errors.Is(err, core.ErrConflict) {
		// The same form sent twice: the app exists, and its secret was shown the first time.
		return toApp(w, r, draft.ID, "")
	}
	if err != nil {
		return p.said(err)
	}
	return p.Pages.Render(w, r, http.StatusCreated, web.AppCreated{App: app, Secret: shown.Reveal(), Issuer: p.Issuer})
}

func (p *Room) readDraft(r *http.Request) apps.Draft {
	d := apps.Draft{
		ID:           web.FormID(r, web.MakesApp, p.Clock.Now()),
		Name:         strings.TrimSpace(r.PostFormValue("client_name")),
		HomepageURL:  strings.TrimSpace(r.PostFormValue("client_uri")),
		RedirectURIs: lines(r.PostFormValue("redirect_uri")),
		Scope:        oauth.Scopes(r.PostForm["scope"]...),
		Kind:         core.AppKind(r.PostFormValue("kind")),
	}
	if d.Kind == "" {
		d.Kind = core.Kinds[0].Kind // what the form suggests
	}
	d.PublisherID, _ = core.ParseID(r.PostFormValue("account"))
	return d
}

// typed gives back what was typed, with what is wrong.
func typed(r *http.Request, problems apps.Problems) web.Form {
	form := web.Form{Values: map[string]string{}, Lists: map[string][]string{"scope": r.PostForm["scope"], "account": r.PostForm["account"]}}
	for _, field := range []string{"client_name", "client_uri", "redirect_uri", "kind", "account", "token_name", "life", "member"} {
		form.Values[field] = r.PostFormValue(field)
	}
	for _, problem := range problems {
		form.Problems = append(form.Problems, web.Problem(problem))
	}
	return form
}

func (p *Room) edit(w http.ResponseWriter, r *http.Request) error {
	app, err := p.open(r)
	if err != nil {
		return err
	}
	page := web.AppForm{Editing: &app, Scopes: web.Choices(p.Catalog, app.Scope)}
	page.Values = map[string]string{"client_name": app.Name, "client_uri": app.HomepageURL, "redirect_uri": strings.Join(app.RedirectURIs, "\n")}
	return p.drawForm(w, r, http.StatusOK, page)
}

func (p *Room) save(w http.ResponseWriter, r *http.Request) error {
	app, err := p.open(r)
	if err != nil {
		return err
	}
	draft := p.readDraft(r)
	_, err = p.Acts.Edit(r.Context(), web.VisitorOf(r).Identity, app.ID, draft)
	if problems, ok := errors.AsType[apps.Problems](err); ok {
		return p.drawForm(w, r, http.StatusUnprocessableEntity, web.AppForm{Form: typed(r, problems), Editing: &app, Scopes: web.Choices(p.Catalog, draft.Scope)})
	}
	if err != nil {
		return p.said(err)
	}
	return toApp(w, r, app.ID, "?saved")
}
