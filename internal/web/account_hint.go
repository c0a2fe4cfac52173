package web

import (
	"net/http"

	"launchpad/internal/core"
)

// AccountHint is the parameter that says at which account's host somebody came in. It chooses beforehand where people choose, and
// allows nothing.
const AccountHint = "account"

// HintedAccount is the slug that an address hints at, or "". What is none is no hint.
func HintedAccount(r *http.Request) string {
	if slug := r.URL.Query().Get(AccountHint); core.ValidSlug(slug) {
		return slug
	}
	return ""
}
