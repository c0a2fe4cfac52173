package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = ".."

func TestEveryCitationIsKnownAndTheIndexIsCurrent(t *testing.T) {
	list, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 200 {
		t.Fatalf("found only %d citations; the search is broken", len(list))
	}
	if err := problems(list); err != nil {
		t.Error(err)
	}
	written, err := os.ReadFile(filepath.Join(root, indexFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != page(list) {
		t.Errorf("%s is old; run: go run ./spec", indexFile)
	}
}

// A list of sections that nothing cites would only look like diligence.
func TestEveryKnownSectionIsCited(t *testing.T) {
	list, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range known {
		for number := range s.Sections {
			if !slices.ContainsFunc(list, func(c citation) bool { return c.Name == s.Name && c.Section == number }) {
				t.Errorf("nothing cites %s §%s", s.Name, number)
			}
		}
	}
}

// A conformance test says which section, or which attack, it is about: in its name or in the comment above it.
func TestEveryConformanceTestNamesASection(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "conformance", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			f, ok := declared.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			tests++
			if len(inName(f.Name.Name, file)) == 0 && len(inText(f.Doc.Text(), citation{Test: true})) == 0 {
				t.Errorf("%s: %s names neither a section nor an attack", file, f.Name.Name)
			}
		}
	}
	if tests < 80 {
		t.Fatalf("found only %d tests; the search is broken", tests)
	}
}

func TestWhatIsUnknownIsFound(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{"RFC 6749 §4.1.2: a code is used once.", 0},
		{"RFC 7636 §4.1 and §4.2.", 0},
		{"RFC 6749 §4.1.2, RFC 9207 §2.", 0},
		{"RFC 6749 §99: there is none.", 1},
		{"RFC 7636 §4.1 and §99.", 1},
		{"RFC 1 §2.", 1},
		{"OIDC Core §99.", 1},
		{"SE04 and SE99.", 1},
		{"RU01 to RU09.", 0},
	} {
		got := 0
		for _, found := range inText(c.text, citation{Test: true}) {
			if unknown(found) != "" {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%q: %d unknown citations, want %d", c.text, got, c.want)
		}
	}
}
