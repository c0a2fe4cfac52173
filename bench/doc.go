// Command bench measures what Launchpad costs: CPU for each operation as a multiple of a bare net/http server
// (bench/floor), latency of a durable refresh against one bare committed UPDATE, and with -size what the binary,
// an idle process, a start and the storage come to. It prints Markdown tables for docs/performance.md and exits
// with 1 if a budget is exceeded or a request was not answered with success.
//
// It builds and starts both servers itself, on loopback, and knows Launchpad only over HTTP and the command line.
// CPU times come from /proc, so it runs on Linux only. On PostgreSQL, everything that the given server does is
// counted, so nobody else should be using it.
package main
