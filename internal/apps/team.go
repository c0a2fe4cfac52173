package apps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"launchpad/internal/core"
	"launchpad/internal/policy"
)

// Builder is somebody on the team of an app.
type Builder struct {
	core.Identity // id, name and e-mail address only
	Owner         bool
}

// Team is who builds an app, the owner first, and who in the publishing account could.
type Team struct {
	Builders   []Builder
	Candidates []core.Identity
}

// OpenWithTeam finds an app that the developer builds, and its team.
func (a *Acts) OpenWithTeam(ctx context.Context, developer core.Identity, id core.ID) (core.App, Team, error) {
	app, err := a.may(ctx, policy.SeeApp, developer, id)
	if err != nil {
		return core.App{}, Team{}, err
	}
	team, err := a.teamOf(ctx, app)
	return app, team, err
}

func (a *Acts) teamOf(ctx context.Context, app core.App) (team Team, err error) {
	members, err := a.store.Members(ctx, app.Publisher.ID)
	if err != nil {
		return Team{}, fmt.Errorf("read members: %w", err)
	}
	for _, m := range members {
		switch {
		case m.Identity.ID == app.OwnerID:
			team.Builders = slices.Insert(team.Builders, 0, Builder{m.Identity, true})
		case slices.Contains(app.Team, m.Identity.ID):
			team.Builders = append(team.Builders, Builder{m.Identity, false})
		default:
			team.Candidates = append(team.Candidates, m.Identity)
		}
	}
	return team, nil
}

// AddToTeam seats a member of the publishing account. Whoever is none is the same problem as whoever does not exist.
func (a *Acts) AddToTeam(ctx context.Context, owner core.Identity, app, member core.ID) error {
	if _, err := a.may(ctx, policy.ManageTeam, owner, app); err != nil {
		return err
	}
	err := a.store.JoinTeam(ctx, app, owner.ID, member, a.clock.Now())
	if errors.Is(err, core.ErrConflict) {
		return Problems{{"member", "problem.team_member", ""}}
	}
	return err
}

// RemoveFromTeam takes a seat away: another's as the owner, or one's own.
func (a *Acts) RemoveFromTeam(ctx context.Context, who core.Identity, app, member core.ID) error {
	act := policy.ManageTeam
	if member == who.ID {
		act = policy.LeaveTeam
	}
	if _, err := a.may(ctx, act, who, app); err != nil {
		return err
	}
	return a.store.LeaveTeam(ctx, app, who.ID, member, a.clock.Now())
}

// Successor finds the member of the team to whom an app could be handed over.
func (a *Acts) Successor(ctx context.Context, owner core.Identity, id, member core.ID) (core.App, Builder, error) {
	app, err := a.may(ctx, policy.HandAppOver, owner, id)
	if err != nil {
		return core.App{}, Builder{}, err
	}
	team, err := a.teamOf(ctx, app)
	if err != nil {
		return core.App{}, Builder{}, err
	}
	for _, b := range team.Builders {
		if b.ID == member && !b.Owner {
			return app, b, nil
		}
	}
	return core.App{}, Builder{}, fmt.Errorf("hand app over: %w", core.ErrNotFound)
}

// HandOver makes a member of the team the owner; the owner stays on the team.
func (a *Acts) HandOver(ctx context.Context, owner core.Identity, app, member core.ID) error {
	if _, _, err := a.Successor(ctx, owner, app, member); err != nil {
		return err
	}
	return a.store.HandOverApp(ctx, app, owner.ID, member, a.clock.Now())
}

// TakeOver makes somebody who runs the publishing account the owner of an app whose owner has left it.
func (a *Acts) TakeOver(ctx context.Context, heir core.Identity, app core.ID) error {
	if _, err := a.may(ctx, policy.TakeAppOver, heir, app); err != nil {
		return err
	}
	return a.store.TakeOver(ctx, app, heir.ID, a.clock.Now())
}
