package gateway

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzWithoutToken(f *testing.F) {
	for _, seed := range []string{"", "access_token=x", "a=b&access_token=x&c=d", "access%5Ftoken=x", "access_token", "&&access_token=x&", "a=%zz&access_token=x", "oauth_token=x&bearer%5Ftoken=y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		rest := withoutToken(query)
		values, err := url.ParseQuery(rest)
		for _, name := range tokenNames {
			if err == nil && values.Has(name) {
				t.Errorf("%q became %q, which still has a token", query, rest)
			}
		}
		if before, err := url.ParseQuery(query); err == nil {
			for _, name := range tokenNames {
				before.Del(name)
			}
			if before.Encode() != values.Encode() {
				t.Errorf("%q became %q: something else was lost", query, rest)
			}
		}
	})
}

func FuzzWithheld(f *testing.F) {
	for _, seed := range []string{"Launchpad-Account", "launchpad_account", "LAUNCHPAD.ACCOUNT", "X-Launchpad", "Launchpa", "Authorization", "Remote_User", "X.Auth_Roles", "X-User-Agent", "X-Userland"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folded := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
		identity := folded == "x-user"
		for _, beginning := range []string{managedPrefix, "remote-", "x-remote-", "x-auth-", "x-webauth-", "x-authenticated-", "x-forwarded-", "x-user-"} {
			identity = identity || strings.HasPrefix(folded, beginning) && folded != "x-user-agent"
		}
		if identity && !withheld(name) {
			t.Errorf("%q passes, and an upstream may read it as ours", name)
		}
	})
}
