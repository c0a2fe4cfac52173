package portal

import (
	"errors"
	"net/http"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/web"
)

func (p *Room) addToTeam(w http.ResponseWriter, r *http.Request) error {
	id := named(r, "app")
	member, _ := core.ParseID(r.PostFormValue("member")) // what is no id is nobody
	err := p.Acts.AddToTeam(r.Context(), web.VisitorOf(r).Identity, id, member)
	if problems, ok := errors.AsType[apps.Problems](err); ok {
		return p.draw(w, r, http.StatusUnprocessableEntity, web.App{App: core.App{ID: id}, Form: typed(r, problems)})
	}
	if err != nil {
		return p.said(err)
	}
	return toApp(w, r, id, "?joined")
}

func (p *Room) removeFromTeam(w http.ResponseWriter, r *http.Request) error {
	who, app, member := web.VisitorOf(r).Identity, named(r, "app"), named(r, "member")
	if err := p.Acts.RemoveFromTeam(r.Context(), who, app, member); err != nil {
		return p.said(err)
	}
	if member == who.ID {
		return seeOther(w, r, path+"?left")
	}
	return toApp(w, r, app, "?removed")
}

func (p *Room) askHandOver(w http.ResponseWriter, r *http.Request) error {
	page, err := p.handingOver(r)
	if err != nil {
		return err
	}
	return p.Pages.Render(w, r, http.StatusOK, page)
}

func (p *Room) handingOver(r *http.Request) (web.HandOverApp, error) {
	app, to, err := p.Acts.Successor(r.Context(), web.VisitorOf(r).Identity, named(r, "app"), named(r, "member"))
	return web.HandOverApp{App: app, To: web.Builder(to)}, p.said(err)
}

func (p *Room) handOver(w http.ResponseWriter, r *http.Request) error {
	page, err := p.handingOver(r)
	if err != nil {
		return err
	}
	if page.Problems, err = p.Sessions.Reauthenticate(r); err != nil {
		return err
	}
	if page.Refused() {
		return p.Pages.Render(w, r, http.StatusUnprocessableEntity, page)
	}
	if err := p.Acts.HandOver(r.Context(), web.VisitorOf(r).Identity, page.App.ID, page.To.ID); err != nil {
		return p.said(err)
	}
	return toApp(w, r, page.App.ID, "?handed_over")
}

func (p *Room) takeOver(w http.ResponseWriter, r *http.Request) error {
	app := named(r, "app")
	if err := p.Acts.TakeOver(r.Context(), web.VisitorOf(r).Identity, app); err != nil {
		return p.said(err)
	}
	return toApp(w, r, app, "?taken_over")
}
