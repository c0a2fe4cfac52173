// Package register is the endpoint at which apps register themselves, /oauth/register (RFC 7591), and manage what they
// registered (RFC 7592).
//
// It owns the form of requests and answers; what may be registered, and what becomes of it, is for apps. It may import F0 to F3.
package register
