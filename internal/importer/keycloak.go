package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Keycloak reads a realm that was exported with its users (kc.sh export).
func Keycloak(path string) Source {
	return Source{
		People: Rows[Person]{Each: func(ctx context.Context, yield func(Person) error) error {
			return eachIn(path, []string{"users"}, func(element json.RawMessage) error { return yield(keycloakPerson(element)) })
		}},
		Apps: Rows[App]{Each: func(ctx context.Context, yield func(App) error) error {
			return eachIn(path, []string{"clients"}, func(element json.RawMessage) error { return yield(keycloakApp(element)) })
		}},
		LeftOut: []string{"tokens: a realm's export holds none, so people authorize their apps once more"},
	}
}

type keycloakUser struct {
	ID          string `json:"id"`
	Username    string `json:"username"`
	Email       string `json:"email"`
	FirstName   string `json:"firstName"`
	LastName    string `json:"lastName"`
	Enabled     *bool  `json:"enabled"`
	Credentials []struct {
		Type           string `json:"type"`
		SecretData     string `json:"secretData"`
		CredentialData string `json:"credentialData"`
	} `json:"credentials"`
}

func keycloakPerson(element json.RawMessage) Person {
	var u keycloakUser
	if err := json.Unmarshal(element, &u); err != nil {
		return Person{Row: Row{Broken: "it is not what a user looks like"}}
	}
	p := Person{Row: Row{Key: u.ID}, Email: u.Email, Name: strings.TrimSpace(u.FirstName + " " + u.LastName)}
	if p.Key == "" {
		p.Key = u.Username
	}
	if p.Email == "" {
		p.Email = u.Username
	}
	if p.Name == "" {
		p.Name = u.Username
	}
	if u.Enabled != nil && !*u.Enabled {
		p.Broken = "it is disabled"
	}
	for _, c := range u.Credentials {
		if c.Type == "password" && p.PasswordHash == "" {
			p.PasswordHash = keycloakHash(c.SecretData, c.CredentialData)
		}
	}
	return p
}

// keycloakHash writes a credential as a PHC string. What cannot be written so is something that no hash is.
func keycloakHash(secretData, credentialData string) string {
	var secret struct {
		Value string `json:"value"`
		Salt  string `json:"salt"`
	}
	var how struct {
		Iterations int                 `json:"hashIterations"`
		Algorithm  string              `json:"algorithm"`
		More       map[string][]string `json:"additionalParameters"`
	}
	if json.Unmarshal([]byte(secretData), &secret) != nil || json.Unmarshal([]byte(credentialData), &how) != nil {
		return "unreadable"
	}
	more := func(name string) string { return strings.Join(how.More[name], "") }
	switch how.Algorithm {
	case "pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512":
		return fmt.Sprintf("$%s$i=%d$%s$%s", how.Algorithm, how.Iterations, secret.Salt, secret.Value)
	case "argon2":
		if more("version") == "1.3" {
			return fmt.Sprintf("$argon2%s$v=19$m=%s,t=%d,p=%s$%s$%s", more("type"), more("memory"), how.Iterations, more("parallelism"), secret.Salt, secret.Value)
		}
	}
	return "unknown " + how.Algorithm
}

// keycloakOwn are clients that every realm has.
var keycloakOwn = map[string]bool{"account": true, "account-console": true, "admin-cli": true, "broker": true, "realm-management": true, "security-admin-console": true, "master-realm": true}

func keycloakApp(element json.RawMessage) App {
	var c struct {
		ID           string   `json:"id"`
		ClientID     string   `json:"clientId"`
		Name         string   `json:"name"`
		Secret       string   `json:"secret"`
		RedirectURIs []string `json:"redirectUris"`
		Public       bool     `json:"publicClient"`
		BearerOnly   bool     `json:"bearerOnly"`
		Enabled      *bool    `json:"enabled"`
		Protocol     string   `json:"protocol"`
	}
	if err := json.Unmarshal(element, &c); err != nil {
		return App{Row: Row{Broken: "it is not what a client looks like"}}
	}
	app := App{Row: Row{Key: c.ID}, ClientID: c.ClientID, Name: c.Name, Secret: Stored{Text: c.Secret}, RedirectURIs: c.RedirectURIs, Public: c.Public}
	if app.Key == "" {
		app.Key = c.ClientID
	}
	if app.Name == "" {
		app.Name = c.ClientID
	}
	switch {
	case keycloakOwn[c.ClientID]:
		app.Broken = "it is Keycloak's own"
	case c.Enabled != nil && !*c.Enabled:
		app.Broken = "it is disabled"
	case c.BearerOnly:
		app.Broken = "it is an API, not an app"
	case c.Protocol != "" && c.Protocol != "openid-connect":
		app.Broken = "it speaks " + c.Protocol
	case c.Secret != "" && strings.Trim(c.Secret, "*") == "":
		app.Broken = "its secret was masked in the export; export with kc.sh"
	}
	return app
}
