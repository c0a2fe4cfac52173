package conformance

import (
	"net/http"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// AT21, AT22: that a JWT was good a moment ago keeps nobody from finding that it has expired, was revoked, or lost rights; and
// many bad ones change nothing for a good one.
func TestAT21_AKnownJWTOutlivesNothing(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.Switch(s.Web, apps.Switches{TokenFormat: core.FormatJWT})
		revoked, expired := s.Tokens(s.Web).Text("access_token"), s.Tokens(s.Web).Text("access_token")
		for range 2 {
			wantStatus(t, s.Call(revoked), 200)
			wantStatus(t, s.Call(expired), 200)
		}
		for n := range 200 {
			bad := []byte(expired)
			bad[len(bad)-40+n%30] ^= 1
			if a := s.Call(string(bad)); a.Status != http.StatusUnauthorized {
				t.Fatalf("a changed signature: %d", a.Status)
			}
		}
		wantStatus(t, s.Call(expired), 200)
		wantStatus(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", revoked)), 200)
		wantStatus(t, s.Call(revoked), 401)
		s.Clock.Advance(2*time.Hour + time.Second)
		wantStatus(t, s.Call(expired), 401)
		wantStatus(t, s.Call(expired), 401)
	})
}
