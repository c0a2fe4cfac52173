// Package resource protects an API, written in Go, with the access tokens of a Launchpad.
//
//	api, err := resource.New(resource.Options{
//		Issuer:       "https://id.example.com",
//		ClientID:     "…", // of the API itself: an app with the switch "Introspection"
//		ClientSecret: "…",
//		Resource:     "https://api.example.com",
//		Scopes:       []string{"dashboards:read", "dashboards:write"},
//	})
//	go api.Run(ctx) // follows the revocation feed
//	mux.Handle("GET /dashboards", api.Require(resource.Need{Scopes: []string{"dashboards:read"}, Account: true})(dashboards))
//	mux.Handle("GET "+api.MetadataPath(), api.Metadata())
//
// It owns everything between a request and the handler: how a token may come, whether it is good, for whom and for which
// account, and what a caller is told who may not pass. Sealed tokens are asked about at the server (RFC 7662), and the
// answers are kept in bounded memory; JWTs are verified here (RFC 9068). What ended meanwhile it hears from the revocation
// feed. Without news for Options.Bound (5 s) nothing is decided from memory any more: each call asks the server, and if
// that does not answer, the call is answered 503.
//
// It keeps nothing on disk, starts nothing by itself, and writes no log but what Options.Log is given. It may be imported by
// everybody and imports, of this module, oauth, core's clocks and jose.
package resource
