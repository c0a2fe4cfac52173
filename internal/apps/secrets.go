package apps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/uses"
)

// What stands in the way of changing secrets. Pages say what to do about it.
var (
	// ErrNoSecrets: an app of this kind has none.
	ErrNoSecrets = errors.New("app has no secrets")
	// ErrSecretsFull: as many live as may.
	ErrSecretsFull = errors.New("no room for another secret")
	// ErrLastSecret: the app would be left without one.
	ErrLastSecret = errors.New("last secret")
	// ErrMadeAlready: the same form was sent before, and what it made was shown then.
	ErrMadeAlready = errors.New("made already")
)

// hintLength is how much of a secret stays readable, so that people know which one their server holds. Four of its
// letters leave more than 230 unknown bits.
const hintLength = 4

func newSecret(id, madeBy core.ID, now time.Time) (core.AppSecret, secret.Text) {
	shown := secret.New(secret.AppSecret)
	text := shown.Reveal()
	return core.AppSecret{ID: id, Digest: secret.Digest(text), Hint: text[len(text)-hintLength:], MadeBy: madeBy, CreatedAt: now}, shown
}

// AddSecret makes a second secret beside the one in use; it is in no other answer ever again. id is of the secret to be.
func (a *Acts) AddSecret(ctx context.Context, developer core.Identity, app, id core.ID) (core.App, core.AppSecret, secret.Text, error) {
	found, err := a.may(ctx, policy.RotateSecrets, developer, app)
	if err != nil {
		return core.App{}, core.AppSecret{}, "", err
	}
	if !found.Confidential() {
		return found, core.AppSecret{}, "", ErrNoSecrets
	}
	made, shown := newSecret(id, developer.ID, a.clock.Now())
	err = a.store.AddSecret(ctx, app, made)
	if errors.Is(err, core.ErrConflict) {
		err = a.whyNoSecret(ctx, developer, app, id)
	}
	if err != nil {
		return found, core.AppSecret{}, "", err
	}
	return found, made, shown, nil
}

// whyNoSecret looks again after a secret could not be added.
func (a *Acts) whyNoSecret(ctx context.Context, developer core.Identity, app, id core.ID) error {
	now, err := a.may(ctx, policy.RotateSecrets, developer, app)
	if err != nil {
		return err
	}
	if _, made := now.Secret(id); made {
		return ErrMadeAlready
	}
	return ErrSecretsFull
}

// EndSecret ends a secret: whoever still uses it is refused from then on. The last one stays.
func (a *Acts) EndSecret(ctx context.Context, developer core.Identity, app, id core.ID) error {
	found, err := a.may(ctx, policy.RotateSecrets, developer, app)
	if err != nil {
		return err
	}
	if _, lives := found.Secret(id); !lives {
		return fmt.Errorf("end secret: %w", core.ErrNotFound)
	}
	err = a.store.EndSecret(ctx, app, id, developer.ID, a.clock.Now())
	if errors.Is(err, core.ErrConflict) {
		return ErrLastSecret
	}
	return err
}

// secretEvery is how exactly the last use of a secret is known: one that is used all day costs a write this often.
const secretEvery = 10 * time.Minute

// SecretUses notes which secrets are in use.
type SecretUses struct {
	clock core.Clock
	notes *uses.Notes[time.Time]
}

// NewSecretUses makes an empty pad.
func NewSecretUses(s *store.Store, clock core.Clock) *SecretUses {
	return &SecretUses{clock, uses.Every(secretEvery, s.SeeSecrets)}
}

// Saw notes that a secret proved its app just now.
func (u *SecretUses) Saw(secret core.ID) { u.notes.Note(secret, u.clock.Now()) }

// Flush writes the notes that are waiting.
func (u *SecretUses) Flush(ctx context.Context) error { return u.notes.Flush(ctx) }
