package web

import "net/http"

// TokenInAddress marks an answer to a token in the query. RFC 9745 §2: Deprecation; nobody may keep or pass on the address.
func TokenInAddress(h http.Header, issuer string) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	// An address with a token can be opened in a browser: then whatever the API answers must not act as a page of ours.
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Deprecation", "@1735689600") // 1 January 2025: RFC 9700, which forbids it, was published that month
	h.Set("Link", "<"+issuer+`/docs/errors/query_token_refused>; rel="deprecation"; type="text/html"`)
}
