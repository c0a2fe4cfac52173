package web

import (
	"fmt"
	"testing"
)

// SE11: a flood of languages that nobody speaks leaves nothing behind.
func TestLanguagesThatNobodySpeaksAreNotKept(t *testing.T) {
	c, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	before := len(c.localizers)
	for n := range 100_000 {
		if got := c.forHeader(fmt.Sprintf("x%c%c-%d, q%d", 'a'+n%26, 'a'+n/26%26, n, n)); got.localizer != c.localizers[0] {
			t.Fatalf("%d: another language than the first", n)
		}
	}
	if len(c.localizers) != before || len(c.bundle.LanguageTags()) != before {
		t.Errorf("%d languages, were %d", len(c.localizers), before)
	}
}
