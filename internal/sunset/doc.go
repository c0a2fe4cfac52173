// Package sunset accompanies the old ways in which apps speak to this server, until they end.
//
// It owns how their use is counted, how answers to them are marked, from when on they are refused and with which words,
// and what is told of all this. It does not know how a request is recognised as old: the rooms do. It may import F0 to F2.
package sunset
