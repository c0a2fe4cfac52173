package config_test

import (
	"os"
	"strings"
	"testing"
)

// The file that the README shows starts a server.
func TestTheFileInTheReadmeIsGood(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "A file looks like this:\n")
	if !found {
		t.Fatal("the README shows no file")
	}
	var file strings.Builder
	for line := range strings.Lines(after) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "    ") {
			break
		}
		file.WriteString(strings.TrimPrefix(line, "    "))
	}
	if err := load(written(t, file.String())); err != nil {
		t.Errorf("%v\n%s", err, file.String())
	}
}
