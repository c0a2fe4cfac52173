package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// citation is one mention of a specification, or of an attack.
type citation struct {
	Name    string // "RFC 6749", or "SE" of an attack
	Section string // "4.1.2", or "04"; empty: the whole document
	File    string // from the root of the project
	Where   string // the declaration that the comment belongs to, or the test's name
	Test    bool
}

var (
	cited      = regexp.MustCompile(`\b(RFC \d+|OIDC [A-Z][a-z]+|ASVS|Fetch|draft-[a-z]+-[a-z0-9-]*[a-z0-9])((?: §\d+(?:\.\d+)*)(?:(?:,| and) §\d+(?:\.\d+)*)*)?`)
	section    = regexp.MustCompile(`§(\d+(?:\.\d+)*)`)
	testName   = regexp.MustCompile(`^Test(RFC\d+|OIDC[A-Z][a-z]+|ASVS)_((?:\d+_)+)`)
	testPrefix = regexp.MustCompile(`^(RFC|OIDC)`)
	attackID   = regexp.MustCompile(`\b([A-Z]{2})(\d{2})\b`)
	attackTest = regexp.MustCompile(`^Test((?:[A-Z]{2}\d{2}_)+)`)
	attackSpan = regexp.MustCompile(`\b[A-Z]{2}\d{2} to [A-Z]{2}\d{2}\b`)
)

// apart is what only uses what others enforce.
var apart = []string{"node_modules", "spec", "bench", "e2e"}

// read finds every citation in the comments and test names under root.
func read(root string) ([]citation, error) {
	var list []citation
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || slices.Contains(apart, name)) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		short, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found, err := readFile(path, short)
		list = append(list, found...)
		return err
	})
	return list, err
}

func readFile(path, short string) ([]citation, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	test := strings.HasSuffix(path, "_test.go")
	var list []citation
	for _, group := range parsed.Comments {
		list = append(list, inText(group.Text(), citation{File: short, Where: around(parsed, group), Test: test})...)
	}
	for _, declared := range parsed.Decls {
		if f, ok := declared.(*ast.FuncDecl); ok && test {
			list = append(list, inName(f.Name.Name, short)...)
		}
	}
	return list, nil
}

// inText reads a comment. Attacks count in tests only: elsewhere two capitals and two digits may be anything.
func inText(text string, at citation) []citation {
	var list []citation
	add := func(name, section string) {
		at.Name, at.Section = name, section
		list = append(list, at)
	}
	for _, m := range cited.FindAllStringSubmatch(text, -1) {
		if m[1] == "Fetch" && m[2] == "" {
			continue // the word
		}
		sections := section.FindAllStringSubmatch(m[2], -1)
		for _, s := range sections {
			add(m[1], s[1])
		}
		if len(sections) == 0 {
			add(m[1], "")
		}
	}
	if !at.Test {
		return list
	}
	for _, span := range attackSpan.FindAllString(text, -1) {
		add(span, "") // which nobody knows: rows between the ends are easily promised and not tested
	}
	for _, m := range attackID.FindAllStringSubmatch(text, -1) {
		if group(m[1]) >= 0 {
			add(m[1], m[2])
		}
	}
	return list
}

func group(prefix string) int {
	for i, a := range attacks {
		if a.Prefix == prefix {
			return i
		}
	}
	return -1
}

// inName reads the section, or the attacks, out of a test's name: TestRFC6749_4_1_2_CodeExpires, TestDC03_DC04_Registrations.
func inName(name, file string) []citation {
	if m := testName.FindStringSubmatch(name); m != nil {
		cites := testPrefix.ReplaceAllString(m[1], "$1 ")
		number := strings.ReplaceAll(strings.TrimSuffix(m[2], "_"), "_", ".")
		return []citation{{Name: cites, Section: number, File: file, Where: name, Test: true}}
	}
	var list []citation
	if m := attackTest.FindStringSubmatch(name); m != nil {
		for id := range strings.SplitSeq(strings.TrimSuffix(m[1], "_"), "_") {
			if group(id[:2]) >= 0 {
				list = append(list, citation{Name: id[:2], Section: id[2:], File: file, Where: name, Test: true})
			}
		}
	}
	return list
}

// around names the declaration that a comment belongs to, or the file.
func around(file *ast.File, comment *ast.CommentGroup) string {
	for _, declared := range file.Decls {
		begin := declared.Pos()
		if doc := docOf(declared); doc != nil {
			begin = doc.Pos()
		}
		if comment.Pos() < begin || comment.End() > declared.End()+1 {
			continue
		}
		if name := nameOf(declared, comment); name != "" {
			return name
		}
	}
	return ""
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

func nameOf(d ast.Decl, comment *ast.CommentGroup) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Name.Name
	case *ast.GenDecl:
		return specName(d.Specs, comment)
	}
	return ""
}

// specName gives the last name that begins before the comment ends, or the first of the group.
func specName(specs []ast.Spec, comment *ast.CommentGroup) string {
	name := ""
	for _, s := range specs {
		found := ""
		switch s := s.(type) {
		case *ast.TypeSpec:
			found = s.Name.Name
		case *ast.ValueSpec:
			found = s.Names[0].Name
		}
		if name == "" || found != "" && s.Pos() < comment.End() {
			name = found
		}
	}
	return name
}
