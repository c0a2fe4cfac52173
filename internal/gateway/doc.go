// Package gateway stands in front of an API: it takes the token off a call, asks whether it may pass, and hands it to the
// upstream with clean identity headers.
//
// It owns the routes of APIs and the trust between it and the upstreams; whether a call may pass is the protect package's
// word. Whatever is not declared is refused. It may import F0 to F3.
package gateway
