package heritage

import (
	"cmp"
	"net/http"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// dialect marks a request whose refusals are told in old words, and silence one that is of draft 5 in its immediate alone. They
// travel with the request while the person signs in, and begin with the name of an old way.
const (
	dialect = string(core.OldDraft5)
	silence = dialect + "/immediate"
)

// Authorize is the room behind the door of /oauth/authorize. sent is the request as it came, for a browser that has to come
// again.
type Authorize func(w http.ResponseWriter, r *http.Request, form, sent oauth.Form, dialect string) error

// authorize answers /oauth/authorize, by the room's way to begin a request or to deny it.
func (d *Door) authorize(answer Authorize) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sent, err := oauth.ReadBoth(r)
		if err != nil {
			return err
		}
		if !sent.Has("type") && !sent.Has("immediate") {
			return answer(w, r, sent, sent, "")
		}
		_, old, err := d.speaksDraft5(r.Context(), sent.Get("client_id"))
		if err != nil {
			return err
		}
		if !old {
			return answer(w, r, sent, sent, "")
		}
		form, dialect := authorizationRequest(sent)
		return answer(w, r, form, sent, dialect)
	}
}

// responseTypes by what draft 5 calls them.
var responseTypes = map[string]string{"web_server": "code", "user_agent": "token"}

// authorizationRequest says in the words of RFC 6749 §4.1.1 what was sent. response_type wins where both are there, and
// what cannot be translated is left to be refused.
func authorizationRequest(sent oauth.Form) (form oauth.Form, told string) {
	form = sent
	if kind := sent.Get("type"); kind != "" && !sent.Has("response_type") {
		told = dialect
		if known, ok := responseTypes[kind]; ok && !sent.Repeated("type") {
			kind = known
		}
		form = form.With("response_type", kind)
	}
	// immediate is the ancestor of prompt=none: answer from what is there, or refuse.
	if sent.Get("immediate") == "true" && !sent.Has("prompt") {
		form = form.With("prompt", "none")
		told = cmp.Or(told, silence)
	}
	return form, told
}

// Reword says of a refusal at the authorization endpoint what draft 5 called it: it knew one.
func Reword(told string, e *oauth.Error) *oauth.Error {
	if told != dialect {
		return e
	}
	switch e.Code {
	case "access_denied", "login_required", "consent_required":
		old := *e
		old.Code = "user_denied"
		return &old
	}
	return e
}
