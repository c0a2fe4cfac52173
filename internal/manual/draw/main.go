package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
)

// served are the documents that become pages, and what is done to each before it is drawn.
var served = map[string]func(markdown string) string{
	"start":       whole,
	"old-clients": whole,
	"rate-limits": forDevelopers,
	"errors":      linked,
}

func main() {
	for name := range served {
		page, err := draw(name, "../../docs")
		if err == nil {
			err = os.WriteFile(filepath.Join("pages", name+".html"), page, 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "draw", name+":", err)
			os.Exit(1)
		}
	}
}

// draw makes HTML of the document of a name in the folder docs.
func draw(name, docs string) ([]byte, error) {
	markdown, err := os.ReadFile(filepath.Join(docs, name+".md"))
	if err != nil {
		return nil, err
	}
	// Headings may name their own anchor: "## Heading {#anchor}". goldmark leaves raw HTML out unless told otherwise.
	reader := goldmark.New(goldmark.WithParserOptions(parser.WithHeadingAttribute()), goldmark.WithExtensions(extension.Table))
	var page bytes.Buffer
	err = reader.Convert([]byte(served[name](string(markdown))), &page)
	return page.Bytes(), err
}

func whole(markdown string) string { return markdown }

// forDevelopers is what a document says before it turns to operators.
func forDevelopers(markdown string) string {
	before, _, _ := strings.Cut(markdown, "\n## For operators\n")
	return before + "\n"
}

// linked gives every heading of the errors page an anchor, every error a link to its own page, and the page a list of
// its sections.
func linked(markdown string) string {
	var sections, body strings.Builder
	for line := range strings.Lines(markdown) {
		if section, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(section)
			anchor := strings.ReplaceAll(strings.ToLower(section), " ", "-")
			fmt.Fprintf(&sections, "- [%s](#%s)\n", section, anchor)
			line = fmt.Sprintf("## %s {#%s}\n", section, anchor)
		}
		if slug, ok := strings.CutPrefix(line, "### "); ok {
			slug = strings.TrimSpace(slug)
			line = fmt.Sprintf("### [%s](/docs/errors/%s) {#%s}\n", slug, slug, slug)
		}
		body.WriteString(line)
	}
	before, after, _ := strings.Cut(body.String(), "\n## ")
	return before + "\n" + sections.String() + "\n## " + after
}
