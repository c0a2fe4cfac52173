// Command guess attacks the sign-in of a server that believes in its proxy, so that one computer can be a thousand.
//
//	go run ./bench/guess [-guesses 100000] [-people 1000] [-addresses 1000] [-pairs 2000] [-storm 30s]
//
// It counts from outside how many guesses were looked at for each person, lets the owner of one of the accounts sign in
// meanwhile in a browser that knows them, compares the times of answers about people who exist and who do not, sends a
// thousand sign-ins at once, and then holds refreshes at a fixed rate to their latency while 200 sign-ins are under way.
// Latencies of refreshes count from the moment at which each was due, whether or not it could be sent then.
//
// It ends with status 1 if a figure is over its bar.
package main
