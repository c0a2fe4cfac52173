package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
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

// spoken are the packages whose tests are about what a specification, or an attacker, says.
var spoken = []string{"conformance", "oauth", "resource", "internal/keys"}

// A test says which section, or which attack, it is about: in its name or in the comment above it. Of what no specification has, such as
// the strings that we seal, it names the decision.
func TestEveryProtocolTestNamesASection(t *testing.T) {
	tests := 0
	for _, dir := range spoken {
		files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
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
				if !saysWhatItIsAbout(f.Name.Name, f.Doc.Text()) {
					t.Errorf("%s: %s names neither a section nor an attack nor a decision", file, f.Name.Name)
				}
			}
		}
	}
	if tests < 120 {
		t.Fatalf("found only %d tests; the search is broken", tests)
	}
}

var decided = regexp.MustCompile(`[Dd]ecision (\d+)`)

// saysWhatItIsAbout: a specification without a section is as good as none.
func saysWhatItIsAbout(name, doc string) bool {
	for _, c := range append(inName(name, ""), inText(doc, citation{Test: true})...) {
		if c.Section != "" {
			return true
		}
	}
	for _, m := range decided.FindAllStringSubmatch(doc, -1) {
		if found, _ := filepath.Glob(filepath.Join(root, "docs/decisions", strings.Repeat("0", 4-len(m[1]))+m[1]+"-*.md")); len(found) == 1 {
			return true
		}
	}
	return false
}

func TestWhatCountsAsASection(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		want      bool
	}{
		{"TestCodes", "RFC 6749 §4.1.2: once.", true},
		{"TestCodes", "RFC 6749: once.", false},
		{"TestCodes", "OIDC Discovery: spellings.", false},
		{"TestCodes", "draft-ietf-oauth-client-id-metadata-document §3: letters.", true},
		{"TestCodes", "CO01.", true},
		{"TestCodes", "CO01 to CO09.", true}, // of which the citations complain
		{"TestCodes", "Decision 12.", true},
		{"TestCodes", "Decision 9999.", false},
		{"TestCodes", "", false},
		{"TestRFC6749_4_1_2_Codes", "", true},
		{"TestRFC6749_Codes", "", false},
		{"TestOIDCDiscovery_4_Spellings", "", true},
		{"TestCO01_CO02_Codes", "", true},
		{"TestXX01_Codes", "", false},
	} {
		if got := saysWhatItIsAbout(c.name, c.doc); got != c.want {
			t.Errorf("%s, %q: %v, want %v", c.name, c.doc, got, c.want)
		}
	}
	if list := inName("TestCO01_CO02_Codes", ""); len(list) != 2 {
		t.Errorf("the name of a test with two attacks says %v", list)
	}
}

// What is called absent is a row of the catalogue.
func TestAbsentRowsAreRows(t *testing.T) {
	for id, why := range absent {
		if c := (citation{Name: id[:2], Section: id[2:]}); unknown(c) != "" || why == "" {
			t.Errorf("%s: %q %s", id, why, unknown(c))
		}
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
		{"RU01 to RU09.", 1},
		{"DC02: a token for registering.", 1},
		{"OIDC Discovery §4.", 0},
		{"OIDC Discovery §99.", 1},
		{"OIDC Federation §1.", 1},
		{"draft-ietf-oauth-client-id-metadata-document §5.", 0},
		{"draft-ietf-oauth-client-id-metadata-document §99.", 1},
		{"draft-somebody-oauth-news §1.", 1},
		{"Fetch §4.9, and Fetch as a word.", 0},
		{"Fetch §99.", 1},
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
