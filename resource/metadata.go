package resource

import (
	"encoding/json"
	"net/http"
	"strings"

	"launchpad/internal/jose"
	"launchpad/oauth"
)

const wellKnown = "/.well-known/oauth-protected-resource"

// MetadataPath is where clients look for the API's metadata. RFC 9728 §3.1: the well-known part comes before the path.
func (v *Verifier) MetadataPath() string {
	return wellKnown + strings.TrimSuffix(v.home.EscapedPath(), "/")
}

func (v *Verifier) metadataAddress() string {
	return v.home.Scheme + "://" + v.home.Host + v.MetadataPath()
}

// metadata of RFC 9728 §2, without empty members.
type metadata struct {
	Resource       string   `json:"resource"`
	Servers        []string `json:"authorization_servers"`
	Scopes         []string `json:"scopes_supported,omitempty"`
	Methods        []string `json:"bearer_methods_supported"`
	Name           string   `json:"resource_name,omitempty"`
	ProofAlgorithm []string `json:"dpop_signing_alg_values_supported"`
}

// Metadata answers with the API's metadata. It is public, so that pages of any site may read it.
func (v *Verifier) Metadata() http.Handler {
	document, _ := json.Marshal(metadata{ // strings cannot fail
		Resource: v.o.Resource, Servers: []string{v.o.Issuer}, Scopes: oauth.Scopes(v.o.Scopes...),
		Methods: []string{"header"}, Name: v.o.Name, ProofAlgorithm: jose.ProofAlgorithms,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write(document)
	})
}
