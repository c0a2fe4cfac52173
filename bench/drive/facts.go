package drive

// Facts is the line that the demo prints when it is ready.
type Facts struct {
	Issuer string `json:"issuer"`
	API    string `json:"api"`
	Scope  string `json:"scope"`
	Apps   struct {
		Web     App `json:"web"`
		Public  App `json:"public"`
		Machine App `json:"machine"`
		API     App `json:"api"` // may introspect; its own tokens are JWTs
	} `json:"apps"`
	Identity  Person    `json:"identity"`
	Colleague Person    `json:"colleague"`
	Accounts  []Account `json:"accounts"`
}

// Person is somebody who can sign in.
type Person struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// App is a registered app with what it needs to speak for itself.
type App struct {
	ClientID     string   `json:"client_id"`
	Secret       string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`
}

// Confidential reports whether the app has a secret.
func (a App) Confidential() bool { return a.Secret != "" }

// Account is one of the person's accounts.
type Account struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
}
