package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"launchpad/internal/core"
)

// Store is one database of either engine.
type Store struct {
	engine engine
	log    engine // the same database, by connections that no other work can use up
	heard  func([]core.Event)
	epoch  string
}

// engine is what SQLite and PostgreSQL do differently.
type engine interface {
	// view answers questions from committed data.
	view(ctx context.Context) *tx
	// fact runs do in a transaction; it may run more than once, so do must only touch tx. Events beside an error are
	// those of a fact that may have been committed or not.
	fact(ctx context.Context, do func(*tx) error) ([]core.Event, error)
	// hot is fact for statements that stand alone: one, or several of which each may be kept without the others.
	hot(ctx context.Context, do func(*tx) error) ([]core.Event, error)
	// beside is the same database, by connections of their own where there is a shortage of them.
	beside() engine
	// shared reports whether other processes may write to the same database.
	shared() bool
	ping(ctx context.Context) error
	figures() Figures
	close() error
}

// Open opens the database named by dsn: "postgres://…" or "sqlite:PATH". It migrates the schema forward, and makes
// the store's epoch on first use.
func Open(ctx context.Context, dsn string, clock core.Clock) (*Store, error) {
	s := &Store{heard: func([]core.Event) {}}
	var err error
	switch scheme, rest, _ := strings.Cut(dsn, ":"); scheme {
	case "postgres", "postgresql":
		s.engine, err = openPostgres(ctx, dsn)
	case "sqlite":
		s.engine, err = openSQLite(ctx, rest)
	default:
		// What was given may be an address in another form, with a password.
		return nil, errors.New("open store: the database is neither postgres://… nor sqlite:PATH")
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s.log = s.engine.beside()
	if s.epoch, err = s.once(ctx, "epoch", newEpoch(clock)); err != nil {
		s.engine.close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Close waits for the facts under way and closes the database.
func (s *Store) Close() error { return s.engine.close() }

// Ping asks the database whether it answers.
func (s *Store) Ping(ctx context.Context) error { return s.engine.ping(ctx) }

// Shared reports whether other processes may write to the same database.
func (s *Store) Shared() bool { return s.engine.shared() }

// Epoch names this life of the data. Everything sealed is bound to it, so that a restored copy can end what came
// after it.
func (s *Store) Epoch() string { return s.epoch }

// Heard registers who is told of committed events, before the fact's caller gets its answer. It is set once,
// before the first fact, and must not call the store.
func (s *Store) Heard(tell func([]core.Event)) { s.heard = tell }

func (s *Store) tell(events []core.Event) {
	if len(events) > 0 {
		s.heard(events)
	}
}

func (s *Store) fact(ctx context.Context, do func(*tx) error) error {
	events, err := s.engine.fact(ctx, do)
	// In doubt they are told, too: a token that is refused too early does less harm than one that is never refused.
	s.tell(events)
	return err
}

func (s *Store) hot(ctx context.Context, do func(*tx) error) error {
	events, err := s.engine.hot(ctx, do)
	s.tell(events)
	return err
}
