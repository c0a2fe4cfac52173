// Package config reads what an operator says: one struct, filled from defaults, then the file, then the
// environment, then flags.
//
// It owns names, defaults and the refusal of nonsense, each with the line that is wrong and how to mend it. It does
// not act on any of it. It imports core.
package config
