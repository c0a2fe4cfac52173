package web

import (
	"net/http"
	"net/netip"

	"launchpad/internal/core"
)

// Record is what the log and the metrics say of a request beyond its answer. Rooms fill in what they find out. No field
// may hold a secret, and but for the errors, nothing that a caller made up.
type Record struct {
	App     string  // client_id, once the app is authenticated
	AppID   core.ID // the same, where only the id is at hand
	Grant   string  // grant_type, once it is one of ours
	Outcome string  // how a grant was answered, if there is more than one good way
	Refusal error   // for answers that tell of one in another way than a surface does
	Cause   error   // what went wrong after the answer had begun
	Limits  any     // what the server's limits know of the request; nobody else's business

	Peer netip.Addr // who sent the request to us, proxy or client; not told
	From netip.Addr // AddressOf, read once
}

// Recorded is a writer of answers that keeps a record.
type Recorded interface{ Record() *Record }

// RecordOf finds the record of the request that w answers.
func RecordOf(w http.ResponseWriter) *Record {
	for {
		switch v := w.(type) {
		case Recorded:
			return v.Record()
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return new(Record) // nobody keeps one
		}
	}
}
