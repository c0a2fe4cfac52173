package web

import (
	"testing"

	"launchpad/internal/core"
)

// Templates are made when they are first wanted, which must not be when a wrong one is noticed.
func TestEveryTemplateCanBeMade(t *testing.T) {
	r, err := New("Launchpad", core.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.catalogue(); err != nil {
		t.Error(err)
	}
	if len(r.pages) < 30 {
		t.Errorf("%d pages", len(r.pages))
	}
	for name, made := range r.pages {
		if page, err := made(); err != nil || page.Lookup("layout") == nil || page.Lookup("content") == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
