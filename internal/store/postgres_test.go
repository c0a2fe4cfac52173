package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"launchpad/internal/core"
)

func TestSerializationFailuresAreRetried(t *testing.T) {
	for _, code := range []string{"40001", "40P01"} {
		runs := 0
		_, err := new(postgresEngine).retried(t.Context(), func() ([]core.Event, error) {
			if runs++; runs < 4 {
				// As a statement inside a fact reports it.
				return nil, fmt.Errorf("fact: %w", postgresRunner{}.translate(&pgconn.PgError{Code: code}))
			}
			return nil, nil
		})
		if err != nil || runs != 4 {
			t.Errorf("%s: %v after %d runs, want success at the fourth", code, err, runs)
		}
	}
}

func TestEndlessSerializationFailuresAreAPassingFault(t *testing.T) {
	runs := 0
	_, err := new(postgresEngine).retried(t.Context(), func() ([]core.Event, error) {
		runs++
		return nil, &pgconn.PgError{Code: "40001"}
	})
	if !errors.Is(err, core.ErrUnavailable) || runs != attempts {
		t.Errorf("got %v after %d runs, want %v after %d", err, runs, core.ErrUnavailable, attempts)
	}
}

func TestPostgresErrorsAreTranslated(t *testing.T) {
	bug := &pgconn.PgError{Code: "42601"} // syntax error: ours
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"unique violation", &pgconn.PgError{Code: "23505"}, core.ErrConflict},
		{"foreign key violation", &pgconn.PgError{Code: "23503"}, core.ErrConflict},
		{"connection lost", errors.New("unexpected EOF"), core.ErrUnavailable},
		{"deadline", context.DeadlineExceeded, core.ErrUnavailable},
		{"admin shutdown", &pgconn.PgError{Code: "57P01"}, core.ErrUnavailable},
		{"disk full", &pgconn.PgError{Code: "53100"}, core.ErrUnavailable},
		{"read-only", &pgconn.PgError{Code: "25006"}, core.ErrUnavailable},
		{"refusal", core.ErrConflict, core.ErrConflict},
		{"bug", bug, bug},
	} {
		if got := (postgresRunner{}).translate(c.err); !errors.Is(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if errors.Is(postgresRunner{}.translate(bug), core.ErrUnavailable) {
		t.Error("a mistake of ours passes as a passing fault")
	}
}
