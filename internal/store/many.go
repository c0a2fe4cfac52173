package store

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Many rows in one statement. The number of rows in a text is one of two, so that the texts, which are prepared once and
// kept, stay few. SQLite binds each value by looking through the names of all, so more rows in one would not be faster.
const (
	manyRows = 20
	manyKeys = 50
)

var placeholder = regexp.MustCompile(`\$\d+`)

// insert writes rows. one is what stands for a row, with $1 for its first value.
func (t *tx) insert(into, one string, rows [][]any) error {
	for len(rows) > 0 {
		size := manyRows
		if len(rows) < size {
			size = 1
		}
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
	for len(keys) > 0 {
		size := min(len(keys), manyKeys)
		all, places := append([]any{}, values...), make([]string, manyKeys)
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
