package secret

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// proof is how values are called by which somebody proves something.
var proof = regexp.MustCompile(`(?i)(digest|verifier|challenge|csrf|mac|signature)$`)

// KY11: what somebody proves something with is compared in constant time, by Equal, Matches or package subtle, in every file that
// is not a test. Whether there is such a value at all may be asked.
func TestASVS_11_2_4_ProofsAreComparedInConstantTime(t *testing.T) {
	seen := 0
	for _, root := range []string{"../../internal", "../../oauth", "../../resource", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			seen++
			for _, at := range compared(t, path, nil) {
				t.Errorf("%s: compare in constant time", at)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 200 {
		t.Errorf("%d files: the list is broken", seen)
	}
	const wrong = `package p
func f(r row, digest, code string) bool { return r.Digest == code || digest != "" && !(S256(code) != r.challenge()) }`
	if found := compared(t, "wrong.go", wrong); len(found) != 2 {
		t.Errorf("of two comparisons found %v", found)
	}
}

// compared lists where a file compares such values as other strings are.
func compared(t *testing.T, path string, text any) (places []token.Position) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		c, ok := n.(*ast.BinaryExpr)
		if ok && (c.Op == token.EQL || c.Op == token.NEQ) && (proves(c.X) || proves(c.Y)) && !given(c.X) && !given(c.Y) {
			places = append(places, files.Position(c.Pos()))
		}
		return true
	})
	return places
}

// proves reports whether an expression is such a value, by its name.
func proves(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return proof.MatchString(e.Name)
	case *ast.SelectorExpr:
		return proof.MatchString(e.Sel.Name)
	case *ast.CallExpr:
		return proves(e.Fun)
	}
	return false
}

// given is what stands in the source: nobody can find it out.
func given(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "nil"
	}
	return false
}
