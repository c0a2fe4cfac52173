// Command power takes the power from a loaded server over and over and checks that nothing it promised is lost and
// nothing it took back returns; bench/oracle says how.
//
//	go run ./bench/power -cycles 50 [-control=false] [-seed N]
//
// The server's data lies on a disk of bench/lossyfs, which forgets what was not synced: half of the cuts lose all of it,
// the others a random part, with torn pages. Some cycles first kill the process alone, let it start again and answer, and
// cut then: what it found in the kernel's memory, and built an answer on, has to be on the disk, too.
//
// It proves itself: two servers that must lose something run after it, one that is linked with synchronous=NORMAL and
// one whose disk lies about its fsyncs. The command ends with status 1 if the server lost anything, or a control nothing.
package main
