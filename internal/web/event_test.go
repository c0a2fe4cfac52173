package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"launchpad/internal/core"
)

// People read their own history: every kind of event has words, in every language.
func TestEveryEventHasWords(t *testing.T) {
	kinds := eventKinds(t)
	if len(kinds) < 30 {
		t.Fatalf("only %d kinds were found", len(kinds))
	}
	catalogue, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range catalogue.tags {
		v := view{words: catalogue.forHeader(tag.String())}
		for _, kind := range kinds {
			if text := v.Event(kind); text == string(kind) || text == "" {
				t.Errorf("%s: %q has no words", tag, kind)
			}
		}
	}
}

// eventKinds reads the constants from their source: a list beside them could miss one as well.
func eventKinds(t *testing.T) (kinds []core.EventKind) {
	file, err := parser.ParseFile(token.NewFileSet(), "../core/grant.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "EventKind" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, core.EventKind(text))
		}
		return true
	})
	return kinds
}
