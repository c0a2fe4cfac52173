// Package limit counts what may happen only so often.
//
// It owns the table of counters, which never grows; the two rules: so many in a window, and passwords that are tried; and
// how the counters of several processes are kept in step: approximately, by messages on a board in the store, or exactly,
// in a Redis. Who is limited by what is not its business. It may import F0 and the store.
package limit
