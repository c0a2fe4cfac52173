package server

import (
	"net/http"
	"net/url"
	"strings"

	"launchpad/internal/authorize"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// An account's own host is a way in: programs are answered there as anywhere, and browsers are sent to the issuer's host with
// the account as a hint, because cookies live only there. Whether there is such an account does not matter here, so
// nothing can be learnt by asking.

// elsewhere refuses what only the issuer's host has.
func (s *Server) elsewhere(r *http.Request) error {
	if !strings.HasPrefix(r.URL.Path, "/.well-known/") {
		return nil
	}
	if _, ok := s.options.AccountHosts.Account(r.Host); !ok {
		return nil
	}
	// RFC 8414 §3: metadata lies at the issuer, and there is one.
	return oauth.NotFound("metadata_elsewhere", "the metadata of this server lies at its issuer, %s", s.keys.Issuer())
}

// homeward sends a browser from an account's host to the same page at the issuer's. Its address is made of what we are configured
// with and of the request's path and query, never of its Host.
func (s pageSurface) homeward(w http.ResponseWriter, r *http.Request, route *web.Route, account string) error {
	status, query := http.StatusFound, r.URL.RawQuery
	if r.Method != http.MethodGet {
		if !route.Foreign {
			return forged() // our forms are at the issuer's host
		}
		// RFC 9700 §4.12: never 307. What another site sends goes on as a link, like at the issuer's host.
		form, err := oauth.ReadBoth(r)
		if err != nil {
			return err
		}
		status, query = http.StatusSeeOther, form.Encode()
	}
	to := s.keys.Issuer() + "/" + strings.TrimPrefix(r.URL.EscapedPath(), "/") + "?" + url.Values{web.AccountHint: {account}}.Encode()
	if query != "" {
		to += "&" + query
	}
	if len(to) > authorize.LongestAddress {
		return oauth.InvalidRequest("body_too_large", "the request is too long to go on to %s; send it there", s.keys.Issuer()).WithStatus(http.StatusRequestEntityTooLarge)
	}
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	return nil
}
