package oauth

import (
	"net/url"
	"slices"
	"strings"
)

// Redirect URIs are compared byte by byte and never normalised: every "helpful" normalisation has been somebody's
// open redirect. The one exception is the port of a native app's loopback address.

// maxRedirectURI bounds what a developer may register.
const maxRedirectURI = 2000

// RedirectClass says what a registered redirect URI is good for.
type RedirectClass int

const (
	RedirectHTTPS    RedirectClass = iota // https
	RedirectLoopback                      // http on this computer
	RedirectPrivate                       // a private-use scheme of a native app
	RedirectDummy                         // plain http elsewhere: fine to start with, keeps the app in development
	RedirectShown                         // nowhere: the code is shown to the person
	RedirectUnowned                       // a private-use scheme that is nobody's, like editor://; see CheckAgentRedirectURI
)

// RedirectShownURI stands for no address: the person copies the code into the app. Older installed apps and scripts use it.
const RedirectShownURI = "urn:ietf:wg:oauth:2.0:oob"

// CheckRedirectURI decides whether a redirect URI may be registered.
func CheckRedirectURI(raw string) (RedirectClass, error) {
	class, err := CheckAgentRedirectURI(raw)
	if err == nil && class == RedirectUnowned {
		// RFC 8252 §7.1: a private-use scheme is a reversed domain name, so that it belongs to somebody.
		return 0, badRedirect(raw, "its scheme is neither https, nor http on this computer, nor a reversed domain name", "com.example.app:/callback")
	}
	return class, err
}

// CheckAgentRedirectURI decides the same for an app that came by itself. Editors that are agents use schemes that no domain
// name stands behind, and cannot be taught another; the person is told where the answer goes.
func CheckAgentRedirectURI(raw string) (RedirectClass, error) {
	if raw == RedirectShownURI {
		return RedirectShown, nil
	}
	if err := redirectBytes(raw); err != nil {
		return 0, err
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" {
		return 0, badRedirect(raw, "it is not an absolute URI", "https://app.example/callback")
	}
	if err := redirectParts(raw, u); err != nil {
		return 0, err
	}
	return redirectScheme(raw, u)
}

// redirectBytes refuses what different parsers read differently: anything outside printable ASCII, and the
// backslash, which browsers take for a slash and RFC 3986 does not.
func redirectBytes(raw string) error {
	if raw == "" || len(raw) > maxRedirectURI {
		return badRedirect(raw, "it is empty or over 2,000 characters", "https://app.example/callback")
	}
	for i := range len(raw) {
		if c := raw[i]; c <= 0x20 || c > 0x7e || strings.IndexByte("\\\"<>^`{|}", c) >= 0 {
			return badRedirect(raw, "it has a space, a control character, a backslash or a letter outside ASCII (write international hosts in punycode)", "https://app.example/callback")
		}
	}
	return nil
}

func redirectParts(raw string, u *url.URL) error {
	switch {
	// RFC 6749 §3.1.2: the endpoint URI MUST NOT include a fragment component.
	case strings.Contains(raw, "#"):
		return badRedirect(raw, "it has a fragment", "the same address without # and what follows")
	case !plainHost(u.Host):
		// A host is repeated in headers; percent signs, zones and separators have no business there.
		return badRedirect(raw, "its host has characters other than letters, digits, dots and hyphens", "https://app.example/callback")
	case u.User != nil || strings.Contains(u.Host, "@"):
		return badRedirect(raw, "it has a user name in the host part", "https://app.example/callback")
	case strings.Contains(raw, "*"):
		return badRedirect(raw, "wildcards are not supported", "one line for each address")
	case dotSegments(u):
		return badRedirect(raw, "its path has '.' or '..' segments", "the address as the browser will show it")
	}
	for _, reserved := range []string{"code", "state", "iss", "error", "response"} {
		// A registered "code=" would let the app's own URL pose as an answer of ours.
		if u.Query().Has(reserved) {
			return badRedirect(raw, "its query has the reserved parameter "+reserved, "another parameter name")
		}
	}
	return nil
}

// plainHost: RFC 952 names and IP literals without a zone, with or without a port.
func plainHost(host string) bool {
	for i := range len(host) {
		c := host[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && strings.IndexByte(".-:[]_", c) < 0 {
			return false
		}
	}
	return true
}

func dotSegments(u *url.URL) bool {
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

func redirectScheme(raw string, u *url.URL) (RedirectClass, error) {
	switch u.Scheme {
	case "https", "http":
		switch {
		case u.Host == "" || u.Hostname() == "" || !strings.HasPrefix(raw, u.Scheme+"://"):
			return 0, badRedirect(raw, "it names no host", "https://app.example/callback")
		case !validPort(u):
			return 0, badRedirect(raw, "its port is not a number from 1 to 65535", "https://app.example/callback")
		case u.Scheme == "https":
			return RedirectHTTPS, nil
		case loopbackHost(u.Hostname()):
			return RedirectLoopback, nil
		}
		return RedirectDummy, nil
	}
	switch {
	case slices.Contains(takenSchemes, u.Scheme) || strings.HasPrefix(u.Scheme, "ms-"):
		return 0, badRedirect(raw, "its scheme means something to browsers or other programs, and is no app's own", "com.example.app:/callback")
	case strings.HasPrefix(raw, u.Scheme+"://") && strings.Contains(u.Host, "."):
		return RedirectUnowned, nil // looks like a web address, and is none
	case !strings.Contains(u.Scheme, "."):
		return RedirectUnowned, nil
	}
	return RedirectPrivate, nil
}

// takenSchemes run code, show what an address holds, or start other programs.
var takenSchemes = []string{
	"about", "blob", "cid", "data", "file", "filesystem", "ftp", "ftps", "intent", "jar", "javascript", "livescript", "mailto", "mid", "mocha",
	"chrome", "chrome-extension", "edge", "moz-extension", "res", "resource", "search-ms", "shell", "sms", "smsto", "ssh", "tel",
	"telnet", "urn", "vbscript", "view-source", "ws", "wss", "x-apple", "git", "ldap", "ldaps", "smb", "nfs", "dns", "gopher", "wyciwyg", "feed", "market",
}

func validPort(u *url.URL) bool {
	p := u.Port()
	if p == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	return len(p) <= 5 && p[0] != '0' && (len(p) < 5 || p <= "65535")
}

func loopbackHost(host string) bool {
	// RFC 8252 §7.3 and §8.3: the loopback literals; "localhost" is not recommended but agents and scripts use it.
	return host == "127.0.0.1" || host == "::1" || host == "localhost"
}

func badRedirect(raw, why, expected string) *Error {
	return InvalidRedirectURI("redirect_uri_unacceptable", "this redirect URI cannot be registered: %s", why).Got(clean(raw), expected)
}

// MatchRedirectURI finds the registered URI that a requested one stands for: byte equality, or, for native apps
// only, equality after the port of a loopback http address is taken out (RFC 8252 §7.3).
func MatchRedirectURI(requested string, registered []string, native bool) bool {
	for _, candidate := range registered {
		if requested == candidate || native && sameLoopback(requested, candidate) {
			return true
		}
	}
	return false
}

func sameLoopback(requested, registered string) bool {
	a, aOK := withoutLoopbackPort(requested)
	b, bOK := withoutLoopbackPort(registered)
	return aOK && bOK && a == b
}

// withoutLoopbackPort cuts the port by hand: parsing and printing again would normalise the rest.
func withoutLoopbackPort(raw string) (string, bool) {
	const scheme = "http://"
	if !strings.HasPrefix(raw, scheme) {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || !loopbackHost(u.Hostname()) || !validPort(u) {
		return "", false
	}
	rest := raw[len(scheme)+len(u.Host):]
	host := strings.TrimSuffix(u.Host, ":"+u.Port())
	if rest == "" {
		rest = "/" // clients send the empty path and "/" interchangeably here
	}
	return scheme + host + rest, true
}

// RedirectOrigin is what a browser must be allowed to go to after the form is sent: an origin for web addresses,
// the scheme for private ones. It is also what the person is shown.
func RedirectOrigin(raw string) string {
	if raw == RedirectShownURI {
		return "" // it stays with us
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}

// RedirectHost is the part of a redirect URI that a person can recognise. Of a private scheme it is the scheme: what looks like
// its host, as in evil://bank.example/, is no machine of that name.
func RedirectHost(raw string) string {
	if raw == RedirectShownURI {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		scheme, _, _ := strings.Cut(raw, ":")
		return scheme
	}
	return u.Host
}
