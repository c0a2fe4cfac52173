// Command nodes shows what two nodes over one PostgreSQL know of each other.
//
//	go run ./bench/nodes -database postgres://… [-n 1000] [-rounds 3]
//
// Both are processes of their own. What is revoked through one must be refused by the other within a second, at every
// single try:
//
//   - while all is well: n revocations, timed from the answer to the first refusal;
//   - when the line between the other node and the database stalls or is cut: then it answers 503 for everything within
//     five seconds, 200 for nothing that was revoked a second ago, and recovers by itself when the line is back;
//   - when the writer of a revocation stands still before its commit while hundreds of younger ones are numbered;
//   - when the first node stands still (SIGSTOP) with facts under way: the other one takes over, and the first one
//     refuses what was revoked meanwhile as soon as it goes on.
//
// At the end the chain of the change log is verified. It ends with status 1 if anything was otherwise.
package main
