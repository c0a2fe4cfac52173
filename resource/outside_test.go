package resource_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outside is the smallest API of another team, in a module of its own.
const outside = `package main

import (
	"net/http"

	"launchpad/resource"
)

func main() {
	api, err := resource.New(resource.Options{Issuer: "https://id.example.com", Resource: "https://api.example.com"})
	if err != nil {
		panic(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(resource.TokenOf(r.Context()).Subject))
	})
	panic(http.ListenAndServe("127.0.0.1:9100", api.Require(resource.Need{Scopes: []string{"dashboards:read"}})(hello)))
}
`

// RFC 6750 §2.1: a module outside of this one can import the library as docs/protect-an-api.md says, and gets neither the server nor a
// database with it.
func TestOutsidersImportTheLibrary(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/protect-an-api.md")
	if err != nil {
		t.Fatal(err)
	}
	const require, replace = "require launchpad v0.0.0", "replace launchpad => ../launchpad"
	for _, line := range []string{require, replace, `import "launchpad/resource"`} {
		if !strings.Contains(string(page), line) {
			t.Errorf("docs/protect-an-api.md does not say %q", line)
		}
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/dashboards\n\ngo 1.26.0\n\n" + require + "\n\n" + strings.Replace(replace, "../launchpad", root, 1) + "\n",
		"go.sum":  string(sums),
		"main.go": outside,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		c := exec.Command("go", args...)
		// What the library needs is here already, since this test was built.
		c.Dir, c.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run("build", "-o", filepath.Join(dir, "api"), ".")
	run("vet", ".")
	for _, imported := range []string{"launchpad/internal/store", "launchpad/internal/server", "modernc.org/sqlite", "github.com/jackc/pgx/v5"} {
		if strings.Contains(run("list", "-deps", "."), imported+"\n") {
			t.Errorf("the library takes %s in", imported)
		}
	}
}
