package access

import "launchpad/internal/core"

// Presented is a token as a request brought it.
type Presented struct {
	Token   string
	InQuery bool   // RFC 6750 §2.3: logs and histories keep it
	Old     string // the header's scheme or the parameter's name, if RFC 6750 does not know it
	Twice   bool   // the same token came in more than one way
}

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
