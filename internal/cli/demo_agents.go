package cli

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/gateway"
	"launchpad/internal/protect"
)

// scopeOfTools is what every call of the demo's APIs for agents needs. Its upstreams can ask for the other one themselves,
// and the path below needs it.
const (
	scopeOfTools = "mcp:tools"
	scopeOfAdmin = "mcp:admin"
)

var agentScopes = []config.Scope{
	{Name: scopeOfTools, Words: "Use the tools of the API for agents"},
	{Name: scopeOfAdmin, Words: "Manage the API for agents", Changes: true, Risky: true},
}

// demoAgentAPI is what the JSON says of an API for agents.
type demoAgentAPI struct {
	Resource string `json:"resource"` // its address here, by which tokens for it are asked for
	Upstream string `json:"upstream"`
	Scope    string `json:"scope"`
}

// agentAPIs are at /mcp/1, /mcp/2 and so on: what comes there goes to the very address of the upstream, what comes below it
// to below that.
func agentAPIs(issuer string, upstreams []string) ([]gateway.API, error) {
	var list []gateway.API
	for i, upstream := range upstreams {
		target, err := url.Parse(upstream)
		if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
			return nil, fmt.Errorf("agent-api must be an http:// or https:// address, not %q", upstream)
		}
		at := fmt.Sprintf("/mcp/%d", i+1)
		api := protect.API{Name: fmt.Sprintf("Agent API %d", i+1), Resource: issuer + at, Prefix: at + "/", Agents: true}
		// Streamable HTTP has these three; the stream of GET stays open.
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			api.Routes = append(api.Routes, protect.Route{Method: method, Path: at, Scope: scopeOfTools}, protect.Route{Method: method, Path: at + "/admin", Scope: scopeOfAdmin})
		}
		list = append(list, gateway.API{API: api, Upstream: gateway.Below(at, gateway.Proxy(target))})
	}
	return list, nil
}

// localDocuments fetches from this computer, too, which nothing but the demo can be told: it is on loopback itself, and so is
// whoever builds an agent whose address is a document. Other addresses stay as guarded as they are.
func localDocuments(clock core.Clock, file string) (*fetch.Client, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("local-documents: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("local-documents: there is no certificate in %s", file)
	}
	return fetch.New(fetch.Options{Clock: clock, Local: true, Roots: roots}), nil
}

// agents is what the text says of them.
func (f demoFacts) agents() string {
	var b strings.Builder
	for _, api := range f.AgentAPIs {
		fmt.Fprintf(&b, "Connect an agent to\n\n  %s\n\nwhich is passed on to %s\n\n", api.Resource, api.Upstream)
	}
	return b.String()
}
