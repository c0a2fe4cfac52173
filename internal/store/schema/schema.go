// Package schema holds the migrations: one text for both engines, forward only, expand first and contract one
// release later. It owns the shape of the tables and nothing that reads them.
package schema

import "embed"

// Migrations in goose's format, applied in the order of their numbers.
//
//go:embed *.sql
var Migrations embed.FS
