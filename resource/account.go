package resource

import "net/http"

// AccountHeader names an account, by its slug or id; the answer repeats which one was meant.
const AccountHeader = "Launchpad-Account"

func namedAccount(r *http.Request) string {
	return or(r.PathValue("account"), r.Header.Get(AccountHeader))
}

// accountOf decides which account a call means: the one that it names, else the only one, else the grant's default. One that
// the token does not reach is refused like one that does not exist.
func (v *Verifier) accountOf(r *http.Request, token string, t *Token) (Account, *refusal) {
	named := v.o.Account(r)
	if t.partial && v.asks() && (t.AllAccounts || !reaches(t, named)) {
		// A JWT names accounts by their ids alone, and none if all are meant: which these are, the server knows.
		said, err := v.introspected(r.Context(), token, digestOf(token))
		if err != nil {
			v.o.Log.Warn("accounts of a token could not be asked for", "cause", err)
			return Account{}, unavailable()
		}
		t = said
	}
	for _, a := range t.Accounts {
		if named != "" && (a.ID == named || a.Slug == named) {
			return a, nil
		}
	}
	switch {
	case named != "":
		return Account{}, &refusal{status: http.StatusForbidden, code: "insufficient_scope", description: "The token does not reach this account"}
	case len(t.Accounts) == 1:
		return t.Accounts[0], nil
	}
	for _, a := range t.Accounts {
		if a.ID == t.standard {
			return a, nil
		}
	}
	if len(t.Accounts) == 0 {
		return Account{}, &refusal{status: http.StatusForbidden, code: "insufficient_scope", description: "The token reaches no account"}
	}
	return Account{}, invalidRequest("The token reaches several accounts; name one by the header " + AccountHeader)
}

// reaches reports whether the token itself says that it reaches the account.
func reaches(t *Token, id string) bool {
	for _, a := range t.Accounts {
		if a.ID == id {
			return true
		}
	}
	return false
}
