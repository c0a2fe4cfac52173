package web

import (
	"crypto/sha256"
	"net/http"
	"time"

	"launchpad/internal/secret"
)

// Cookies are host-only. With an https issuer they carry the __Host- prefix, which keeps sibling hosts from
// setting them; a plain http issuer exists on loopback only, where the prefix cannot work.

// Jar names and writes our cookies.
type Jar struct{ Secure bool }

func (j Jar) name(short string) string {
	if j.Secure {
		return "__Host-lp_" + short
	}
	return "lp_" + short
}

// Get reads a cookie. Two of the same name are refused both: one of them is somebody else's.
func (j Jar) Get(r *http.Request, short string) string {
	found := ""
	for _, c := range r.CookiesNamed(j.name(short)) {
		if found != "" {
			return ""
		}
		found = c.Value
	}
	return found
}

// Set writes a cookie that scripts cannot read and that other sites' requests carry only when a person follows
// a link. life zero: until the browser closes.
func (j Jar) Set(w http.ResponseWriter, short, value string, life time.Duration) {
	http.SetCookie(w, j.Cookie(short, value, life))
}

// Cookie is what Set writes.
func (j Jar) Cookie(short, value string, life time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: j.name(short), Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: j.Secure, SameSite: http.SameSiteLaxMode,
	}
}

// Drop removes a cookie.
func (j Jar) Drop(w http.ResponseWriter, short string) { j.Set(w, short, "", -time.Second) }

// Names of the cookies.
const (
	CookieBrowser = "browser" // binds forms and pending requests to this browser
	CookieSession = "session"
	CookieDevice  = "device" // says who has signed in here before
)

// CSRFField is the form field that carries the token.
const CSRFField = "csrf"

// CSRF derives the token of a browser and its session: who cannot read the cookies cannot know it.
func CSRF(browser, session string) string {
	sum := sha256.Sum256([]byte("launchpad csrf|" + browser + "|" + session))
	return secret.Digest(string(sum[:]))
}
