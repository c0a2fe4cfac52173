// Command crash kills a loaded server over and over and checks that nothing it promised is lost and nothing it took
// back returns; bench/oracle says how.
//
//	go run ./bench/crash -cycles 50 [-database postgres://…] [-seed N]
//
// The server is killed with SIGKILL: its memory is gone, but not what it had given to the operating system. The power
// cuts of bench/power take that, too. A run that finds something ends with status 1.
package main
