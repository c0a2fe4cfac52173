package web

import (
	"net/http"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// FormIDField carries the id that what a form creates will have. A form sent twice creates one thing: the second
// insert meets the first one's id.
const FormIDField = "form_id"

// FormID reads it, or makes one for a form that came without.
func FormID(r *http.Request, now time.Time) core.ID {
	if id, err := core.ParseID(r.PostFormValue(FormIDField)); err == nil && !id.Zero() {
		return id
	}
	return secret.NewID(now)
}
