package doctor

import (
	"regexp"
	"sync"
)

// pattern is made when it is first wanted: other commands than the doctor's begin without it.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
