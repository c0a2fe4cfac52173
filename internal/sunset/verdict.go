package sunset

import (
	"fmt"
	"slices"
	"strings"

	"launchpad/internal/core"
)

// Requirements lists what can be required.
func Requirements() []string {
	list := make([]string, len(core.OldWays))
	for i, rules := range core.OldWays {
		list[i] = rules.Requirement
	}
	return list
}

// EndedBy are the old ways that requirements put an end to.
func EndedBy(requirements []string) (ways []core.OldWay, err error) {
	for _, name := range requirements {
		at := slices.IndexFunc(core.OldWays, func(r core.OldWayRules) bool { return r.Requirement == strings.TrimSpace(name) })
		if at < 0 {
			return nil, fmt.Errorf("there is no requirement %q; there are %s", name, strings.Join(Requirements(), ", "))
		}
		ways = append(ways, core.OldWays[at].Way)
	}
	return ways, nil
}

// Broken is an app that would be refused, and the uses that say so.
type Broken struct {
	App  core.App
	Uses []core.OldUsage
}

// BrokenBy lists the apps that the end of some ways would break, by their usage and in its order.
func BrokenBy(ways []core.OldWay, usage []core.OldUsage) (broken []Broken) {
	at := map[core.ID]int{}
	for _, u := range usage {
		if u.Period == 0 || !slices.Contains(ways, u.Way) {
			continue
		}
		i, known := at[u.App.ID]
		if !known {
			i = len(broken)
			at[u.App.ID] = i
			broken = append(broken, Broken{App: u.App})
		}
		broken[i].Uses = append(broken[i].Uses, u)
	}
	return broken
}
