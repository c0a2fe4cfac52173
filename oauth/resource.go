package oauth

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Limits on what one request may name.
const (
	MaxResources      = 16
	MaxResourceLength = 512
)

// OfflineAccess is the scope by which clients ask for a refresh token. OIDC Core §11.
const OfflineAccess = "offline_access"

// InvalidTarget: the resource is malformed, unknown, or not one that this client may have a token for. RFC 8707 §2.
func InvalidTarget(slug, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "invalid_target", slug, format, args)
}

// Resources reads the resource parameters of a request in order, each once. RFC 8707 §2: this parameter alone may be
// repeated, and its values are absolute URIs without a fragment.
func (f Form) Resources() ([]string, error) {
	var list []string
	for _, sent := range f.All("resource") {
		resource, err := CheckResource(sent)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, resource) {
			list = append(list, resource)
		}
		if len(list) > MaxResources {
			return nil, InvalidTarget("resources_too_many", "the request names more than %d resources; ask for fewer at a time", MaxResources)
		}
	}
	return list, nil
}

// CheckResource refuses what cannot be a resource identifier, and gives the form in which it is compared.
func CheckResource(sent string) (string, error) {
	u, err := url.Parse(sent)
	if err != nil || len(sent) > MaxResourceLength || u.Scheme == "" || u.Fragment != "" || u.Opaque == "" && u.Host == "" ||
		strings.ContainsFunc(sent, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`#"<>\`, c) }) {
		return "", InvalidTarget("resource_malformed", "resource must be an absolute URI without a fragment: the address of the API as its metadata spells it").
			Got(Printable(sent), "an absolute URI")
	}
	return BareOrigin(sent), nil
}

// BareOrigin takes the slash off an address that is an origin and nothing else: clients send it with the slash and without,
// and RFC 3986 §6.2.3 calls the two equivalent. Any other address stays as it is.
func BareOrigin(address string) string {
	_, rest, found := strings.Cut(address, "://")
	if found && strings.IndexByte(rest, '/') == len(rest)-1 && len(rest) > 1 {
		return strings.TrimSuffix(address, "/")
	}
	return address
}
