package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Rows is what an import's report says of a kind of rows.
type Rows struct {
	Read       int `json:"read"`
	New        int `json:"new"`
	Here       int `json:"here_already"`
	NotBrought int `json:"not_brought"`
}

// Importing is an import into a demo's data, beside the running demo or without it.
type Importing struct {
	*exec.Cmd
	report string
}

// Import prepares one: args name the source. Apps are published by the demo's first account, and its person owns them.
func (l Launch) Import(ctx context.Context, f Facts, args ...string) (*Importing, error) {
	dir := filepath.Dir(l.Data)
	scopes, i := strings.Builder{}, &Importing{report: filepath.Join(dir, "report.json")}
	for _, name := range strings.Fields(f.Scope) {
		fmt.Fprintf(&scopes, "[[scope]]\nname = %q\nwords = %q\n", name, name)
	}
	config := filepath.Join(dir, "scopes.toml")
	if err := os.WriteFile(config, []byte(scopes.String()), 0o600); err != nil {
		return nil, err
	}
	args = append([]string{"import"}, args...)
	args = append(args, "--config", config, "--data", l.Data, "--report", i.report, "--account", f.Accounts[0].Slug, "--owner", f.Identity.Email)
	if l.Database != "" {
		args = append(args, "--database", l.Database)
	}
	i.Cmd = exec.CommandContext(ctx, l.Binary, args...)
	return i, nil
}

// Report reads what a run that came to its end reported, by kind.
func (i *Importing) Report() (map[string]Rows, error) {
	text, err := os.ReadFile(i.report)
	if err != nil {
		return nil, err
	}
	var report struct {
		Counts map[string]Rows `json:"counts"`
	}
	return report.Counts, json.Unmarshal(text, &report)
}
