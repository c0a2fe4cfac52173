// Package oauth holds the words of the OAuth specifications as Go values: errors with their codes, request
// forms, scopes, redirect URIs, PKCE and authorization responses.
//
// It owns syntax and the rules that can be decided from the request alone. It does no I/O, keeps no state and
// knows nothing of storage, people or pages. It may be imported by everybody, inside and outside this module,
// and imports only the standard library.
package oauth
