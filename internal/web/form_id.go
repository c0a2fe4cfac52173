package web

import (
	"crypto/sha256"
	"net/http"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// FormIDField carries an id that a form was drawn with. A form sent twice creates one thing: the second insert meets
// the first one's id.
const FormIDField = "form_id"

// What a form makes.
const (
	MakesAccount       = "account"
	MakesApp           = "app"
	MakesPersonalToken = "personal token"
	MakesInvitation    = "invitation"
	MakesSecret        = "app secret"
	MakesSignUpCode    = "sign-up code"
)

// FormID gives the id of what a form makes; one that came without the field makes something new each time.
func FormID(r *http.Request, makes string, now time.Time) core.ID {
	if form, err := core.ParseID(r.PostFormValue(FormIDField)); err == nil && !form.Zero() {
		return MadeFrom(form, makes)
	}
	return secret.NewID(now)
}

// MadeFrom derives the id. The field is whatever the sender wants it to be, and the ids of other people's grants and
// identities are no secret: who could choose an id could make something that passes as them.
func MadeFrom(form core.ID, makes string) core.ID {
	sum := sha256.Sum256(append([]byte("launchpad form|"+makes+"|"), form[:]...))
	id := form
	copy(id[6:], sum[:]) // the time stays
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
