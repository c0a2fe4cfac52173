// Package limit counts what may happen only so often, in the memory of this process.
//
// It owns the table of counters, which never grows, and the two rules: so many in a window, and passwords that are
// tried. Who is limited by what is not its business. It may import F0.
package limit
