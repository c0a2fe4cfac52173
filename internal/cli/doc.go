// Package cli is the command line: serve, demo, and the administration that follows.
//
// It owns flags, what is printed, and the order in which a process starts and ends. It may import everything.
package cli
