// Package docs carries the pages that the binary serves.
package docs

import _ "embed"

// Errors explains every error by its slug.
//
//go:embed errors.md
var Errors string
