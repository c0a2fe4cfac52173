package heritage

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"launchpad/internal/access"
	"launchpad/internal/core"
	guarded "launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// What a client can ask about its own token: /oauth/token/info as Doorkeeper answers it, and /authorization.json (or
// .xml), which was an app's first request: choose an account, then call that account's href.

// verified finds the token that a request brings.
func (d *Door) verified(w http.ResponseWriter, r *http.Request) (access.Token, error) {
	p, err := d.Present(w.Header(), r)
	if err != nil {
		return access.Token{}, err
	}
	t, err := d.Access.Verify(r.Context(), p.Token)
	if err != nil {
		return access.Token{}, err
	}
	web.RecordOf(w).AppID = t.AppID
	// A token for an API is for that one, and these are none: an API that was handed it learns nothing more here.
	if err := guarded.Audience(new(guarded.API), t); err != nil {
		return access.Token{}, err
	}
	return t, d.MayPresent(r.Context(), w.Header(), p, t)
}

// tokenInfo is byte for byte what Doorkeeper answers.
type tokenInfo struct {
	Owner       *ownerID `json:"resource_owner_id"` // null: the app acts for itself
	Scope       []string `json:"scope"`
	ExpiresIn   *int64   `json:"expires_in"` // null: never
	Application struct {
		UID string `json:"uid"`
	} `json:"application"`
	CreatedAt int64 `json:"created_at"`
}

func (d *Door) info(w http.ResponseWriter, r *http.Request) error {
	t, err := d.verified(w, r)
	if err != nil {
		e := *oauth.AsError(err)
		if e.Code == "" {
			e.Code = "invalid_token" // Doorkeeper has no other answer to a request without a token
		}
		return &e
	}
	app, err := d.appOf(r.Context(), t)
	if err != nil {
		return err
	}
	info := tokenInfo{Scope: append([]string{}, t.Scope...), CreatedAt: t.IssuedAt.Unix()}
	info.Application.UID = app.ClientID
	if !t.IdentityID.Zero() {
		owner, err := d.owner(r, t)
		if err != nil {
			return err
		}
		info.Owner = &owner
	}
	if !t.ExpiresAt.IsZero() {
		left := int64(t.ExpiresAt.Sub(d.Clock.Now()) / time.Second)
		info.ExpiresIn = &left
	}
	body, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("write token info: %w", err)
	}
	return web.WriteJSON(w, body)
}

// ownerID is a person as the app knows them: an app that came from another server keeps people by their ids there, which most
// databases count, and its database must find them again.
type ownerID string

func (d *Door) owner(r *http.Request, t access.Token) (ownerID, error) {
	key, err := d.Store.OldKey(r.Context(), t.AppID, t.IdentityID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ownerID(t.IdentityID.String()), nil
	case err != nil:
		return "", oauth.Unavailable(fmt.Errorf("load old id: %w", err))
	}
	return ownerID(key), nil
}

var number = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`) // which every reader of JSON keeps exactly

// MarshalJSON writes a number where it is one, as the other server did.
func (o ownerID) MarshalJSON() ([]byte, error) {
	if number.MatchString(string(o)) {
		return []byte(o), nil
	}
	return json.Marshal(string(o))
}

// document is who stands behind a token, and where that person's accounts are.
type document struct {
	XMLName   xml.Name    `json:"-" xml:"authorization"`
	ExpiresAt *string     `json:"expires_at" xml:"expires_at,omitempty"` // null: never
	Identity  person      `json:"identity" xml:"identity"`
	Accounts  []anAccount `json:"accounts" xml:"accounts>account"`
}

type person struct {
	ID        ownerID `json:"id" xml:"id"`
	FirstName string  `json:"first_name" xml:"first_name"`
	LastName  string  `json:"last_name" xml:"last_name"`
	Email     string  `json:"email_address" xml:"email_address"`
}

type anAccount struct {
	Product string `json:"product" xml:"product"`
	ID      string `json:"id" xml:"id"`
	Name    string `json:"name" xml:"name"`
	Href    string `json:"href" xml:"href"`         // where the API is for this account
	AppHref string `json:"app_href" xml:"app_href"` // where people find it
}

func (d *Door) authorizationJSON(w http.ResponseWriter, r *http.Request) error {
	found, err := d.document(w, r)
	if err != nil {
		return err
	}
	body, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("write authorization: %w", err)
	}
	return web.WriteJSON(w, body)
}

func (d *Door) authorizationXML(w http.ResponseWriter, r *http.Request) error {
	found, err := d.document(w, r)
	if err != nil {
		return web.Told(err, web.XML)
	}
	body, err := xml.Marshal(found)
	if err != nil {
		return fmt.Errorf("write authorization: %w", err)
	}
	return web.WriteXML(w, body)
}

func (d *Door) document(w http.ResponseWriter, r *http.Request) (document, error) {
	t, err := d.verified(w, r)
	if err != nil {
		return document{}, err
	}
	if t.IdentityID.Zero() {
		return document{}, oauth.InsufficientScope("person_needed", "this token acts for an app and not for a person; send one that a person's authorization gave")
	}
	who, err := d.Store.Identity(r.Context(), t.IdentityID)
	if err != nil {
		return document{}, oauth.Unavailable(fmt.Errorf("load identity: %w", err))
	}
	memberships, err := d.Access.Memberships(r.Context(), t.IdentityID)
	if err != nil {
		return document{}, err
	}
	id, err := d.owner(r, t)
	if err != nil {
		return document{}, err
	}
	found := document{Identity: personOf(id, who), Accounts: []anAccount{}}
	if !t.ExpiresAt.IsZero() {
		ends := t.ExpiresAt.UTC().Format("2006-01-02T15:04:05-07:00") // an offset in digits: "Z" is newer than some readers
		found.ExpiresAt = &ends
	}
	for _, a := range t.Reachable(memberships) {
		found.Accounts = append(found.Accounts, anAccount{d.Product, a.ID.String(), a.Name, d.Href(a), d.Issuer + "/accounts/" + a.Slug})
	}
	return found, nil
}

// personOf cuts a name in two, as those who ask for it expect: the last word is the family's.
func personOf(id ownerID, i core.Identity) person {
	first, last := i.Name, ""
	if at := strings.LastIndex(i.Name, " "); at > 0 {
		first, last = i.Name[:at], i.Name[at+1:]
	}
	return person{id, first, last, i.Email}
}
