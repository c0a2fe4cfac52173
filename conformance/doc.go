// Package conformance holds black-box tests over HTTP, each named by the section that it proves and run on every
// engine at hand. Where a test answers a row of the security bar, its name or a comment carries the row's id.
package conformance
