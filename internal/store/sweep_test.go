package store

import (
	"path/filepath"
	"strings"
	"testing"

	"launchpad/internal/core"
)

// The sweep runs in the one writer, every minute: it may not read through a table that grows with the number of people.
func TestTheSweepReadsThroughNoLargeTable(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "plan.db"), core.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	statements := []string{oldPlaces}
	for _, tidy := range tidying {
		statements = append(statements, tidy.statement)
	}
	for _, statement := range statements {
		var steps []string
		err := s.engine.view(t.Context()).each("EXPLAIN QUERY PLAN "+statement, args(1, 1)[:strings.Count(statement, "$2")+1], func(row scanner) error {
			var id, parent, unused int
			var step string
			err := row.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		})
		if err != nil || len(steps) == 0 {
			t.Fatalf("%s: %v", statement, err)
		}
		for _, step := range steps {
			if strings.HasPrefix(step, "SCAN ") && step != "SCAN invitations" { // a few for each account, and soon over
				t.Errorf("%s: %s", statement, step)
			}
		}
	}
}
