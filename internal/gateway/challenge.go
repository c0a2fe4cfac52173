package gateway

import (
	"net/http"
	"strings"
)

// An agent knows nothing of an API but its address, so what refuses it has to say where to read on. The gateway's own challenges do; an
// upstream that refuses by itself does not know where its metadata lies.

// challenge adds that to a refusal of an upstream that does not say it. RFC 9728 §5.1.
func (a *answer) challenge(h http.Header) {
	api, lines := a.passage.api, h["Www-Authenticate"]
	refused := a.res.StatusCode == http.StatusUnauthorized || a.res.StatusCode == http.StatusForbidden
	if !refused || !api.Agents || api.Resource == "" || strings.Contains(strings.ToLower(strings.Join(lines, ",")), "resource_metadata") {
		return
	}
	for i, line := range lines {
		lines[i] = withMetadata(line, api.MetadataAddress(a.passage.rules.Issuer))
	}
}

const bearer = "bearer"

// withMetadata puts it behind the scheme of the first Bearer challenge of a line. RFC 9110 §11.6.1: a line may hold several challenges,
// and what is quoted in them may hold anything.
func withMetadata(line, address string) string {
	begins, quoted := true, false // a challenge may begin here
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			begins, quoted = false, !quoted
		case quoted || c == ' ' || c == '\t':
		case c == ',':
			begins = true
		case begins && isScheme(line[i:], bearer):
			scheme, rest := line[:i+len(bearer)], strings.TrimLeft(line[i+len(bearer):], " \t")
			if rest != "" && rest[0] != ',' {
				rest = ", " + rest
			}
			return scheme + ` resource_metadata="` + address + `"` + rest
		default:
			begins = false
		}
	}
	return line
}

// isScheme reports whether a challenge is of a scheme.
func isScheme(challenge, scheme string) bool {
	return len(challenge) >= len(scheme) && strings.EqualFold(challenge[:len(scheme)], scheme) &&
		(len(challenge) == len(scheme) || strings.IndexByte(" \t,", challenge[len(scheme)]) >= 0)
}
