package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

const indexFile = "docs/spec-index.md"

func main() {
	list, err := read(".")
	if err == nil {
		err = problems(list)
	}
	if err == nil {
		err = os.WriteFile(indexFile, []byte(page(list)), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// unknown says what a citation names that nobody has looked up.
func unknown(c citation) string {
	if attackSpan.MatchString(c.Name) {
		return fmt.Sprintf("%s: %s cites %s; name each row that is tested", c.File, c.Where, c.Name)
	}
	if why, is := absent[c.Name+c.Section]; is && c.Test {
		return fmt.Sprintf("%s: %s cites %s%s, which spec/known.go calls absent: %s", c.File, c.Where, c.Name, c.Section, why)
	}
	if n := group(c.Name); n >= 0 {
		if id, err := strconv.Atoi(c.Section); err != nil || id < 1 || id > attacks[n].Count {
			return fmt.Sprintf("%s: %s cites %s%s, which the catalogue of attacks does not have", c.File, c.Where, c.Name, c.Section)
		}
		return ""
	}
	at := slices.IndexFunc(known, func(s specification) bool { return s.Name == c.Name })
	if at < 0 {
		return fmt.Sprintf("%s: %s cites %s, which spec/known.go does not know", c.File, c.Where, c.Name)
	}
	if _, ok := known[at].Sections[c.Section]; !ok && c.Section != "" {
		return fmt.Sprintf("%s: %s cites %s §%s; look the section up and add it to spec/known.go", c.File, c.Where, c.Name, c.Section)
	}
	return ""
}

// problems lists everything that is cited and unknown.
func problems(list []citation) error {
	var said []string
	for _, c := range list {
		if p := unknown(c); p != "" && !slices.Contains(said, p) {
			said = append(said, p)
		}
	}
	if len(said) > 0 {
		return fmt.Errorf("%s", strings.Join(said, "\n"))
	}
	return nil
}
