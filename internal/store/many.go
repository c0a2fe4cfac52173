package store

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// many is how many rows one statement writes, of several numbers the largest that there are rows for, and how many keys one
// looks for. The texts, which are prepared once and kept, so stay few.
type many struct {
	rows []int // falling to 1
	keys int
}

var placeholder = regexp.MustCompile(`\$\d+`)

// insert writes rows. one is what stands for a row, with $1 for its first value.
func (t *tx) insert(into, one string, rows [][]any) error {
	for len(rows) > 0 {
		sizes := t.db.many().rows
		size := sizes[slices.IndexFunc(sizes, func(n int) bool { return n <= len(rows) })]
		var text strings.Builder
		var values []any
		fmt.Fprintf(&text, "INSERT INTO %s\nVALUES ", into)
		for i, row := range rows[:size] {
			if i > 0 {
				text.WriteString(", ")
			}
			text.WriteString(placeholder.ReplaceAllStringFunc(one, func(p string) string {
				n, _ := strconv.Atoi(p[1:]) // digits are a number
				return "$" + strconv.Itoa(n+len(values))
			}))
			values = append(values, row...)
		}
		n, err := t.exec(text.String(), values...)
		if err != nil {
			return err
		}
		if n != int64(size) {
			return fmt.Errorf("%d of %d rows were written", n, size)
		}
		rows = rows[size:]
	}
	return nil
}

// among calls scan for every row that a query finds with one of the keys, which follow the other values in its
// parentheses "IN (…)".
func (t *tx) among(query string, values []any, keys []string, scan func(scanner) error) error {
	most := t.db.many().keys
	for len(keys) > 0 {
		size := min(len(keys), most)
		all, places := append([]any{}, values...), make([]string, most)
		for i := range places {
			all = append(all, keys[min(i, size-1)]) // the last one again and again: the text stays the same
			places[i] = "$" + strconv.Itoa(len(all))
		}
		if err := t.each(strings.Replace(query, "…", strings.Join(places, ", "), 1), all, scan); err != nil {
			return err
		}
		keys = keys[size:]
	}
	return nil
}
