package cli

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"launchpad/internal/core"
)

// DC11: what the demo can be told opens this computer alone.
func TestDC11_TheDemoFetchesFromThisComputerWhatItWasToldTo(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	})
	told := httptest.NewTLSServer(answer)
	defer told.Close()
	file := func(text []byte) string {
		name := filepath.Join(t.TempDir(), "certificates.pem")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	certificates := file(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: told.Certificate().Raw}))
	client, err := localDocuments(core.SystemClock{}, certificates)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.Get(t.Context(), told.URL+"/agent.json"); err != nil || string(got.Body) != "{}" {
		t.Errorf("%q, %v", got.Body, err)
	}
	for _, address := range []string{strings.Replace(told.URL, "https", "http", 1) + "/a", "https://10.0.0.1/a", "https://192.168.0.1:8443/a", "https://169.254.169.254/a"} {
		if _, err := client.Get(t.Context(), address); err == nil {
			t.Errorf("%s was fetched", address)
		}
	}
	for name, wrong := range map[string]string{"no file": certificates + "x", "no certificate": file([]byte("none"))} {
		if _, err := localDocuments(core.SystemClock{}, wrong); err == nil || !strings.HasPrefix(err.Error(), "local-documents: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
