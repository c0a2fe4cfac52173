// Package drive runs the Launchpad demo as a child process and speaks to it over HTTP, as apps do (Client) and as
// people do (Browser).
//
// It is what the measuring programs share. It does not judge answers, and of the server's packages it knows only how the
// configuration is written: whatever it learns, it learns over the wire. It may import oauth and config.
package drive
