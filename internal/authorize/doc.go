// Package authorize is the authorization endpoint: /oauth/authorize and where the other rooms come back to.
//
// It owns the ordered list of checks on an authorization request, the decision what has to happen next, and the
// answer to the app. It does not sign anybody in or ask for consent: it sends the browser to those rooms and takes
// it up again at /oauth/authorize/continue. It may import F0 to F3.
package authorize
