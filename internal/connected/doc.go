// Package connected is the page on which a person sees which apps may do what in which accounts, and takes access back.
//
// It shows grants and ends them; it does not give or edit any (consent does). It may import F0 to F3.
package connected
