// Package drive runs the Launchpad demo as a child process and speaks to it over HTTP, as apps do (Client) and as
// people do (Browser).
//
// It is what the crash and the race programs share. It does not judge answers and it does not know the server's
// packages: whatever it learns, it learns over the wire. It may import oauth.
package drive
