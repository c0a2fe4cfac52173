package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/access"
	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/gateway"
	"launchpad/internal/journal"
	"launchpad/internal/keys"
	"launchpad/internal/meter"
	"launchpad/internal/mint"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/signin"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Options is everything that a server is made of.
type Options struct {
	Version       string // of the program
	Issuer        string // without a slash at the end
	Name          string // of this deployment, on pages
	Store         *store.Store
	Clock         core.Clock
	MasterKey     []byte
	Life          mint.Lifetimes
	RefreshWindow time.Duration
	Catalog       core.Catalog
	APIs          []gateway.API
	TryAPI        string // an address to try tokens on, for the portal
	Setup         *signin.SetupLink
	Log           *slog.Logger
	Lines         *journal.Journal // one line for each request; nil: none
}

// DefaultLife is how long things live unless the operator says otherwise.
var DefaultLife = mint.Lifetimes{
	Access:          2 * time.Hour,
	Code:            time.Minute,
	RefreshIdle:     60 * 24 * time.Hour,
	RefreshAbsolute: 365 * 24 * time.Hour,
}

// DefaultRefreshWindow is how long a rotated refresh token is still answered.
const DefaultRefreshWindow = time.Minute

// passwordPatience is how long a sign-in waits for its turn at the password gate.
const passwordPatience = 10 * time.Second

// Server is a running house.
type Server struct {
	options   Options
	keys      *keys.Keys
	directory *apps.Directory
	access    *access.Verifier
	gate      *secret.Gate
	sessions  *session.Sessions
	pages     *web.Renderer
	published oauth.Scope
	mux       *http.ServeMux
	exact     map[string]http.Handler // by path, for those without wildcards
	all       []web.Route
	traffic

	stop     context.CancelFunc
	running  sync.WaitGroup
	draining atomic.Bool
}

// New opens the keys, reads what was revoked recently, and is then ready to serve.
func New(ctx context.Context, o Options) (*Server, error) {
	s := &Server{options: o, published: o.Catalog.Published(), exact: map[string]http.Handler{}}
	s.unrouted = s.way("none", "any", meter.NewDurations(tookBounds...))
	var err error
	if s.keys, err = keys.Open(ctx, o.Store, o.Clock, o.Issuer, o.MasterKey); err != nil {
		return nil, err
	}
	if s.pages, err = web.New(o.Name, o.Clock); err != nil {
		return nil, err
	}
	s.directory = apps.NewDirectory(o.Store)
	s.access = access.New(s.keys, o.Store, o.Clock, s.published, o.Life.Access)
	s.gate = secret.NewGate(passwordPatience)
	s.sessions = session.New(o.Store, o.Clock, s.gate, strings.HasPrefix(o.Issuer, "https:"))
	log := events.Follow(o.Store, s.access.Read, s.directory.Read)
	if err := log.Replay(ctx, o.Clock.Now().Add(-2*o.Life.Access)); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if s.mux, err = s.routes(); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.running.Go(func() { s.access.Run(background) })
	s.running.Go(func() { s.sweep(background) })
	return s, nil
}

// Close ends the background work; the notes of use that are waiting are written.
func (s *Server) Close() {
	s.stop()
	s.running.Wait()
}

// Drain lets readyz say that no new work is wanted.
func (s *Server) Drain() { s.draining.Store(true) }

// Settle writes what is otherwise written a little later.
func (s *Server) Settle(ctx context.Context) error { return s.access.Flush(ctx) }

// refreshUses is Settle for pages that show the last use: they show an older one rather than none.
func (s *Server) refreshUses(ctx context.Context) {
	if err := s.access.Flush(ctx); err != nil {
		s.options.Log.Warn("write notes of use", "cause", err)
	}
}

// sweepEvery is the pause between two looks for rows that are over.
const sweepEvery = time.Minute

// sweep deletes what is over, a small batch at a time.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var next core.ID
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			var err error
			if next, err = s.SweepOnce(ctx, next); err != nil {
				s.options.Log.Warn("sweep", "cause", err)
			}
			s.countSweep(next, err)
		}
	}
}

// SweepOnce takes one step of the sweep and says where to go on.
func (s *Server) SweepOnce(ctx context.Context, from core.ID) (core.ID, error) {
	horizon := store.Horizon{Now: s.options.Clock.Now(), RefreshIdle: s.options.Life.RefreshIdle, Keep: 2 * s.options.Life.Access}
	if from.Zero() {
		if err := s.options.Store.SweepRest(ctx, horizon); err != nil {
			return from, err
		}
	}
	return s.options.Store.SweepAuthorizations(ctx, from, horizon)
}
