package core

import "launchpad/oauth"

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

// Split lists the named scopes in the catalog's order, those that see apart from those that change.
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
	return sees, changes
}
