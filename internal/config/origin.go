package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// mistake is a setting that cannot be. Its key is written like api[0].route[1].scope.
type mistake struct {
	key   string
	cause error
}

// Error goes to terminals and logs, so what was set is repeated without the name and the password in an address.
func (m mistake) Error() string {
	return m.key + ": " + inAddress.ReplaceAllString(m.cause.Error(), "${1}…@")
}

var inAddress = regexp.MustCompile(`(//|")[^\s"/]*@`)

func (m mistake) Unwrap() error { return m.cause }

// Wrong says what cannot be about a setting, and how to mend it.
func Wrong(key, format string, values ...any) error {
	return mistake{key, fmt.Errorf(format, values...)}
}

// Located puts before a mistake, wherever it was found, where the setting was made: the line of the file, the variable, the
// flag.
func (c *Config) Located(err error) error {
	m, ok := errors.AsType[mistake](err)
	if !ok {
		return err
	}
	for key := m.key; key != ""; key = parent(key) {
		if place, made := c.origin[key]; made {
			return fmt.Errorf("%s: %w", place, m)
		}
	}
	return m
}

// parent is the table that a key lies in.
func parent(key string) string {
	if at := strings.LastIndexByte(key, '.'); at >= 0 {
		return key[:at]
	}
	return ""
}

// From remembers that a setting was made by something stronger than the file.
func (c *Config) From(key, place string) {
	if c.origin == nil {
		c.origin = map[string]string{}
	}
	c.origin[key] = place
}

// locate remembers the line of every setting and table of a file that was parsed already. It refuses durations without a
// unit: the parser takes them for nanoseconds.
func (c *Config) locate(path string, text []byte) error {
	var p unstable.Parser
	p.Reset(text)
	at := tables{count: map[string]int{}}
	for p.NextExpression() {
		node := p.Expression()
		var key string
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			key = at.enter(dotted(node), node.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			key = strings.TrimPrefix(at.current+"."+strings.Join(dotted(node), "."), ".")
		default:
			continue
		}
		first := node.Key()
		first.Next()
		c.From(key, fmt.Sprintf("%s:%d", path, 1+bytes.Count(text[:first.Node().Raw.Offset], []byte("\n"))))
		if node.Kind == unstable.KeyValue && node.Value().Kind == unstable.Integer && takenBy(reflect.TypeFor[Config](), plainKey(key)) == aDuration {
			return c.Located(Wrong(key, "it takes %s", aDuration))
		}
	}
	return nil
}

// plainKey is a key without the numbers of its tables.
func plainKey(key string) []string {
	parts := strings.Split(key, ".")
	for i, part := range parts {
		parts[i], _, _ = strings.Cut(part, "[")
	}
	return parts
}

func dotted(node *unstable.Node) (parts []string) {
	for key := node.Key(); key.Next(); {
		parts = append(parts, string(key.Node().Data))
	}
	return parts
}

// tables counts the tables of one name, by the name with the numbers of those that they lie in.
type tables struct {
	current string
	count   map[string]int
}

// enter goes into a table; one of several goes into the last of those that it lies in.
func (t *tables) enter(parts []string, several bool) string {
	t.current = ""
	for i, part := range parts {
		t.current = strings.TrimPrefix(t.current+"."+part, ".")
		if several && i == len(parts)-1 {
			t.count[t.current]++
		}
		if n := t.count[t.current]; n > 0 {
			t.current += fmt.Sprintf("[%d]", n-1)
		}
	}
	return t.current
}
