package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors lists every package. A package imports only lower floors; the first floor is ordered, and each of its
// packages may also import those before it.
var floors = [][]string{
	{"internal/meter", "internal/journal", "oauth", "internal/core", "internal/secret", "internal/jose", "internal/config", "internal/durable", "internal/sample"},
	{"internal/store/schema", "internal/store", "internal/web", "internal/limit", "internal/doctor", "internal/fetch", "resource"},
	{"internal/keys", "internal/events", "internal/uses", "internal/policy"},
	{"internal/access", "internal/apps", "internal/session", "internal/clientauth", "internal/mint", "internal/interact", "internal/sunset", "internal/imported", "internal/importer"},
	{"internal/protect"}, // acts that lean on other acts
	{"internal/authorize", "internal/token", "internal/introspect", "internal/feed", "internal/revoke", "internal/discovery", "internal/register", "internal/signin", "internal/signup", "internal/myid", "internal/consent", "internal/connected", "internal/accounts", "internal/portal", "internal/admin", "internal/gateway", "internal/forwardauth", "internal/heritage", "internal/manual", "internal/manual/draw"},
	{"internal/server"},
	{"internal/cli", "internal/lptest"},
	{"cmd/launchpad"},
}

// ordered floors: within them, a package may import those listed before it.
var ordered = map[int]bool{0: true, 1: true}

// outside are programs and tests around the house, which may import anything.
var outside = []string{"internal/house", "conformance", "bench", "e2e", "examples", "spec"}

const root = "../.."

type place struct{ floor, index int }

func plan() map[string]place {
	p := map[string]place{}
	for floor, packages := range floors {
		for index, name := range packages {
			p[name] = place{floor, index}
		}
	}
	return p
}

func TestPackagesImportOnlyLowerFloors(t *testing.T) {
	where := plan()
	eachFile(t, func(dir string, file string) {
		here, ok := where[dir]
		if !ok {
			t.Errorf("%s is on no floor; give it one in floors_test.go", dir)
			return
		}
		for _, imported := range imports(t, file) {
			there, ok := where[imported]
			if !ok {
				t.Errorf("%s imports %s, which is on no floor", file, imported)
				continue
			}
			lower := there.floor < here.floor || there.floor == here.floor && ordered[here.floor] && there.index < here.index
			if !lower {
				t.Errorf("%s (floor %d) imports %s (floor %d): only lower floors", dir, here.floor, imported, there.floor)
			}
		}
	})
}

// Only these packages may use what they own. The importer reads the databases of other servers; ours it asks the store.
func TestOnlyOwnersUse(t *testing.T) {
	owners := map[string][]string{
		"database/sql":                  {"internal/store", "internal/importer"},
		"github.com/jackc/pgx/v5":       {"internal/store", "internal/lptest"},
		"crypto/rand":                   {"internal/secret"},
		"html/template":                 {"internal/web", "internal/manual", "internal/manual/draw"},
		"github.com/go-jose/go-jose/v4": {"internal/jose"},

		"github.com/prometheus/client_golang/prometheus": {"internal/server"},
		"github.com/gomodule/redigo/redis":               {"internal/limit"},
	}
	eachFile(t, func(dir, file string) {
		for _, imported := range allImports(t, file) {
			allowed, owned := owners[imported]
			if owned && !contains(allowed, dir) {
				t.Errorf("%s imports %s, which belongs to %v", file, imported, allowed)
			}
		}
	})
}

// The clock is injected everywhere, so that tests can move it.
func TestOnlyTheClockReadsTheTime(t *testing.T) {
	eachFile(t, func(dir, file string) {
		text := read(t, file)
		if strings.Contains(text, "time.Now(") && file != filepath.Join(root, "internal/core/clock.go") {
			t.Errorf("%s reads the time; use core.Clock", file)
		}
	})
}

// LG04: a path on which passwords, or secrets that are hashed like them, are compared without being counted is a way
// around every other.
func TestOnlyThoseWhoCountAskThePasswordGate(t *testing.T) {
	for call, counts := range map[string]string{
		".CheckPassword(": "internal/session/guesses.go",
		".CheckSecret(":   "internal/clientauth/slow.go",
	} {
		asks := 0
		eachFile(t, func(dir, file string) {
			if !strings.Contains(read(t, file), call) {
				return
			}
			asks++
			if file != filepath.Join(root, counts) {
				t.Errorf("%s calls %s by itself; only %s does", file, call, counts)
			}
		})
		if asks == 0 {
			t.Errorf("nobody calls %s; the search is broken", call)
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	for name := range plan() {
		if strings.HasPrefix(name, "cmd/") || name == "internal/store/schema" {
			continue
		}
		text := read(t, filepath.Join(root, name, "doc.go"))
		if !strings.HasPrefix(text, "// Package ") {
			t.Errorf("%s/doc.go does not begin with what the package owns", name)
		}
	}
}

// eachFile visits every Go file of the house that is not a test.
func eachFile(t *testing.T, visit func(dir, file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(strings.TrimPrefix(filepath.Dir(path), root), "/")
		if entry.IsDir() && (entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !contains(outside, strings.Split(dir, "/")[0]) && !contains(outside, dir) {
			visit(dir, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func imports(t *testing.T, file string) []string {
	var list []string
	for _, path := range allImports(t, file) {
		if rest, ok := strings.CutPrefix(path, "launchpad/"); ok {
			list = append(list, rest)
		}
	}
	return list
}

func allImports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, path)
	}
	return list
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contains(list []string, name string) bool {
	for _, item := range list {
		if item == name {
			return true
		}
	}
	return false
}
