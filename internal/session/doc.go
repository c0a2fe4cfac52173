// Package session is the only writer of browser sessions: it signs people in and out, and tells the pages who
// looks at them.
//
// It owns passwords' gate and how many may be tried, the session's cookie and its end, and which browsers people are
// known in. It does not draw pages. It may import F0 to F2.
package session
