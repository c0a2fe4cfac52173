package conformance

import (
	"strings"
	"testing"

	"launchpad/internal/lptest"
	"launchpad/oauth"
)

// PK01, PK02, PK06.
func TestRFC7636_4_4_1_BadChallengesAreRefused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		good := oauth.S256(lptest.Verifier)
		for name, pair := range map[string][2]string{
			"none at all": {"", ""}, "plain": {good, "plain"}, "no method": {good, ""}, "lower case": {good, "s256"}, "S512": {good, "S512"},
			"padded": {good + "=", "S256"}, "short": {good[:42], "S256"}, "not base64url": {"+/" + good[2:], "S256"}, "method alone": {"", "S256"},
		} {
			request := s.Public.Request()
			request.Del("code_challenge")
			request.Del("code_challenge_method")
			if pair[0] != "" {
				request.Set("code_challenge", pair[0])
			}
			if pair[1] != "" {
				request.Set("code_challenge_method", pair[1])
			}
			if page := b.Authorize(request, lptest.Choice{}); page.Param("error") != "invalid_request" || page.Param("state") != "xyz" {
				t.Errorf("%s: got %q, want invalid_request with state", name, page.Redirect)
			}
		}
	})
}

// PK03, PK04, PK05, PK07, PK10, CO15.
func TestRFC7636_4_6_VerifierMustMatch(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		challenged := s.Web.Request() // confidential: PKCE is free, and enforced once sent
		challenged.Set("code_challenge", oauth.S256(lptest.Verifier))
		challenged.Set("code_challenge_method", "S256")
		code := b.Authorize(challenged, lptest.Choice{}).Param("code")
		for name, verifier := range map[string]string{
			"missing": "", "wrong": strings.Repeat("a", 43), "the challenge itself": oauth.S256(lptest.Verifier),
			"42 characters": strings.Repeat("a", 42), "129 characters": strings.Repeat("a", 129), "space": strings.Repeat("a ", 30), "not ASCII": strings.Repeat("é", 30),
		} {
			form := s.Web.Redemption(code)
			if verifier != "" {
				form.Set("code_verifier", verifier)
			}
			if a := s.PostAs(s.Web, "/oauth/token", form); a.Status != 400 || a.Text("error") != "invalid_grant" {
				t.Errorf("%s: got %d %s, want 400 invalid_grant", name, a.Status, a.Body)
			}
		}
		form := s.Web.Redemption(code)
		form.Set("code_verifier", lptest.Verifier)
		wantStatus(t, s.PostAs(s.Web, "/oauth/token", form), 200)
	})
}

// PK03.
func TestRFC9700_4_8_2_VerifierWithoutChallengeIsADowngrade(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		form := s.Web.Redemption(s.Code(s.Web))
		form.Set("code_verifier", lptest.Verifier)
		wantError(t, s.PostAs(s.Web, "/oauth/token", form), 400, "invalid_grant")
	})
}
