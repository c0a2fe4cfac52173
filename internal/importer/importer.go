package importer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// Options is what whoever imports decides.
type Options struct {
	Name      string        // of the source; another run of the same name knows what came
	Account   core.Account  // publishes the apps
	Owner     core.Identity // of apps whose own owner did not come
	Everybody bool          // all people become members of Account
	Operators bool          // people may come to be those who run this Launchpad, by their e-mail addresses
	Existing  bool          // people may come to be those who are here already, by their e-mail addresses

	Profile            core.Profile
	ClientCredentials  bool // confidential apps may act for themselves
	HTTPRedirectsUntil time.Time
	Scopes             map[string]string // what a scope of the source is called here; "": of tokens without any

	Published       oauth.Scope
	RefreshAbsolute time.Duration
	DryRun          bool
	Settle          func(context.Context) error // waits until every running server knows that tokens can come; nil: none runs
}

// Import is one run.
type Import struct {
	store  *store.Store
	clock  core.Clock
	o      Options
	report *Report
	apps   map[string]foundApp // by key
	first  bool                // nothing was ever imported
	ahead  map[string]bool     // a dry run: the keys of people who would come
}

// foundApp is an app of the source here.
type foundApp struct {
	id   core.ID // zero: it would come
	gone bool    // it came and was deleted since
}

// batchSize is how many rows are brought in one fact: whoever refreshes a token meanwhile waits for no longer than that
// takes.
const batchSize = 500

// New makes a run.
func New(s *store.Store, clock core.Clock, o Options, report *Report) *Import {
	return &Import{store: s, clock: clock, o: o, report: report, apps: map[string]foundApp{}, ahead: map[string]bool{}}
}

// Run brings what a source holds. Whatever came before, in this run or an earlier one, stays as it is: a run that was
// interrupted is gone on with by the next.
func (i *Import) Run(ctx context.Context, s Source) error {
	if s.Ambiguous != "" {
		return errors.New(s.Ambiguous)
	}
	if _, meant := i.o.Scopes[""]; len(i.o.Published) == 0 && !meant && s.Tokens.Each != nil {
		return errors.New("the configuration has no scope, so the tokens would come without any, for good; give --config as the server has it, or --scope = if that is meant")
	}
	i.report.leftOut(s.LeftOut)
	if s.Apps.Each != nil {
		i.report.profile = i.o.Profile
	}
	some, err := i.store.HoldsImportedTokens(ctx)
	if err != nil {
		return fmt.Errorf("look for imports: %w", err)
	}
	i.first = !some
	if !i.o.DryRun {
		if err := i.store.BeginImport(ctx, i.o.Name, i.clock.Now()); err != nil {
			return fmt.Errorf("begin import: %w", err)
		}
	}
	if err := each(ctx, i, kindPerson, s.People, i.people); err != nil {
		return err
	}
	if err := each(ctx, i, kindMember, s.Members, i.members); err != nil {
		return err
	}
	if err := each(ctx, i, kindApp, s.Apps, i.bringApps); err != nil {
		return err
	}
	if i.first && !i.o.DryRun && i.o.Settle != nil && s.Tokens.Each != nil {
		if err := i.o.Settle(ctx); err != nil {
			return err
		}
	}
	if err := each(ctx, i, kindToken, s.Tokens, i.tokens); err != nil {
		return err
	}
	if i.o.DryRun {
		return nil
	}
	return i.store.EndImport(ctx, i.o.Name, i.report.brought(), i.clock.Now())
}

func each[T any](ctx context.Context, i *Import, kind string, rows Rows[T], take func(context.Context, []T) error) error {
	if rows.Each == nil {
		return nil
	}
	i.report.begin(kind, rows.Count)
	err := inBatches(ctx, rows, batchSize, func(batch []T) error {
		err := take(ctx, batch)
		i.report.advance(kind, len(batch))
		return err
	})
	i.report.end(kind)
	if err != nil {
		return fmt.Errorf("%s: %w", plural[kind], err)
	}
	return nil
}

// tries is how often a batch is decided again after it lost to somebody else's change.
const tries = 4

// settled decides about rows and brings them; if a batch keeps losing it is halved, so that one row that cannot be written
// does not keep the others away.
func settled[T any](ctx context.Context, rows []T, once func(context.Context, []T) error, lost func(T)) error {
	var err error
	for range tries {
		if err = once(ctx, rows); !errors.Is(err, core.ErrConflict) {
			return err
		}
	}
	if len(rows) == 1 {
		lost(rows[0])
		return nil
	}
	if err := settled(ctx, rows[:len(rows)/2], once, lost); err != nil {
		return err
	}
	return settled(ctx, rows[len(rows)/2:], once, lost)
}

// scope says what scopes of the source are here, and whether some of them are nothing.
func (i *Import) scope(text string) (here oauth.Scope, some bool) {
	names := strings.Fields(text)
	if len(names) == 0 {
		mapped, told := i.o.Scopes[""]
		if !told {
			return i.o.Published, false
		}
		return oauth.Scopes(strings.Fields(mapped)...).And(i.o.Published), false
	}
	for _, name := range names {
		as := []string{name}
		if mapped, told := i.o.Scopes[name]; told {
			as = strings.Fields(mapped)
		}
		found := oauth.Scopes(as...).And(i.o.Published)
		some = some || len(found) == 0
		here = here.Or(found)
	}
	return here, some
}
