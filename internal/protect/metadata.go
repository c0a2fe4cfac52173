package protect

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"launchpad/internal/access"
	"launchpad/oauth"
)

// WellKnown is where the metadata of a resource lies: inserted between its host and its path. RFC 9728 §3.1.
const WellKnown = "/.well-known/oauth-protected-resource"

// metadata of RFC 9728 §2, without null members: some clients stop at them.
type metadata struct {
	Resource      string   `json:"resource"`
	Servers       []string `json:"authorization_servers"`
	Scopes        []string `json:"scopes_supported,omitempty"`
	BearerMethods []string `json:"bearer_methods_supported"`
	Name          string   `json:"resource_name,omitempty"`
	Documentation string   `json:"resource_documentation"`
}

// Metadata is the document about the API, for clients that know nothing but its address. RFC 9728 §2.
func (a *API) Metadata(issuer string) []byte {
	methods := []string{"header"}
	if queryAllowed(a) == nil {
		methods = append(methods, "query")
	}
	document, err := json.Marshal(metadata{a.Resource, []string{issuer}, a.Scope(), methods, a.Name, issuer + "/docs"})
	if err != nil {
		panic(err) // strings cannot fail
	}
	return document
}

// MetadataPath is where the document lies on the host of the resource.
func (a *API) MetadataPath() string {
	u, err := url.Parse(a.Resource)
	if err != nil {
		return WellKnown
	}
	return WellKnown + strings.TrimSuffix(u.EscapedPath(), "/")
}

// MetadataHost is the host of the document, in small letters and without port: the resource's own if calls come to us there,
// else "" for the issuer's.
func (a *API) MetadataHost() string {
	if u, err := url.Parse(a.Resource); err == nil && !a.Guarded && slices.Contains(a.Hosts, strings.ToLower(u.Hostname())) {
		return strings.ToLower(u.Hostname())
	}
	return ""
}

// MetadataAddress is where clients are sent for the document. RFC 9728 §5.1 lets a challenge name any address.
func (a *API) MetadataAddress(issuer string) string {
	if u, err := url.Parse(a.Resource); err == nil && a.MetadataHost() != "" {
		return u.Scheme + "://" + u.Host + a.MetadataPath()
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer + a.MetadataPath()
	}
	return u.Scheme + "://" + u.Host + a.MetadataPath()
}

// challenged adds to a refusal what a client needs to act on it, knowing nothing else: where the metadata of the API lies,
// and all the scopes to ask for. Whoever asks for more keeps what it had, since agents ask for exactly what they are told
// (RFC 6750 §3, RFC 9728 §5.1).
func (p *Rules) challenged(err error, api *API, route *Route, token access.Token) error {
	e := oauth.AsError(err)
	if api.Resource == "" || e.Scheme != "Bearer" {
		return err
	}
	told := *e
	told.Metadata = api.MetadataAddress(p.Issuer)
	needed := token.Scope.And(api.Scope())
	if route.Scope != "" {
		needed = needed.Or(oauth.Scopes(strings.Fields(route.Scope)...))
	}
	told.Scope = needed.String()
	return &told
}

// Audience refuses a token that is not for the API. RFC 9700 §2.3, RFC 9068 §4: one that is bound to an API is good there and
// nowhere else. APIs for agents take none that is bound to nothing, because the apps of strangers get theirs; others do, as
// they did before they had a name.
func Audience(api *API, token access.Token) error {
	if token.Audience == api.Resource || token.Audience == "" && !api.Agents {
		return nil
	}
	if token.Audience == "" {
		return oauth.InvalidToken("token_unbound", "this API takes only tokens that were made for it; ask for one by the parameter resource").
			Got("a token for no API in particular", "resource="+api.Resource)
	}
	return oauth.InvalidToken("token_for_another_api", "this token is for another API; ask for one for this API by the parameter resource").
		Got("a token for "+token.Audience, orNothing(api.Resource))
}

// admitsApp keeps the tokens of strangers to APIs for agents, also those that were made while the API was one. Theirs are all
// bound, so that no other call has to ask for its app.
func (p *Rules) admitsApp(ctx context.Context, api *API, token access.Token) error {
	if api.Agents || token.Audience == "" {
		return nil
	}
	app, err := p.app(ctx, token)
	if err != nil {
		return err
	}
	if app.Stranger() {
		return oauth.InvalidToken("resource_not_for_agents", "apps that registered themselves reach APIs for agents only, and this is none any more")
	}
	return nil
}
