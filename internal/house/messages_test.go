package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// ids that templates and pages make out of a variable, by their beginning.
var madeOf = []string{"kind.", "role.", "profile.", "problem.", "time.", "until.", "event.", "old_way."}

var inTemplate = regexp.MustCompile(`\.[TH] "([a-z_.0-9]+)"`)
var inCode = regexp.MustCompile(`"((?:[a-z_]+)\.[a-z_.0-9]+)"`)

func TestEveryMessageExistsAndIsUsed(t *testing.T) {
	var tree map[string]any
	if err := toml.Unmarshal([]byte(read(t, filepath.Join(root, "internal/web/messages/en.toml"))), &tree); err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	flatten(tree, "", exists)
	used := map[string]bool{}
	for _, pattern := range []string{"internal/web/templates/*.html", "internal/web/templates/layout/*.html"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(files))
		}
		for _, file := range files {
			for _, m := range inTemplate.FindAllStringSubmatch(read(t, file), -1) {
				used[m[1]] = true
				if !exists[m[1]] {
					t.Errorf("%s uses the message %s, which does not exist", file, m[1])
				}
			}
		}
	}
	eachFile(t, func(_, file string) {
		for _, m := range inCode.FindAllStringSubmatch(read(t, file), -1) {
			used[m[1]] = true
		}
	})
	for id := range exists {
		if !used[id] && !hasAnyPrefix(id, madeOf) {
			t.Errorf("nothing uses the message %s", id)
		}
	}
}

// flatten joins nested tables; a table of plural forms is one message.
func flatten(tree map[string]any, prefix string, into map[string]bool) {
	for name, value := range tree {
		if table, ok := value.(map[string]any); ok {
			if _, plural := table["other"]; plural {
				into[prefix+name] = true
				continue
			}
			flatten(table, prefix+name+".", into)
			continue
		}
		into[prefix+name] = true
	}
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// Templates hold no sentences of their own: every word that a person reads comes from the catalogue.
func TestTemplatesHoldNoSentences(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "internal/web/templates/*.html"))
	if err != nil {
		t.Fatal(err)
	}
	between := regexp.MustCompile(`>([^<>{}]*[a-z]{3,} [a-z]{2,}[^<>{}]*)<`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := between.FindSubmatch(text); m != nil {
			t.Errorf("%s has a sentence of its own: %q", file, m[1])
		}
	}
}
