// Package forwardauth answers reverse proxies that ask whether a request may pass to what stands behind them: nginx, Caddy,
// Traefik, HAProxy and Envoy, each in its own dialect.
//
// It owns the dialects, the trust in proxies, and how a person who is signed in here gets to be known at a host that a
// proxy guards. Whether a call may pass is the protect package's word, whether a session lives that of session. No answer
// but a verdict that was reached is a success. It may import F0 to F3.
package forwardauth
