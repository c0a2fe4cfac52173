package access

import "launchpad/internal/core"

// Presented is a token as a request brought it.
type Presented struct {
	Token     string
	Scheme    string // of the header, if RFC 6750 does not know it
	Parameter string // of the query; RFC 6750 §2.3 knows access_token alone
	Twice     bool   // the same token came in more than one way
}

// InQuery reports whether the address has it, which logs and histories keep. RFC 6750 §2.3.
func (p Presented) InQuery() bool { return p.Parameter != "" }

// Reachable lists what the token's reach and the person's memberships have in common, now.
func (t Token) Reachable(memberships []core.Membership) []core.Account {
	list := make([]core.Account, 0, len(memberships))
	for _, m := range memberships {
		if t.Reach.Includes(m.Account.ID) {
			list = append(list, m.Account)
		}
	}
	return list
}
