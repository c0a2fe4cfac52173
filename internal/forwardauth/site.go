package forwardauth

import (
	"net/netip"
	"strconv"
	"strings"
)

// site is where a request went: one spelling for each.
type site struct {
	scheme string
	host   string // in small letters, without port and without a dot at the end
	port   string // "" if it is the scheme's own
}

func readSite(scheme, host string) (site, error) {
	s := site{scheme: scheme}
	if scheme != "http" && scheme != "https" {
		return s, unreadable("scheme", scheme)
	}
	name, port := host, ""
	if at := strings.LastIndexByte(host, ':'); at >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:at], host[at+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
			return s, unreadable("port", host)
		}
	}
	if usual := scheme == "http" && port == "80" || scheme == "https" && port == "443"; !usual {
		s.port = port
	}
	s.host = strings.ToLower(strings.TrimSuffix(name, "."))
	if !isHost(s.host) {
		return s, unreadable("host", host)
	}
	return s, nil
}

// isHost takes names of letters, digits and hyphens, and addresses.
func isHost(host string) bool {
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, closed := strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		return closed && err == nil && a.Is6() && a.Zone() == ""
	}
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// hostport is what a Host header says.
func (s site) hostport() string {
	if s.port == "" {
		return s.host
	}
	return s.host + ":" + s.port
}

// origin is what browsers call it.
func (s site) origin() string { return s.scheme + "://" + s.hostport() }
