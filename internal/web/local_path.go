package web

import (
	"net/url"
	"strings"
)

// LocalPath lets only paths of this host through: "//host", "/\host" and their like are other hosts to a browser.
func LocalPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || len(s) > 2000 {
		return ""
	}
	for _, c := range s {
		if c <= 0x20 || c >= 0x7f || c == '\\' {
			return ""
		}
	}
	if decoded, err := url.PathUnescape(s); err != nil || strings.HasPrefix(strings.TrimLeft(decoded[1:], "\t\r\n "), "/") || strings.Contains(decoded, `\`) {
		return ""
	}
	return s
}
