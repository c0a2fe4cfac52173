package store_test

import (
	"strings"
	"testing"

	"launchpad/internal/lptest"
	"launchpad/internal/store"
)

// HT13: the address of a database holds a password, and what goes wrong with it is told to logs and consoles.
func TestNoErrorTellsTheDatabasePassword(t *testing.T) {
	const password = "sesame-sesame"
	for _, dsn := range []string{
		"postgres://launchpad:" + password + "@127.0.0.1:1/launchpad", "postgresql://launchpad:" + password + "@127.0.0.1:1/launchpad", "postgres://launchpad:" + password + "@127.0.0.1:x/launchpad",
		"postgres://launchpad:" + password + "@[::1/launchpad", "postgres://launchpad:" + password + "@127.0.0.1/launchpad?pool_max_conns=many", "postgres://launchpad:" + password + "@127.0.0.1/%zz",
		"postgres://127.0.0.1:1/launchpad?user=launchpad&password=" + password, "mysql://launchpad:" + password + "@127.0.0.1/launchpad", "host=127.0.0.1 password=" + password, "postgres:launchpad:" + password,
	} {
		s, err := store.Open(t.Context(), dsn, lptest.NewClock())
		if err == nil {
			s.Close()
			t.Errorf("%s was opened", dsn)
			continue
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
