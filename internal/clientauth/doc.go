// Package clientauth establishes which app sent a request to the token, revocation or introspection endpoint.
//
// It owns the list of client authentication methods and the order in which they are tried; it does not decide
// what the app may do. It may import F0 to F2 and is handed the directory of apps.
package clientauth
