package core

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// AccountHosts is the addresses at which accounts are reached, beside the issuer's. The zero value has none.
type AccountHosts struct {
	scheme string
	suffix string   // ".example.com", with the port if it is not the scheme's own
	others []string // hosts that end so but are no account's: the issuer's, the API's
}

// accountLabel is the place of an account in the pattern.
const accountLabel = "{account}"

// ParseAccountHosts reads a pattern like https://{account}.example.com. The issuer's host, and the others that are
// named, are no account's, even where the pattern covers them.
func ParseAccountHosts(pattern, issuer string, others []string) (AccountHosts, error) {
	if pattern == "" {
		return AccountHosts{}, nil
	}
	scheme, rest, _ := strings.Cut(pattern, "://")
	suffix, first := strings.CutPrefix(rest, accountLabel)
	home, err := url.Parse(issuer)
	if err != nil {
		return AccountHosts{}, fmt.Errorf("read issuer: %w", err)
	}
	at, err := url.Parse(scheme + "://account" + suffix)
	switch {
	case !first || !strings.HasPrefix(suffix, "."):
		return AccountHosts{}, errors.New("must begin with the account, like https://{account}.example.com")
	case err != nil, strings.ContainsAny(suffix, "/?#@{}"), !hostPattern.MatchString(strings.ToLower(at.Hostname())):
		return AccountHosts{}, errors.New("must be a host alone, without path and slash at the end, like https://{account}.example.com")
	case scheme != home.Scheme:
		return AccountHosts{}, fmt.Errorf("must begin with %s:// as the issuer does", home.Scheme)
	case scheme == "http" && at.Hostname() != "account.localhost":
		return AccountHosts{}, errors.New("must be https://, but for http://{account}.localhost")
	}
	h := AccountHosts{scheme: scheme, suffix: plainPort(scheme, strings.ToLower(suffix)), others: []string{plainPort(scheme, strings.ToLower(home.Host))}}
	for _, other := range others {
		h.others = append(h.others, plainPort(scheme, strings.ToLower(strings.TrimSpace(other))))
	}
	return h, nil
}

// plainPort leaves out the port that the scheme has anyway.
func plainPort(scheme, host string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// Account gives the slug in the Host of a request. Whether there is such an account it does not say, so that nobody can find
// out by asking.
func (h AccountHosts) Account(host string) (slug string, ok bool) {
	if h.suffix == "" || len(host) <= len(h.suffix) {
		return "", false
	}
	host = withoutRoot(plainPort(h.scheme, strings.ToLower(host)))
	slug, ok = strings.CutSuffix(host, h.suffix)
	if !ok || !ValidSlug(slug) || slices.Contains(h.others, host) {
		return "", false
	}
	return slug, true
}

// withoutRoot takes the dot away that may end a full name, so that one host has one spelling.
func withoutRoot(host string) string {
	name, port, found := strings.Cut(host, ":")
	if !found {
		return strings.TrimSuffix(host, ".")
	}
	if strings.HasSuffix(name, ".") {
		return strings.TrimSuffix(name, ".") + ":" + port
	}
	return host
}

// Address is where an account is reached; "" if accounts have no hosts, or this one's is somebody else's.
func (h AccountHosts) Address(slug string) string {
	if found, ok := h.Account(slug + h.suffix); !ok || found != slug {
		return ""
	}
	return h.scheme + "://" + slug + h.suffix
}
