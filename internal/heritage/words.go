package heritage

import (
	"net/http"

	"launchpad/oauth"
)

// inOldWords says of an error what draft 5 called it. All of them are 400; what passes by itself stays what it is, because
// whoever reads "expired" deletes tokens. Descriptions, addresses and slugs are those of everybody.
func inOldWords(err error, f flow) error {
	e := oauth.AsError(err)
	if f == later || e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests {
		return err
	}
	old := *e
	old.Code, old.Scheme = oldCode(e, f), ""
	if e.Status == http.StatusUnauthorized {
		old.Status = http.StatusBadRequest
	}
	return &old
}

func oldCode(e *oauth.Error, f flow) string {
	switch {
	case e.Code == "invalid_client":
		return "incorrect_client_credentials"
	case e.Slug == "code_redirect_uri":
		return "redirect_uri_mismatch"
	case e.Code == "invalid_grant" && f == refresh:
		return "authorization_expired"
	case e.Code == "invalid_grant":
		return "bad_verification_code"
	}
	return e.Code
}
