package protect

import "strings"

// Host is the host of a request as the table knows it: small letters, no port, no dot at its end.
func Host(sent string) string {
	if at := strings.LastIndexByte(sent, ':'); at >= 0 && !strings.HasSuffix(sent, "]") {
		sent = sent[:at]
	}
	return strings.ToLower(strings.TrimSuffix(sent, "."))
}
