package core

import (
	"slices"

	"launchpad/oauth"
)

// ScopeInfo is a published scope and how a person reads it.
type ScopeInfo struct {
	Name    string // on the wire
	Words   string // "Your dashboards"
	Changes bool   // it can change something, not only see it
	Risky   bool   // marked on the consent page
}

// Catalog is every scope that exists.
type Catalog []ScopeInfo

// Published is the catalog as a set.
func (c Catalog) Published() oauth.Scope {
	names := make([]string, len(c))
	for i, info := range c {
		names[i] = info.Name
	}
	return oauth.Scopes(names...)
}

// Split lists the named scopes, those that see apart from those that change: risky ones first, so that a long list
// does not hide them, and else in the catalog's order.
func (c Catalog) Split(scope oauth.Scope) (sees, changes []ScopeInfo) {
	for _, info := range c {
		switch {
		case !scope.Has(info.Name):
		case info.Changes:
			changes = append(changes, info)
		default:
			sees = append(sees, info)
		}
	}
	slices.SortStableFunc(sees, riskyFirst)
	slices.SortStableFunc(changes, riskyFirst)
	return sees, changes
}

func riskyFirst(a, b ScopeInfo) int {
	switch {
	case a.Risky == b.Risky:
		return 0
	case a.Risky:
		return -1
	}
	return 1
}
