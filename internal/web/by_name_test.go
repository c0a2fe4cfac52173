package web

import (
	"slices"
	"testing"
)

func TestNamesAreSortedAsPeopleCount(t *testing.T) {
	want := []string{"", "1", "2", "acme", "Acme Bakery", "Branch 2", "Branch 2 b", "branch 10", "Branch 010 x", "Zoo", "شركة"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, naturally)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
