// Package discovery publishes what clients need to know before they know anything: the metadata of the
// authorization server, in every spelling that clients ask for, and its public keys.
//
// The documents are made once for each set of APIs, from the other rooms' own lists. It may import F0 to F3; the lists are handed in.
package discovery
