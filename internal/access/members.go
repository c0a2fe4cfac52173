package access

import (
	"context"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// Memberships are read once for each identity and kept until the change log says otherwise, in a bounded number
// of bytes, one reader at a time for each identity.

const (
	membersBytes    = 8 << 20
	membershipBytes = 256         // of one entry, roughly
	membersAge      = time.Minute // a bound for what no log tells of
)

type members struct {
	store *store.Store
	cache *otter.Cache[core.ID, []core.Membership]
}

func newMembers(s *store.Store) *members {
	return &members{store: s, cache: otter.Must(&otter.Options[core.ID, []core.Membership]{
		MaximumWeight: membersBytes,
		Executor:      core.Here,
		Weigher: func(_ core.ID, list []core.Membership) uint32 {
			return uint32(membershipBytes * (1 + len(list)))
		},
		ExpiryCalculator: otter.ExpiryWriting[core.ID, []core.Membership](membersAge),
	})}
}

func (m *members) read(e core.Event) {
	switch e.Kind {
	case core.EventMembershipAdded, core.EventMembershipChanged, core.EventMembershipRemoved:
		m.cache.Invalidate(e.IdentityID)
	case core.EventAccountSuspended, core.EventAccountResumed, core.EventAccountChanged:
		m.cache.InvalidateAll()
	}
}

// Memberships lists the accounts that an identity belongs to, suspended ones left out.
func (v *Verifier) Memberships(ctx context.Context, identity core.ID) ([]core.Membership, error) {
	if err := v.log.Current(ctx); err != nil {
		return nil, oauth.Unavailable(err)
	}
	list, err := v.members.cache.Get(ctx, identity, otter.LoaderFunc[core.ID, []core.Membership](
		func(ctx context.Context, id core.ID) ([]core.Membership, error) {
			// Joined callers share this read, so no single caller's deadline may end it.
			all, err := v.members.store.Memberships(context.WithoutCancel(ctx), id)
			return active(all), err
		}))
	if err != nil {
		return nil, oauth.Unavailable(fmt.Errorf("read memberships: %w", err))
	}
	return list, nil
}

func active(all []core.Membership) []core.Membership {
	kept := make([]core.Membership, 0, len(all))
	for _, m := range all {
		if m.Account.SuspendedAt.IsZero() {
			kept = append(kept, m)
		}
	}
	return kept
}
