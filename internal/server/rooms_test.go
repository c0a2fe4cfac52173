package server

import (
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/gateway"
	"launchpad/internal/protect"
)

// Where an old client calls the API for an account, as /authorization.json tells it.
func TestWhereTheAPIOfAnAccountIs(t *testing.T) {
	const issuer = "https://id.example.com"
	hosts, err := core.ParseAccountHosts("https://{account}.example.com", issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	byPath := gateway.API{API: protect.API{Prefix: "/v3/", Routes: []protect.Route{{Path: "/v3/dashboards"}, {Path: "/v3/accounts/{account}/dashboards"}}}}
	bySelf := gateway.API{API: protect.API{Prefix: "/v3/", Routes: []protect.Route{{Path: "/v3/dashboards"}}}}
	atHost := gateway.API{API: protect.API{Hosts: []string{"api.example.com"}, Prefix: "/v3/", Routes: []protect.Route{{Path: "/v3/dashboards"}}}}
	for name, c := range map[string]struct {
		hosts core.AccountHosts
		apis  []gateway.API
		want  string
	}{
		"the account is in the path":   {hosts, []gateway.API{byPath}, issuer + "/v3/accounts/bakery"},
		"the account has a host":       {hosts, []gateway.API{bySelf}, "https://bakery.example.com/v3"},
		"the account goes in a header": {core.AccountHosts{}, []gateway.API{bySelf}, issuer + "/v3"},
		"the API has a host":           {hosts, []gateway.API{atHost}, "https://api.example.com/v3"},
		"there is no API":              {core.AccountHosts{}, nil, issuer},
	} {
		if got := apiAddress(issuer, c.hosts, c.apis, core.Account{Slug: "bakery"}); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
