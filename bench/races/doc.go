// Command races presents the same code, and the same refresh token, many times at the same moment.
//
//	go run ./bench/races -n 1000 -parallel 8 [-database postgres://…]
//
// Of the presentations of a code exactly one is answered with tokens; the others betray that the code was copied, so
// afterwards those tokens are dead (RFC 6749 §4.1.2). The presentations of a refresh token are the app's own parallel
// processes: all are answered, what they get is one generation and works, and nobody is signed out.
//
// On PostgreSQL two nodes race for further codes, while the first of them is made to stand still (SIGSTOP) at any point
// of its answer: again exactly one presentation is answered with tokens.
//
// It ends with status 1 if anything was otherwise.
package main
