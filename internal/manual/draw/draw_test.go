package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestThePagesAreWhatTheDocumentsSay(t *testing.T) {
	for name := range served {
		want, err := draw(name, "../../../docs")
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../pages", name+".html"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("pages/%s.html is older than docs/%s.md; run make documents (%v)", name, name, err)
		}
	}
	files, _ := filepath.Glob("../pages/*.html")
	if len(files) != len(served) {
		t.Errorf("%d pages of %d documents", len(files), len(served))
	}
}
