package resource

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"launchpad/internal/jose"
	"launchpad/oauth"
)

// refusal is why a call may not pass.
type refusal struct {
	status      int
	code        string // RFC 6750 §3.1; "" if no credentials came
	description string
	scope       oauth.Scope // for insufficient_scope
	proof       bool        // it is about the DPoP proof, or the lack of one
	stepUp      bool
}

func invalidRequest(description string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "invalid_request", description: description}
}

func invalidToken(description string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "invalid_token", description: description}
}

// badProof: RFC 9449 §7.1.
func badProof(description string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "invalid_dpop_proof", description: description, proof: true}
}

// stepUp: RFC 9470 §3.
func stepUp(description string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "insufficient_user_authentication", description: description, stepUp: true}
}

func unavailable() *refusal {
	return &refusal{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "the token cannot be checked right now; keep it and try again in a few seconds"}
}

// insufficientScope names all scopes of the operation at once, so that a client needs one round, and those that the token
// has already, so that asking for more does not cost it these.
func (v *Verifier) insufficientScope(need Need, t *Token) *refusal {
	all := oauth.Scopes(need.Scopes...).Or(t.Scope.And(oauth.Scopes(v.o.Scopes...)))
	return &refusal{status: http.StatusForbidden, code: "insufficient_scope", description: "The operation needs scopes that the token does not have", scope: all}
}

// refuse writes the answer. RFC 6750 §3, RFC 9728 §5.1.
func (v *Verifier) refuse(w http.ResponseWriter, need Need, r *refusal) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		for _, challenge := range v.challenges(need, r) {
			h.Add("WWW-Authenticate", challenge)
		}
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "2")
	}
	body := map[string]string{}
	if r.code != "" {
		body["error"], body["error_description"] = r.code, r.description
	}
	text, _ := json.Marshal(body) // strings cannot fail
	h.Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_, _ = w.Write(text)
}

func (v *Verifier) challenges(need Need, r *refusal) []string {
	parameters := v.parameters(need, r)
	dpop := "DPoP algs=" + quoted(strings.Join(jose.ProofAlgorithms, " "))
	switch {
	case r.proof:
		return []string{dpop + ", " + parameters}
	case r.code == "" && v.o.DPoP:
		return []string{"Bearer " + parameters, dpop}
	}
	return []string{"Bearer " + parameters}
}

func (v *Verifier) parameters(need Need, r *refusal) string {
	list := []string{"resource_metadata=" + quoted(v.metadataAddress())}
	add := func(name, value string) {
		if value != "" {
			list = append(list, name+"="+quoted(value))
		}
	}
	add("error", r.code)
	add("error_description", r.description)
	scope := r.scope
	if r.code == "" || r.code == "invalid_token" {
		scope = oauth.Scopes(need.Scopes...) // what to ask for in the first place
	}
	add("scope", scope.String())
	if r.stepUp {
		add("acr_values", strings.Join(need.ACR, " "))
		if need.MaxAge > 0 {
			add("max_age", strconv.Itoa(int(need.MaxAge/time.Second)))
		}
	}
	return strings.Join(list, ", ")
}

// quoted writes a quoted-string. RFC 9110 §5.6.4: what could end it is escaped, what no header can hold is left out.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= 0x20 && c < 0x7f:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
