package portal

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

func (p *Room) createToken(w http.ResponseWriter, r *http.Request) error {
	app, err := p.open(r)
	if err != nil {
		return err
	}
	token, shown, err := p.Acts.CreatePersonalToken(r.Context(), web.VisitorOf(r).Identity, app, p.readTokenDraft(r))
	if problems, ok := errors.AsType[apps.Problems](err); ok {
		return p.draw(w, r, http.StatusUnprocessableEntity, web.App{App: app, Form: typed(r, problems)})
	}
	if errors.Is(err, core.ErrConflict) {
		return toApp(w, r, app.ID, "") // the same form sent twice
	}
	if err != nil {
		return p.said(err)
	}
	return p.Pages.Render(w, r, http.StatusCreated, web.TokenCreated{App: app, Token: token, Value: shown.Reveal(), API: p.API()})
}

// maxDays bounds the life that can be chosen.
const maxDays = 3650

func (p *Room) readTokenDraft(r *http.Request) apps.TokenDraft {
	d := apps.TokenDraft{ID: web.FormID(r, web.MakesPersonalToken, p.Clock.Now()), Name: strings.TrimSpace(r.PostFormValue("token_name")), Scope: oauth.Scopes(r.PostForm["scope"]...), Reach: core.Reach{All: true}}
	for _, text := range r.PostForm["account"] {
		id, _ := core.ParseID(text) // what is no id is nobody's account, and never "all"
		d.Reach = core.Reach{Accounts: append(d.Reach.Accounts, id)}
	}
	days, err := strconv.Atoi(r.PostFormValue("life"))
	if err != nil || days < 0 || days > maxDays {
		days = web.TokenDays // only a plain 0 is without end
	}
	d.Life = time.Duration(days) * 24 * time.Hour
	return d
}

// revokeToken asks only whose the token is: it stays a person's own when he has left the team.
func (p *Room) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := p.Acts.RevokePersonalToken(r.Context(), web.VisitorOf(r).Identity, named(r, "token")); err != nil {
		return p.said(err)
	}
	return toApp(w, r, named(r, "app"), "?token_revoked")
}
