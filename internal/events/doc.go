// Package events brings the change log to its readers.
//
// It owns who hears of what and in which order; it does not write the log (the store does, with the fact). Today
// its readers live in the process: the sets that refuse dead tokens and the caches. A committed line reaches them
// before the caller of its fact is answered. Sequencing, resumable readers, webhooks and the revocation feed join
// here. It may import F0 and the store.
package events
