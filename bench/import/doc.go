// Command import measures how long it takes to bring many live tokens from a Doorkeeper database, and how much memory it
// takes; then it kills an import in the middle, also among people who all belong to one account, goes on, and counts: nothing
// may be lost, and nothing may come twice.
package main
