package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var constructors = map[string]int{
	"InvalidRequest": 0, "InvalidClient": 0, "InvalidGrant": 0, "UnauthorizedClient": 0, "UnsupportedGrantType": 0, "UnsupportedResponseType": 0,
	"InvalidScope": 0, "InvalidTarget": 0, "AccessDenied": 0, "LoginRequired": 0, "ConsentRequired": 0, "InvalidToken": 0, "InsufficientScope": 0,
	"InvalidRedirectURI": 0, "InvalidClientMetadata": 0, "BadGateway": 0, "TooManyRequests": 0, "NotFound": 0, "Challenge": 0, "newError": 2,
}

// slugsUsed finds the slug of every error that the code can make.
func slugsUsed(t *testing.T) map[string]string {
	used := map[string]string{}
	eachFile(t, func(_, file string) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			argument, ok := constructors[name]
			if !ok || argument >= len(call.Args) {
				return true
			}
			if literal, ok := call.Args[argument].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				slug, _ := strconv.Unquote(literal.Value)
				used[slug] = file
			}
			return true
		})
	})
	return used
}

var heading = regexp.MustCompile(`(?m)^### (\S+)\n(.*)`)

func TestEveryErrorIsExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(read(t, filepath.Join(root, "docs/errors.md")), -1) {
		if explained[m[1]] {
			t.Errorf("docs/errors.md explains %s twice", m[1])
		}
		explained[m[1]] = true
		if strings.TrimSpace(m[2]) == "" {
			t.Errorf("docs/errors.md: %s has no text", m[1])
		}
	}
	used := slugsUsed(t)
	if len(used) < 50 {
		t.Fatalf("found only %d slugs in the code; the search is broken", len(used))
	}
	for slug, file := range used {
		if !explained[slug] {
			t.Errorf("%s: docs/errors.md does not explain %s", file, slug)
		}
	}
	for slug := range explained {
		if used[slug] == "" {
			t.Errorf("docs/errors.md explains %s, which nothing uses", slug)
		}
	}
}
