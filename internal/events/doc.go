// Package events brings the change log to its readers.
//
// It owns who hears of what and in which order, the numbers and the hash chain of the lines, and whether this process
// has heard recently enough to decide from memory. It does not write the lines (the store does, with the fact), and it
// does not know what they mean.
//
// Readers in the process (the sets that refuse what is dead, the caches) hear of this process's own facts before
// their callers are answered, and of other processes' facts a moment later. Readers with a name (webhooks)
// get every line at least once and in order, across restarts; readers outside the house (the revocation feed's) likewise, from
// places that they keep themselves. It may import F0 and the store.
package events
