package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// SE19: a row of another server that became somebody who is gone is known again, and says of nobody who it was.
func TestAForgottenRowCameAndIsNobody(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		must(t, w.BringPeople(ctx, "old", nil, map[string]core.ID{"ben@old.example": w.ben.ID, "ann@old.example": w.ann.ID}, store.ImportedSeats{}, now))
		must(t, w.BringPeople(ctx, "older", nil, map[string]core.ID{"7": w.ben.ID}, store.ImportedSeats{}, now))
		must(t, w.DeleteIdentity(ctx, w.ben.ID, now))
		rows, err := w.ImportedRows(ctx, "old", store.ImportedIdentity, []string{"ben@old.example", "ann@old.example", "cara@old.example"})
		must(t, err)
		ben, came := rows["ben@old.example"]
		if !came || !ben.Zero() || rows["ann@old.example"] != w.ann.ID || len(rows) != 2 {
			t.Errorf("the rows became %v, want nobody for ben, ann for ann, and nothing for cara", rows)
		}
		for source, key := range map[string]string{"older": "ben@old.example", "old": "7"} {
			if rows, err := w.ImportedRows(ctx, source, store.ImportedIdentity, []string{key}); err != nil || len(rows) != 0 {
				t.Errorf("%s of %s came: %v, %v", key, source, rows, err)
			}
		}
		if from, err := w.SourcesOf(ctx, []string{w.ben.ID.String()}); err != nil || len(from) != 0 {
			t.Errorf("it is known where he came from: %v, %v", from, err)
		}
	})
}

// An invitation whose address is blanked must not become one for everybody.
func TestInvitationsToADeletedPersonAreOver(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		open := w.invitation(t, w.annsCo, w.ben.Email, w.ann)
		must(t, w.DeleteIdentity(ctx, w.ben.ID, now))
		stranger, _ := w.person(t, "cara@example.com", "sample-cara")
		wantErr(t, "a stranger with his link", w.AcceptInvitation(ctx, open.ID, stranger, now), core.ErrConflict)
		again := w.newcomer(w.ben.Email)
		if made, err := w.SignUp(ctx, again, nil, open.ID); made || !errors.Is(err, core.ErrConflict) {
			t.Errorf("a newcomer with his address and link: made=%v, %v", made, err)
		}
		if i, err := w.Invitation(ctx, open.ID); err != nil || i.Email != "" || i.Open(now) {
			t.Errorf("what is left: %+v, %v", i, err)
		}
	})
}

// Nobody can keep an account from closing by taking the name that it would get, nor find it by its old one.
func TestAClosedAccountHasNoName(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ctx, now := t.Context(), w.clock.Now()
		second := core.Account{ID: w.id(), Slug: "bens-second", Name: "Ben's second", CreatedAt: now}
		must(t, w.CreateAccount(ctx, second, w.ben.ID))
		must(t, w.CloseAccount(ctx, w.membership(t, w.ben, second), now)) // closed before he goes
		must(t, w.DeleteIdentity(ctx, w.ben.ID, now))
		for _, account := range []core.Account{w.bensCo, second} {
			got, err := w.Account(ctx, account.ID)
			if err != nil || got.Name != "" || core.ValidSlug(got.Slug) || strings.Contains(got.Slug, "ben") || got.SuspendedAt.IsZero() {
				t.Errorf("%s is now %+v, %v", account.Slug, got, err)
			}
			if _, err := w.AccountBySlug(ctx, account.Slug); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%s is found by its old name: %v", account.Slug, err)
			}
		}
		if kept, err := w.Account(ctx, w.annsCo.ID); err != nil || kept.Name != w.annsCo.Name {
			t.Errorf("somebody else's account: %+v, %v", kept, err)
		}
	})
}

// Clocks of nodes differ: a session that began a moment after the deletion, by its own clock, is over too.
func TestADeletedPersonsSessionsEndWheneverTheyBegan(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		ahead := w.session(w.ben)
		ahead.CreatedAt = w.clock.Now().Add(time.Second)
		must(t, w.StartSession(t.Context(), ahead, core.ID{}))
		must(t, w.DeleteIdentity(t.Context(), w.ben.ID, w.clock.Now()))
		if held, err := w.SessionsHeldOf(t.Context(), w.ben.ID); err != nil || len(held) != 0 {
			t.Errorf("%d sessions are left, %v", len(held), err)
		}
	})
}
