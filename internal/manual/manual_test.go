package manual

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every error has a page of its own, with its words and nothing of its neighbours.
func TestEveryErrorHasItsPage(t *testing.T) {
	page, err := pages.ReadFile("pages/errors.html")
	if err != nil {
		t.Fatal(err)
	}
	markdown, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	slugs := regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(string(markdown), -1)
	if len(slugs) < 100 {
		t.Fatalf("%d errors in the document", len(slugs))
	}
	for _, slug := range slugs {
		text, ok := section(string(page), slug[1])
		if !ok || strings.Count(text, "<h") != 1 || !strings.Contains(text, "<p>") {
			t.Errorf("%s: %q", slug[1], text)
		}
	}
	for _, hostile := range []string{"", "x", `account_unknown">`, "at-the-token-endpoint", "../start"} {
		if text, ok := section(string(page), hostile); ok {
			t.Errorf("%q has a page: %q", hostile, text)
		}
	}
}
