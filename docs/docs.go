// Package docs carries the pages that the binary serves.
package docs

import _ "embed"

// Start tells developers how to get and use a token; $ISSUER stands for the issuer.
//
//go:embed start.md
var Start string

// Errors explains every error by its slug.
//
// OldClients tells what is understood of clients that are older than the specification.
//
//go:embed old-clients.md
var OldClients string

//go:embed errors.md
var Errors string

// RateLimits tells developers what is limited, and how they learn where they stand.
//
//go:embed rate-limits.md
var RateLimits string
