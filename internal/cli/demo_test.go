package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An app that is not there is not printed as one without a name.
func TestTheDemoRefusesDataThatLacksWhatItShows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.json")
	if err := os.WriteFile(file, []byte(`{"apps":{"web":{"client_id":"app_1"}},"identity":{"email":"sam@example.com"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if facts, err := (&seeder{file: file}).seed(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "choose another --data") {
		t.Errorf("%+v, %v, want a refusal that says what to do", facts, err)
	}
}
