package server

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/gateway"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// A configuration of APIs that cannot work is refused at the start, in words.
func TestAPIsMustStandApart(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/test.db", core.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	api := func(prefix string, paths ...string) gateway.API {
		a := gateway.API{API: protect.API{Prefix: prefix}, Upstream: gateway.Local(http.NotFoundHandler())}
		for _, path := range paths {
			a.Routes = append(a.Routes, protect.Route{Method: "GET", Path: path})
		}
		return a
	}
	at := func(host string, a gateway.API) gateway.API {
		a.Hosts = []string{host}
		return a
	}
	for name, c := range map[string]struct {
		apis []gateway.API
		want string // in the error; empty: none
	}{
		"apart":                {[]gateway.API{api("/v3/", "/v3/a"), api("/v4/", "/v4/{x}/a")}, ""},
		"over everything":      {[]gateway.API{api("/", "/a")}, "covers"},
		"over our endpoints":   {[]gateway.API{api("/oauth/", "/oauth/a")}, "covers /oauth/"},
		"over a page":          {[]gateway.API{api("/accounts/")}, "covers /accounts"},
		"one over another":     {[]gateway.API{api("/v3/"), api("/v3/inner/")}, "cover each other"},
		"routes in conflict":   {[]gateway.API{api("/v3/", "/v3/{a}/x", "/v3/{account}/y")}, "is the account"},
		"at the issuer's host": {[]gateway.API{at("127.0.0.1", api("/"))}, "is the issuer's"},
		"at an odd host":       {[]gateway.API{at("API.example.com:443", api("/"))}, "in small letters"},
		"at a host":            {[]gateway.API{at("api.example.com", api("/", "/a")), api("/v3/")}, ""},
	} {
		server, err := New(t.Context(), Options{Issuer: "http://127.0.0.1:1", Name: "Launchpad", Store: s, Clock: core.SystemClock{}, Watch: core.NewStopwatch(), MasterKey: make([]byte, secret.KeySize), Life: DefaultLife, APIs: c.apis, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			server.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
