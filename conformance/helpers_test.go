package conformance

import (
	"testing"

	"launchpad/internal/lptest"
)

// wantError checks status and error code, and that the answer explains itself.
func wantError(t *testing.T, a lptest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || a.Text("error") != code {
		t.Fatalf("got %d %s, want %d %s", a.Status, a.Body, status, code)
	}
	if a.Text("error_description") == "" || a.Text("error_uri") == "" || a.Text("trace") == "" {
		t.Errorf("error does not explain itself: %s", a.Body)
	}
}

func wantStatus(t *testing.T, a lptest.Answer, status int) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("got %d %s, want %d", a.Status, a.Body, status)
	}
}

func wantActive(t *testing.T, s *lptest.Server, app lptest.App, token string, want bool) {
	t.Helper()
	if got := s.Active(app, token); got != want {
		t.Errorf("introspection says active=%v, want %v", got, want)
	}
}
