package myid

import (
	"encoding/json"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// file is the export. Times are RFC 3339; what never happened is left out.
type file struct {
	Issuer      string           `json:"issuer"`
	ExportedAt  time.Time        `json:"exported_at"`
	Profile     profile          `json:"profile"`
	Accounts    []fileAccount    `json:"accounts"`
	Sessions    []fileSession    `json:"sessions"`
	Connected   []fileConnected  `json:"connected_apps"`
	Once        []fileConnected  `json:"apps_once_connected"` // until it was taken back
	SignIns     []fileSignIn     `json:"app_sign_ins"`
	Apps        []fileApp        `json:"apps"`
	Tokens      []fileToken      `json:"personal_tokens"`
	Invitations []fileInvitation `json:"invitations"`
	Invited     []fileInvitation `json:"invitations_to_me"`
	Origins     []fileOrigin     `json:"imported_from"`
	Events      []fileEvent      `json:"events"` // newest first
	OlderEvents bool             `json:"older_events_left_out"`
}

type profile struct {
	ID        core.ID   `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Operator  bool      `json:"operator"`
	CreatedAt time.Time `json:"created_at"`
}

type fileAccount struct {
	ID    core.ID   `json:"id"`
	Slug  string    `json:"slug"`
	Name  string    `json:"name"`
	Role  core.Role `json:"role"`
	Since time.Time `json:"since"`
}

type fileSession struct {
	ID         core.ID   `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	UserAgent  string    `json:"user_agent"`
	Address    string    `json:"address"`
}

type fileConnected struct {
	Grant       core.ID   `json:"grant"`
	ClientID    string    `json:"client_id"`
	App         string    `json:"app"`
	Publisher   string    `json:"publisher"`
	Scope       string    `json:"scope"`
	Resources   []string  `json:"resources,omitempty"` // the APIs that consent pages named
	AllAccounts bool      `json:"all_accounts"`
	Accounts    []core.ID `json:"accounts,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	LastUsedAt  time.Time `json:"last_used_at,omitzero"`
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
}

// fileSignIn is an app's sign-in; the accounts are those of its grant.
type fileSignIn struct {
	ID          core.ID   `json:"id"`
	Grant       core.ID   `json:"grant"`
	ClientID    string    `json:"client_id"`
	App         string    `json:"app"`
	Scope       string    `json:"scope"`
	Resources   []string  `json:"resources,omitempty"`
	RedirectURI string    `json:"redirect_uri,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	RefreshedAt time.Time `json:"refreshed_at,omitzero"`
	ExpiresAt   time.Time `json:"expires_at"`
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
}

type fileOrigin struct {
	Source string `json:"source"`
	Key    string `json:"key"` // there
}

type fileApp struct {
	ClientID     string       `json:"client_id"`
	Name         string       `json:"name"`
	HomepageURL  string       `json:"homepage_url,omitempty"`
	Kind         core.AppKind `json:"kind"`
	RedirectURIs []string     `json:"redirect_uris"`
	Account      string       `json:"account"`
	Part         string       `json:"part"` // owner, or team
	CreatedAt    time.Time    `json:"created_at"`
}

type fileToken struct {
	ID          core.ID   `json:"id"`
	Name        string    `json:"name"`
	Scope       string    `json:"scope"` // empty: everything
	AllAccounts bool      `json:"all_accounts"`
	Accounts    []core.ID `json:"accounts,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	LastUsedAt  time.Time `json:"last_used_at,omitzero"`
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
}

type fileInvitation struct {
	ID          core.ID   `json:"id"`
	Account     string    `json:"account,omitempty"` // none: to sign up only
	Role        core.Role `json:"role,omitempty"`
	Email       string    `json:"email,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	ExpiresAt   time.Time `json:"expires_at"`
	AcceptedAt  time.Time `json:"accepted_at,omitzero"`
	WithdrawnAt time.Time `json:"withdrawn_at,omitzero"`
}

type fileEvent struct {
	At         time.Time      `json:"at"`
	Kind       core.EventKind `json:"kind"`
	ActorID    core.ID        `json:"actor,omitzero"`
	SubjectID  core.ID        `json:"subject,omitzero"`
	IdentityID core.ID        `json:"identity,omitzero"`
	AppID      core.ID        `json:"app,omitzero"`
	AccountID  core.ID        `json:"account,omitzero"`
	Allowed    *fileRights    `json:"allowed,omitempty"` // what the app may do since then
}

type fileRights struct {
	Scope       string    `json:"scope"`
	AllAccounts bool      `json:"all_accounts"`
	Accounts    []core.ID `json:"accounts,omitempty"`
}

func (m *Room) fileOf(who core.Identity, h holdings) file {
	f := file{
		Issuer: m.Issuer, ExportedAt: m.Clock.Now(),
		Profile:     profile{who.ID, who.Email, who.Name, who.Operator, who.CreatedAt},
		Accounts:    []fileAccount{},
		Sessions:    []fileSession{},
		Connected:   connectedIn(h.connected),
		Once:        connectedIn(h.once),
		SignIns:     []fileSignIn{},
		Apps:        []fileApp{},
		Tokens:      []fileToken{},
		Invitations: invitationsIn(h.invitations),
		Invited:     invitationsIn(h.invited),
		Origins:     []fileOrigin{},
		Events:      []fileEvent{},
		OlderEvents: len(h.events) > mostEvents,
	}
	for _, x := range h.memberships {
		f.Accounts = append(f.Accounts, fileAccount{x.Account.ID, x.Account.Slug, x.Account.Name, x.Role, x.CreatedAt})
	}
	for _, x := range h.sessions {
		f.Sessions = append(f.Sessions, fileSession{x.ID, x.CreatedAt, x.LastSeenAt, x.ExpiresAt, x.EndedAt, x.UserAgent, x.Address})
	}
	for _, x := range h.signIns {
		a := x.Authorization
		f.SignIns = append(f.SignIns, fileSignIn{a.ID, a.GrantID, x.App.ClientID, x.App.Name, a.Scope.String(), a.Resources, a.RedirectURI, a.CreatedAt, a.RotatedAt, a.ExpiresAt, a.RevokedAt})
	}
	for _, x := range h.origins {
		f.Origins = append(f.Origins, fileOrigin(x))
	}
	for _, x := range h.apps {
		part := "team"
		if x.OwnerID == who.ID {
			part = "owner"
		}
		f.Apps = append(f.Apps, fileApp{x.ClientID, x.Name, x.HomepageURL, x.Kind, append([]string{}, x.RedirectURIs...), x.Publisher.Slug, part, x.CreatedAt})
	}
	for _, x := range h.tokens {
		f.Tokens = append(f.Tokens, fileToken{x.ID, x.Name, x.Scope.String(), x.Reach.All, x.Reach.Accounts, x.CreatedAt, x.ExpiresAt, x.LastUsedAt, x.RevokedAt})
	}
	for _, x := range h.events[:min(len(h.events), mostEvents)] {
		f.Events = append(f.Events, fileEvent{x.At, x.Kind, x.ActorID, x.SubjectID, x.IdentityID, x.AppID, x.AccountID, rightsIn(x)})
	}
	return f
}

func connectedIn(list []store.Connected) []fileConnected {
	all := []fileConnected{}
	for _, x := range list {
		g := x.Grant
		all = append(all, fileConnected{g.ID, x.App.ClientID, x.App.Name, x.App.Publisher.Name, g.Scope.String(), g.Resources, g.Reach.All, g.Reach.Accounts, g.CreatedAt, g.LastUsedAt, g.RevokedAt})
	}
	return all
}

func invitationsIn(list []core.Invitation) []fileInvitation {
	all := []fileInvitation{}
	for _, x := range list {
		all = append(all, fileInvitation{x.ID, x.Account.Slug, x.Role, x.Email, x.CreatedAt, x.ExpiresAt, x.AcceptedAt, x.WithdrawnAt})
	}
	return all
}

// rightsIn reads what an event says of an app's rights. The rest of an event's data is for the readers of the log: what
// this file does not know how to say is left out.
func rightsIn(e core.Event) *fileRights {
	var now store.GrantChange
	if e.Kind != core.EventGrantGiven && e.Kind != core.EventGrantChanged || json.Unmarshal([]byte(e.Data), &now) != nil {
		return nil
	}
	return &fileRights{now.Scope.String(), now.Reach.All, now.Reach.Accounts}
}
