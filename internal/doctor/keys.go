package doctor

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var verifying = []Family{OIDC, Verifiers}

var keyChecks = []Check{
	{
		ID: "keys.readable", Looks: "jwks_uri answers with a JSON object that has keys (RFC 7517 §5)",
		Concerns: verifying, Worst: Fails, Breaks: "Finds no key and takes every signature for false.",
		Mend: "Pass the key set's path on to Launchpad.", see: keysReadable,
	},
	{
		ID: "keys.public", Looks: "No key has a private member (RFC 7517 §9.2)",
		Concerns: append(slices.Clone(verifying), People), Worst: Fails, Breaks: "Anybody can sign tokens. Take the key out of use now.",
		Mend: "launchpad keys revoke, for every key that was published so.", see: keysPublic,
	},
	{
		ID: "keys.named", Looks: "Every key says kid, alg and use, and no kid is there twice",
		Concerns: verifying, Worst: Stumbles, Breaks: "Cannot tell which key is meant while keys are being replaced.",
		Mend: "Let no proxy rewrite the key set.", see: keysNamed,
	},
	{
		ID: "keys.caching", Looks: "Cache-Control lets the key set be kept, for an hour at most",
		Concerns: verifying, Worst: Stumbles, Breaks: "Does not see a new key in time, or goes on to trust one that was revoked.",
		Mend: "Pass Cache-Control on; let no cache in front lengthen it.", see: keysCached,
	},
}

// keySet is the answer at jwks_uri, if there is one on the issuer's origin.
func (l *look) keySet() (*answer, bool) {
	address, ok := l.endpoint("jwks_uri")
	if !ok {
		return nil, false
	}
	return l.get(address), true
}

// keys of the set.
func (a *answer) keys() []document {
	items, _ := a.document()["keys"].([]any)
	var list []document
	for _, item := range items {
		key, _ := item.(map[string]any)
		list = append(list, key)
	}
	return list
}

func keysReadable(l *look) finding {
	a, ok := l.keySet()
	if !ok {
		return without("no jwks_uri")
	}
	if a.err != nil || a.status != http.StatusOK || len(a.keys()) == 0 {
		return bad(a.String()+", no keys", "200 with keys")
	}
	return good("%d in the set", len(a.keys()))
}

// eachKey makes a check of every key; it does not apply where there is none.
func eachKey(l *look, wrong func(document) (received, expected string)) finding {
	a, ok := l.keySet()
	if !ok || len(a.keys()) == 0 {
		return without("no keys")
	}
	for _, key := range a.keys() {
		if received, expected := wrong(key); received != "" {
			return bad(received+" in key "+key.text("kid"), expected)
		}
	}
	return good("all %d", len(a.keys()))
}

func keysPublic(l *look) finding {
	return eachKey(l, func(key document) (string, string) {
		// RFC 7518 §6.2.2, §6.3.2 and §6.4.1.
		for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			if _, there := key[member]; there {
				return "the member " + member, "public members only"
			}
		}
		return "", ""
	})
}

func keysNamed(l *look) finding {
	seen := map[string]bool{}
	return eachKey(l, func(key document) (string, string) {
		for _, member := range []string{"kid", "alg", "use"} {
			if key.text(member) == "" {
				return "no " + member, "kid, alg and use"
			}
		}
		if seen[key.text("kid")] {
			return "a kid that was there before", "a kid for each"
		}
		seen[key.text("kid")] = true
		return "", ""
	})
}

func keysCached(l *look) finding {
	a, ok := l.keySet()
	if !ok {
		return without("no jwks_uri")
	}
	f := cached(a, time.Hour)
	// RFC 9111 §4.2.3: what a cache in front kept already counts.
	if age := a.header.Get("Age"); f.verdict == Fine && len(strings.TrimSpace(age)) > 4 {
		return bad("Age: "+age, "an answer of the last hour")
	}
	return f
}
