package policy

import (
	"maps"
	"slices"
)

// What the tables hold, so that tests can be as long as they are.

func Acts() []Act { return slices.Sorted(maps.Keys(may)) }

func AppActs() []AppAct { return slices.Sorted(maps.Keys(mayOnApp)) }
