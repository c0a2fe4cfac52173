package oauth

import (
	"slices"
	"strings"
)

// Scope is a set of scope tokens, sorted, without repeats. The zero value is the empty set.
type Scope []string

// ParseScope reads a scope parameter. RFC 6749 §3.3: tokens of %x21 / %x23-5B / %x5D-7E, separated by one
// space; order does not matter. More than one space is forgiven.
func ParseScope(s string) (Scope, error) {
	if s == "" {
		return nil, nil
	}
	fields := strings.Split(s, " ")
	out := make(Scope, 0, len(fields))
	for _, token := range fields {
		if token == "" {
			continue
		}
		if !scopeToken(token) {
			return nil, InvalidScope("malformed_scope", "the scope '%s' has a character that scopes cannot have", token).
				Got(clean(s), "names separated by single spaces")
		}
		out = append(out, token)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func scopeToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= 0x20 || c == '"' || c == '\\' || c > 0x7e {
			return false
		}
	}
	return s != ""
}

// Scopes makes a set of names that are known to be well formed.
func Scopes(names ...string) Scope {
	out := Scope(slices.Clone(names))
	slices.Sort(out)
	return slices.Compact(out)
}

// String joins the set as it goes on the wire.
func (s Scope) String() string { return strings.Join(s, " ") }

// Has reports whether the set holds name.
func (s Scope) Has(name string) bool { return slices.Contains(s, name) }

// Covers reports whether every scope of other is in s.
func (s Scope) Covers(other Scope) bool { return len(other.Minus(s)) == 0 }

// And keeps what both sets hold.
func (s Scope) And(other Scope) Scope {
	if slices.Equal(s, other) {
		return s
	}
	return s.filter(other.Has)
}

// Minus keeps what other lacks.
func (s Scope) Minus(other Scope) Scope {
	return s.filter(func(name string) bool { return !other.Has(name) })
}

// Or joins two sets.
func (s Scope) Or(other Scope) Scope { return Scopes(append(slices.Clone(s), other...)...) }

func (s Scope) filter(keep func(string) bool) Scope {
	out := make(Scope, 0, len(s))
	for _, name := range s {
		if keep(name) {
			out = append(out, name)
		}
	}
	return out
}
