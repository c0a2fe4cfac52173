// Package feed is the revocation feed, /oauth/revocations: it tells APIs what to forget of the tokens that they know.
//
// It owns what of the change log is told and in which words, how a reader outside goes on where it was, and the streams:
// how many there are, that they move, and when they end. Only apps that an operator made an API may read. The log itself is
// events'. It may import F0 to F3.
package feed
