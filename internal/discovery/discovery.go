package discovery

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Room is the metadata.
type Room struct {
	Keys        *keys.Keys
	GrantTypes  []string
	AuthMethods []string
	Published   oauth.Scope
	Register    string // path at which apps register themselves, who may then be documents as well; "": they may not
	Resources   *protect.Resources

	made atomic.Pointer[documents]
}

// documents are what is published while the APIs are the same.
type documents struct {
	of        *protect.Targeted
	server    []byte
	resources map[place][]byte
}

// now gives the documents, and makes them anew if the APIs have changed.
func (d *Room) now() *documents {
	of := d.Resources.Now()
	made := d.made.Load()
	if made == nil || made.of != of {
		made = &documents{of, d.write(), d.writeResources()}
		d.made.Store(made)
	}
	return made
}

// metadata of RFC 8414 §2, without null members: some clients stop at them.
type metadata struct {
	Issuer               string   `json:"issuer"`
	Authorize            string   `json:"authorization_endpoint"`
	Token                string   `json:"token_endpoint"`
	Revoke               string   `json:"revocation_endpoint"`
	Introspect           string   `json:"introspection_endpoint"`
	JWKS                 string   `json:"jwks_uri"`
	Scopes               []string `json:"scopes_supported"`
	ResponseTypes        []string `json:"response_types_supported"`
	ResponseModes        []string `json:"response_modes_supported"`
	GrantTypes           []string `json:"grant_types_supported"`
	TokenAuthMethods     []string `json:"token_endpoint_auth_methods_supported"`
	RevokeAuthMethods    []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectAuthMethod []string `json:"introspection_endpoint_auth_methods_supported"`
	ChallengeMethods     []string `json:"code_challenge_methods_supported"`
	IssInResponse        bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
	Documentation        string   `json:"service_documentation"`
	ProtectedResources   []string `json:"protected_resources,omitempty"` // RFC 9728 §4

	Register  string `json:"registration_endpoint,omitempty"`                 // RFC 7591 §3
	Documents bool   `json:"client_id_metadata_document_supported,omitempty"` // draft-ietf-oauth-client-id-metadata-document §5
}

// Routes of the room. Clients build the address from the issuer in different ways, and stop at the first that
// answers nonsense, so all of them answer the same.
func (d *Room) Routes() []web.Route {
	routes := []web.Route{{Method: "GET", Path: "/oauth/jwks", Surface: web.JSONSurface, AnyOrigin: true, Handle: d.jwks}}
	for _, path := range Spellings(d.Keys.Issuer()) {
		routes = append(routes, web.Route{Method: "GET", Path: path, Surface: web.JSONSurface, AnyOrigin: true, Handle: d.serve})
	}
	return append(routes, d.resourceRoutes()...)
}

// Spellings lists the paths at which clients look for the metadata of an issuer: RFC 8414 §3 inserts the
// well-known part before the issuer's path, OIDC Discovery §4 appends it.
func Spellings(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	path := strings.TrimSuffix(u.Path, "/")
	var list []string
	for _, name := range []string{"oauth-authorization-server", "openid-configuration"} {
		list = append(list, "/.well-known/"+name+path)
		if path != "" {
			list = append(list, path+"/.well-known/"+name)
		}
	}
	return list
}

func (d *Room) write() []byte {
	issuer := d.Keys.Issuer()
	confidential := []string{"client_secret_basic", "client_secret_post"}
	m := metadata{
		Issuer: issuer, Authorize: issuer + "/oauth/authorize", Token: issuer + "/oauth/token", Revoke: issuer + "/oauth/revoke",
		Introspect: issuer + "/oauth/introspect", JWKS: issuer + "/oauth/jwks", Scopes: d.scopes(),
		ResponseTypes: []string{"code"}, ResponseModes: []string{"query"}, GrantTypes: d.GrantTypes,
		TokenAuthMethods: d.AuthMethods, RevokeAuthMethods: d.AuthMethods, IntrospectAuthMethod: confidential,
		ChallengeMethods: []string{oauth.MethodS256}, IssInResponse: true, Documentation: issuer + "/docs",
		ProtectedResources: d.Resources.Identifiers(),
	}
	if d.Register != "" {
		m.Register, m.Documents = issuer+d.Register, true
	}
	document, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings cannot fail
	}
	return document
}

// scopes lists what can be asked for. Agents ask for a refresh token by a scope if it is listed, and some keep none that
// they did not ask for.
func (d *Room) scopes() []string {
	list := append([]string{}, d.Published...)
	if d.Resources.ForAgents() {
		list = append(list, oauth.OfflineAccess)
	}
	return list
}

func (d *Room) serve(w http.ResponseWriter, _ *http.Request) error {
	return web.WritePublicJSON(w, d.now().server)
}

func (d *Room) jwks(w http.ResponseWriter, _ *http.Request) error {
	return web.WritePublicJSON(w, d.Keys.JWKS())
}
