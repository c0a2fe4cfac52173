package oauth

import (
	"net/url"
	"strings"
)

// Parameters of a response in the order in which they are written.
type Parameters []struct{ Name, Value string }

// With appends a parameter, unless its value is empty.
func (p Parameters) With(name, value string) Parameters {
	if value == "" {
		return p
	}
	return append(p, struct{ Name, Value string }{name, value})
}

// Query answers in the query of the redirect URI. RFC 6749 §4.1.2; a query that the registered URI already has
// is kept (§3.1.2).
func (p Parameters) Query(redirectURI string) string {
	if strings.Contains(redirectURI, "?") {
		return p.behind(redirectURI, "&")
	}
	return p.behind(redirectURI, "?")
}

// Fragment answers in the fragment of the redirect URI, which browsers keep to themselves. RFC 6749 §4.2.2.
func (p Parameters) Fragment(redirectURI string) string { return p.behind(redirectURI, "#") }

func (p Parameters) behind(redirectURI, separator string) string {
	var b strings.Builder
	b.WriteString(redirectURI)
	for _, parameter := range p {
		b.WriteString(separator)
		b.WriteString(parameter.Name)
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(parameter.Value))
		separator = "&"
	}
	return b.String()
}
