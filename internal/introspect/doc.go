// Package introspect is the introspection endpoint, /oauth/introspect (RFC 7662).
//
// Only authenticated confidential apps may ask: about their own tokens, or about every app's if an operator made
// them an API. It may import F0 to F3.
package introspect
