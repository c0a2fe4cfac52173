package interact

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/oauth"
)

// Life is how long a person may take.
const Life = time.Hour

// Record is one authorization request that has passed every check, and what was decided since.
type Record struct {
	ID            core.ID     `json:"id"`
	ClientID      string      `json:"client_id"`
	RedirectURI   string      `json:"redirect_uri"`           // where the answer goes
	RedirectSent  bool        `json:"redirect_sent,omitzero"` // whether the request named it; RFC 6749 §4.1.3
	Scope         oauth.Scope `json:"scope"`
	Resources     []string    `json:"resources,omitzero"` // RFC 8707: the APIs that tokens may be for
	State         []byte      `json:"state,omitzero"`     // bytes, since text can grow six-fold on its way through JSON
	CodeChallenge string      `json:"code_challenge,omitzero"`
	AskAgain      bool        `json:"ask_again,omitzero"`  // prompt=consent
	SignInAgain   bool        `json:"sign_in,omitzero"`    // prompt=login or select_account
	Silent        bool        `json:"silent,omitzero"`     // prompt=none
	Implicit      bool        `json:"implicit,omitzero"`   // response_type=token
	Dialect       string      `json:"dialect,omitzero"`    // in which the app is told of refusals, as its door calls it
	LoginHint     string      `json:"login_hint,omitzero"` // who is expected
	AccountHint   string      `json:"account,omitzero"`    // slug of the account at whose host it began
	CreatedAt     time.Time   `json:"created_at"`
	Browser       string      `json:"browser"` // digest of the browser's cookie

	// Set by the consent room.
	IdentityID core.ID `json:"identity,omitzero"` // who decided
	GrantID    core.ID `json:"grant,omitzero"`    // what was allowed
	Denied     bool    `json:"denied,omitzero"`
}

// Decided reports whether the person has answered.
func (r Record) Decided() bool { return r.Denied || !r.GrantID.Zero() }

// Interactions seals and opens records.
type Interactions struct {
	keys  *keys.Keys
	clock core.Clock
}

// New makes it.
func New(k *keys.Keys, clock core.Clock) *Interactions { return &Interactions{k, clock} }

// Seal makes the string that stands for the record.
func (i *Interactions) Seal(r Record) string {
	payload, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings, times and booleans cannot fail
	}
	return i.keys.SealInteraction(payload)
}

// Open reads it back in the same browser and in time. browser is the value of its cookie.
func (i *Interactions) Open(sealed, browser string) (Record, error) {
	payload, err := i.keys.OpenInteraction(sealed)
	if errors.Is(err, core.ErrUnavailable) {
		return Record{}, err
	}
	if err != nil {
		return Record{}, gone().Because(err)
	}
	var r Record
	if err := json.Unmarshal(payload, &r); err != nil {
		return Record{}, gone().Because(fmt.Errorf("read interaction: %w", err))
	}
	if browser == "" || !secret.Matches(browser, r.Browser) {
		return Record{}, oauth.AccessDenied("interaction_elsewhere", "this page was begun in another browser; go back to the app and start again")
	}
	if i.clock.Now().After(r.CreatedAt.Add(Life)) {
		return Record{}, gone()
	}
	return r, nil
}

func gone() *oauth.Error {
	return oauth.InvalidRequest("interaction_gone", "this page waited for too long or its address is damaged; go back to the app and start again")
}
