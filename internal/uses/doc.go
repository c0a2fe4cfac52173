// Package uses takes notes of what is in use, and counts how often, and has both written late and together, so that using a
// thing costs a look into a map.
//
// It owns when a note is due, and how many notes and counts may wait; what is written is its callers' own. It may import F0.
package uses
