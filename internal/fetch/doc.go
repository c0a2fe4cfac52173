// Package fetch is the one HTTP client for addresses that strangers supply, such as the metadata documents of apps.
//
// It owns what keeps such an address from becoming a way into our own network (the address that is really dialled is looked
// at), and from costing more than a little time and memory; what was fetched is kept as long as HTTP says, within bounds. What
// the bytes mean is for others. It may import F0.
package fetch
