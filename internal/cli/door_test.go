package cli

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBeforeTheHouseIsOpen(t *testing.T) {
	var d door
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest("GET", path, http.NoBody))
		return w
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/v3/dashboards": 503, "/oauth/token": 503} {
		if w := ask(path); w.Code != want || want == 503 && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "temporarily_unavailable")) {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	d.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	if w := ask("/readyz"); w.Code != http.StatusTeapot {
		t.Errorf("open: %d, want the house's answer", w.Code)
	}
}
