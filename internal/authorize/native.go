package authorize

import (
	"errors"
	"fmt"
	"net/http"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// native shows a code to the person who got it, and to nobody else: a page that showed whatever its address says could
// be used to slip somebody else's code to people.
func (a *Room) native(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("code")
	family, err := a.Keys.OpenCode(code)
	if errors.Is(err, core.ErrUnavailable) {
		return err
	}
	if err != nil {
		return nothingToShow().Because(err)
	}
	standing, err := a.Store.CodeOf(r.Context(), family.AuthorizationID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return nothingToShow().Because(err)
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("load authorization: %w", err))
	case standing.IdentityID != web.VisitorOf(r).Identity.ID, !secret.Equal(family.Digest(), standing.Digest),
		standing.Generation > 0, !a.Clock.Now().Before(standing.CodeExpiresAt):
		return nothingToShow()
	}
	return a.Pages.Render(w, r, http.StatusOK, web.NativeCode{Code: code, Ends: standing.CodeExpiresAt})
}

func nothingToShow() *oauth.Error {
	return oauth.InvalidRequest("code_not_to_show", "there is no living code of yours at this address; go back to the app and start again")
}
