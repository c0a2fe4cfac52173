package authorize

import (
	"strings"

	"launchpad/internal/core"
	"launchpad/internal/interact"
	"launchpad/oauth"
)

// oldWays lists the old ways that an answer to the request would go.
func oldWays(record interact.Record) (list []core.OldWay) {
	if way, _, _ := strings.Cut(record.Dialect, "/"); way != "" {
		list = append(list, core.OldWay(way)) // what follows concerns Reword alone
	}
	switch {
	case record.Implicit:
		list = append(list, core.OldImplicit)
	case record.CodeChallenge == "":
		// RFC 9700 §2.1.1: PKCE for everybody.
		list = append(list, core.OldNoPKCE)
	}
	if len(record.State) == 0 {
		list = append(list, core.OldNoState)
	}
	// RFC 9700 §2.1: no answer over a connection that others can read.
	if class, err := oauth.CheckRedirectURI(record.RedirectURI); strings.HasPrefix(record.RedirectURI, "http:") && (err != nil || class != oauth.RedirectLoopback) {
		list = append(list, core.OldHTTPRedirect)
	}
	return list
}

// checkOldWays refuses what the operator has ended.
func checkOldWays(q *request) error {
	for _, way := range oldWays(q.record) {
		if err := q.room.OldWays.Refusal(way); err != nil {
			return err
		}
	}
	return nil
}
