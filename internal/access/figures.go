package access

import "launchpad/internal/meter"

// Figures is what an operator may want to know of the verifier.
type Figures struct {
	Verified     *meter.Table // by format and outcome
	Dead         int          // what is dead and still remembered
	Changed      int          // grants that were changed and are still remembered
	NotesWaiting int
	NotesDropped int64
}

// Figures reads them.
func (v *Verifier) Figures() Figures {
	f := Figures{Verified: &v.verified}
	v.dead.mu.RLock()
	f.Dead, f.Changed = len(v.dead.dead), len(v.dead.grants)
	v.dead.mu.RUnlock()
	for _, figures := range []func() (int, int64){v.uses.generations.Figures, v.uses.grants.Figures, v.uses.tokens.Figures} {
		waiting, dropped := figures()
		f.NotesWaiting += waiting
		f.NotesDropped += dropped
	}
	return f
}
