package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// mistake is a setting that cannot be. Its key is written like api[0].route[1].scope.
type mistake struct{ key, text string }

func (m mistake) Error() string { return m.key + ": " + m.text }

func wrong(key, format string, values ...any) error {
	return mistake{key, fmt.Sprintf(format, values...)}
}

// located puts before a mistake where the setting was made: the line of the file, the variable, the flag.
func (c *Config) located(err error) error {
	m, ok := err.(mistake)
	if !ok {
		return err
	}
	for key := m.key; key != ""; key = parent(key) {
		if place, made := c.origin[key]; made {
			return fmt.Errorf("%s: %w", place, err)
		}
	}
	return err
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

// locate remembers the line of every setting and table of a file that was parsed already.
func (c *Config) locate(path string, text []byte) {
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
	}
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
