package core

import (
	"strings"
	"testing"
)

func TestPatternsOfAccountHosts(t *testing.T) {
	for _, c := range []struct{ pattern, issuer, wrong string }{
		{"https://{account}.example.com", "https://id.example.com", ""},
		{"https://{account}.example.com:8443", "https://id.example.com", ""},
		{"https://{account}.accounts.example.com", "https://example.com", ""},
		{"http://{account}.localhost:8080", "http://127.0.0.1:8080", ""},
		{"", "https://id.example.com", ""},
		{"https://example.com", "https://id.example.com", "begin with the account"},
		{"https://id.example.com", "https://id.example.com", "begin with the account"},
		{"https://id-{account}.example.com", "https://id.example.com", "begin with the account"},
		{"https://{account}example.com", "https://id.example.com", "begin with the account"},
		{"https://{account}", "https://id.example.com", "begin with the account"},
		{"{account}.example.com", "https://id.example.com", "begin with the account"},
		{"https://{account}.{account}.example.com", "https://id.example.com", "a host alone"},
		{"https://{account}.example.com/", "https://id.example.com", "a host alone"},
		{"https://{account}.example.com/oauth", "https://id.example.com", "a host alone"},
		{"https://{account}.example.com?a=b", "https://id.example.com", "a host alone"},
		{"https://{account}.example.com:port", "https://id.example.com", "a host alone"},
		{"https://{account}..com", "https://id.example.com", "a host alone"},
		{"http://{account}.example.com", "https://id.example.com", "https://"},
		{"ftp://{account}.example.com", "https://id.example.com", "https://"},
		{"https://{account}.localhost", "http://127.0.0.1:8080", "http://"},
		{"http://{account}.example.com", "http://127.0.0.1:8080", "localhost"},
	} {
		_, err := ParseAccountHosts(c.pattern, c.issuer, nil)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s beside %s: %v, want %q", c.pattern, c.issuer, err, c.wrong)
		}
	}
}

func TestHostsOfAccounts(t *testing.T) {
	hosts, err := ParseAccountHosts("https://{account}.example.com", "https://id.example.com", []string{"api.example.com", "WWW.example.com:443"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"acme.example.com": "acme", "ACME.Example.com": "acme", "acme.example.com:443": "acme", "sample-bakery.example.com": "sample-bakery", "acme.example.com.": "acme", "acme.example.com.:443": "acme",
		"id.example.com": "", "ID.example.com:443": "", "api.example.com": "", "www.example.com": "", "example.com": "", ".example.com": "",
		"acme.example.com:8443": "", "acme.example.com.:8443": "", "acme.example.com..": "", "a.b.example.com": "", "-acme.example.com": "", "acme.example.com.evil.test": "",
		"acme_x.example.com": "", "acmeexample.com": "", "": "", "acme": "", "127.0.0.1": "", "[::1]": "", strings.Repeat("a", 41) + ".example.com": "",
	} {
		got, ok := hosts.Account(host)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", host, got, ok, want)
		}
	}
	if got := hosts.Address("acme"); got != "https://acme.example.com" {
		t.Errorf("acme is at %q", got)
	}
	for _, slug := range []string{"api", "id", "not a slug"} {
		if got := hosts.Address(slug); got != "" {
			t.Errorf("%s is at %q, which is no account's", slug, got)
		}
	}
	if slug, ok := (AccountHosts{}).Account("acme.example.com"); ok {
		t.Errorf("without hosts of accounts there is %s", slug)
	}
}

func FuzzAccountHost(f *testing.F) {
	hosts, err := ParseAccountHosts("https://{account}.example.com:8443", "https://id.example.com", nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "acme.example.com:8443", "acme.example.com", "a.b.example.com:8443", ".example.com:8443", "evil.test/.example.com:8443", "ÀCME.example.com:8443"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		slug, ok := hosts.Account(host)
		if ok && (!ValidSlug(slug) || hosts.Address(slug) != "https://"+strings.Replace(strings.ToLower(host), ".:", ":", 1)) || !ok && slug != "" {
			t.Errorf("%q is taken for %q", host, slug)
		}
	})
}
