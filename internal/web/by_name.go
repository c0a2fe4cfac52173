package web

import (
	"cmp"
	"slices"
	"strings"

	"launchpad/internal/core"
)

// ByName sorts accounts as people count: "Branch 2" before "Branch 10". The list that is handed in stays as it is.
func ByName(memberships []core.Membership) []core.Membership {
	return slices.SortedStableFunc(slices.Values(memberships), func(a, b core.Membership) int {
		return naturally(a.Account.Name, b.Account.Name)
	})
}

// MembersByName sorts people likewise.
func MembersByName(members []core.Member) []core.Member {
	return slices.SortedStableFunc(slices.Values(members), func(a, b core.Member) int {
		return naturally(a.Identity.Name, b.Identity.Name)
	})
}

// naturally compares digits as numbers and the rest without regard to case.
func naturally(a, b string) int {
	for a != "" && b != "" {
		x, y := chunk(a), chunk(b)
		order := strings.Compare(strings.ToLower(x), strings.ToLower(y))
		if digit(x[0]) && digit(y[0]) {
			n, m := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			order = cmp.Or(cmp.Compare(len(n), len(m)), strings.Compare(n, m))
		}
		if order != 0 {
			return order
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// chunk is the longest beginning that is all digits, or has none.
func chunk(s string) string {
	end := 1
	for end < len(s) && digit(s[end]) == digit(s[0]) {
		end++
	}
	return s[:end]
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
