package gateway

import "net/http"

// Agents in browsers are pages of any origin. They may call the APIs for agents and read the answers, refusals too, since a
// challenge is where they begin; those of other APIs stay with the API's own pages. No cookies come along: a call has a
// token, or it is refused.

var (
	anyOrigin = []string{"*"}
	// Fetch §4.9: a * covers every header but Authorization. Older browsers know the names alone.
	askedHeaders = []string{"Authorization, Content-Type, MCP-Protocol-Version, MCP-Session-Id, *"}
	readHeaders  = []string{"WWW-Authenticate, MCP-Session-Id, *"}
	tenMinutes   = []string{"600"}
)

// OpenTo lets pages read the answer to a call, whatever it will be. What an upstream says of it does not count.
func (c *Call) OpenTo(h http.Header) {
	if c.api == nil || !c.api.Agents {
		return
	}
	h["Access-Control-Allow-Origin"] = anyOrigin
	h["Access-Control-Expose-Headers"] = readHeaders
}

// preflight gives the method that a browser wants to know of, or "". It never carries a token. Fetch §4.8.
func preflight(r *http.Request) string {
	if r.Method != http.MethodOptions || r.Header.Get("Origin") == "" {
		return ""
	}
	return r.Header.Get("Access-Control-Request-Method")
}

// answerPreflight: the method is one that the API has at this address.
func answerPreflight(w http.ResponseWriter, method string) {
	h := w.Header()
	h["Access-Control-Allow-Methods"] = []string{method}
	h["Access-Control-Allow-Headers"] = askedHeaders
	h["Access-Control-Max-Age"] = tenMinutes
	w.WriteHeader(http.StatusNoContent)
}
