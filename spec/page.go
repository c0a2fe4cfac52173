package main

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// page draws docs/spec-index.md.
func page(list []citation) string {
	var b strings.Builder
	b.WriteString(`# What is enforced where

Made by ` + "`go run ./spec`" + ` from the comments that cite a section at the line that enforces it, and from the names and
comments of the tests. "Enforced" names the declaration in the code; a section without one is held by tests alone, or cited by
them as background. Tests of the conformance suite are black boxes over HTTP.
`)
	for _, s := range known {
		var sections []string
		for number := range s.Sections {
			sections = append(sections, number)
		}
		slices.SortFunc(sections, byNumber)
		fmt.Fprintf(&b, "\n## [%s](%s): %s\n", s.Name, s.Document, s.Title)
		if whole := cites(list, s.Name, "", false); len(whole) > 0 {
			fmt.Fprintf(&b, "\nAs a whole: %s.\n", strings.Join(whole, ", "))
		}
		if len(sections) == 0 {
			continue
		}
		b.WriteString("\n| Section | Enforced | Tests |\n|---|---|---|\n")
		for _, number := range sections {
			fmt.Fprintf(&b, "| %s %s | %s | %s |\n", heading(s, number), s.Sections[number],
				strings.Join(cites(list, s.Name, number, false), ", "), strings.Join(cites(list, s.Name, number, true), ", "))
		}
	}
	b.WriteString(attackTable(list))
	return b.String()
}

func attackTable(list []citation) string {
	var b strings.Builder
	b.WriteString("\n## Attacks\n\nThe ids are those of the project's catalogue of attacks; each row says which tests answer it.\n")
	for _, a := range attacks {
		var rows []string
		for n := 1; n <= a.Count; n++ {
			id := fmt.Sprintf("%02d", n)
			if tests := cites(list, a.Prefix, id, true); len(tests) > 0 {
				rows = append(rows, fmt.Sprintf("| %s%s | %s |", a.Prefix, id, strings.Join(tests, ", ")))
			}
		}
		if len(rows) > 0 {
			fmt.Fprintf(&b, "\n### %s: %s\n\n| Attack | Tests |\n|---|---|\n%s\n", a.Prefix, a.About, strings.Join(rows, "\n"))
		}
	}
	b.WriteString("\n### Nothing to attack yet\n\n| Attack | Why |\n|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(absent)) {
		fmt.Fprintf(&b, "| %s | %s |\n", id, absent[id])
	}
	return b.String()
}

func heading(s specification, number string) string {
	if s.Address == "" {
		return "§" + number
	}
	return fmt.Sprintf("[§%s]("+s.Address+")", number, number)
}

// cites lists where a section is cited, each place once.
func cites(list []citation, name, section string, tests bool) []string {
	found := map[string]bool{}
	for _, c := range list {
		if c.Name != name || c.Section != section || c.Test != tests {
			continue
		}
		text := c.Where
		if text == "" || !c.Test {
			text = strings.TrimSuffix(strings.TrimPrefix(path.Dir(c.File), "internal/")+"."+c.Where, ".")
		}
		found[fmt.Sprintf("[%s](../%s)", text, c.File)] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// byNumber sorts §2 before §10.
func byNumber(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		n, _ := strconv.Atoi(x[i]) // the pattern lets digits through only
		m, _ := strconv.Atoi(y[i])
		if n != m {
			return cmp.Compare(n, m)
		}
	}
	return cmp.Compare(len(x), len(y))
}
