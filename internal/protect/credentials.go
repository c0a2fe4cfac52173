package protect

import (
	"context"
	"net/http"

	"launchpad/internal/access"
	"launchpad/oauth"
)

// Credentials is how tokens may come. RFC 6750 §2.
type Credentials interface {
	// Present reads the token of a request. As soon as one is seen in the address, h, the header of the answer, says that nobody may
	// keep that. Its errors are *oauth.Error.
	Present(h http.Header, r *http.Request) (access.Presented, error)
	// MayPresent refuses a way that whoever holds the token was not promised, and marks the answer to one that will end.
	MayPresent(ctx context.Context, h http.Header, p access.Presented, t access.Token) error
}

// queryAllowed: tokens in addresses end up in logs and histories, so an API can refuse them, whoever brings them. Where a proxy
// asks, none is taken: we cannot take it out of the address that goes on to the application.
func queryAllowed(api *API) error {
	if !api.QueryTokens || api.Agents || api.Guarded {
		return oauth.InvalidToken("query_token_refused", "this API takes tokens in the Authorization header only").Got("a token in the query", "Authorization: Bearer")
	}
	return nil
}
