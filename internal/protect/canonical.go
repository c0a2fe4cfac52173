package protect

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"launchpad/oauth"
)

// Canonical refuses paths that we and an upstream might read differently. What passes is decided on and handed on as the
// same bytes: one spelling for each path, no matter who decodes, merges, cuts or folds it.
func Canonical(r *http.Request) error {
	if r.URL.RawPath == "" && plain(r.URL.Path) || canonical(r.URL.EscapedPath()) {
		return nil
	}
	return oauth.InvalidRequest("path_not_canonical", "the path has encoded or doubled separators, dot segments, semicolons, backslashes, or another spelling than the one that RFC 3986 calls normal; send it in its plain form")
}

// plain finds, quickly, that a path is made of letters, digits and slashes alone, with nothing between two of these.
func plain(path string) bool {
	last := byte(0)
	for i := range len(path) {
		c := path[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c == '-', c == '_':
		case c == '/' && last != '/':
		default:
			return false
		}
		last = c
	}
	return path != "" && path[0] == '/'
}

// canonical reads a path as it was sent.
func canonical(sent string) bool {
	if !strings.HasPrefix(sent, "/") || strings.Contains(sent, "//") {
		return false
	}
	for segment := range strings.SplitSeq(sent[1:], "/") {
		// "...": what shortens dots makes two of them.
		if segment != "" && strings.Trim(segment, ".") == "" {
			return false
		}
		if !canonicalSegment(segment) {
			return false
		}
	}
	return true
}

// canonicalSegment: RFC 3986 §3.3 has what may stand there as it is, but for the semicolon, which some cut at. RFC 3986 §6.2.2: what is
// encoded is so in capitals, and only if it must be.
func canonicalSegment(segment string) bool {
	decoded := make([]byte, 0, len(segment))
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		if c != '%' {
			if !standsPlain(c) {
				return false
			}
			decoded = append(decoded, c)
			continue
		}
		if i+2 >= len(segment) || !isHex(segment[i+1]) || !isHex(segment[i+2]) {
			return false
		}
		c = hex(segment[i+1])<<4 | hex(segment[i+2])
		if standsPlain(c) || c < ' ' || c == 0x7f || strings.IndexByte(`/\;%?#`, c) >= 0 {
			return false
		}
		decoded = append(decoded, c)
		i += 2
	}
	return utf8.Valid(decoded) && !strings.ContainsFunc(string(decoded), lookalike)
}

// standsPlain: pchar without the percent sign and the semicolon.
func standsPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~!$&'()*+,=:@", c) >= 0
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

func hex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'A' + 10
}

// lookalike finds what some systems turn into an ASCII separator, dot or letter: controls, slashes and dots of other scripts,
// and the full-width forms.
func lookalike(c rune) bool {
	switch {
	case c >= 0x80 && c < 0xa0, c >= 0xff00 && c < 0xff5f, c >= 0x2024 && c <= 0x2026, c >= 0x2028 && c <= 0x202e, c >= 0x200b && c <= 0x200f:
		return true
	case c == 0x2044, c == 0x2215, c == 0x29f8, c == 0x2216, c == 0xfeff, c == utf8.RuneError:
		return true
	}
	return false
}
