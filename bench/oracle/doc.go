// Package oracle loads a server, lets a disaster befall it over and over, and checks that nothing it promised is lost
// and nothing it took back returns. bench/crash and bench/power bring the disasters.
//
// Each cycle runs clients against the demo until the disaster strikes at a random moment, starts it again (and sometimes
// strikes while it starts), and asks. Clients write journals, synced to disk and apart from the server's data: an
// intent before each request, and then its outcome: ack, refused, or unknown when the answer was lost or a 5xx. The
// ledger reads the journals and knows nothing else. The checker holds the server to the ledger:
//
//   - what was acknowledged holds: tokens work, codes and refresh tokens are good, apps, consents, sessions and
//     personal tokens exist;
//   - what was acknowledged as ended stays ended: revoked tokens, signed-out sessions, redeemed codes;
//   - what is unknown is one or the other, the same each time it is asked, and never both: a code is answered with
//     tokens once, a sign-in of an app has one living generation of refresh tokens, and a client whose last refresh
//     was unknown may come with its old token and is answered;
//   - the SQLite file passes its integrity check.
//
// What it does not look for: phantoms, tokens that work though no client was ever given them. It cannot name them.
//
// The same seed gives the same moments and the same choices of each client, though not the same interleaving. A run
// that finds something keeps its directory (journals, server log, data) and says where it is.
package oracle
