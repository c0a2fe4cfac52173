package sunset

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/meter"
	"launchpad/internal/store"
	"launchpad/internal/uses"
	"launchpad/oauth"
)

// flushEvery is how late the counts may be. They are figures for people, so a crash may cost the last minute.
const flushEvery = time.Minute

// Ways is the old ways, as this deployment has them.
type Ways struct {
	store  *store.Store
	clock  core.Clock
	issuer string
	ends   map[core.OldWay]time.Time
	tally  *uses.Tally[use]
	went   meter.Table // by way and outcome
}

// use is what is counted by.
type use struct {
	app core.ID
	way core.OldWay
	day int64 // in Unix seconds, which compare where times do not
}

// New makes it. ends says from when on a way is refused; those that it does not name go on.
func New(s *store.Store, clock core.Clock, issuer string, ends map[core.OldWay]time.Time) *Ways {
	w := &Ways{store: s, clock: clock, issuer: issuer, ends: ends}
	w.tally = uses.NewTally(w.add)
	return w
}

// Use lets an app go an old way: it is counted, and the answer says so and until when. From the way's end on it is
// refused. The app must have proved itself, or a person must have signed in to it: what strangers send in an app's name is no
// use of it.
func (w *Ways) Use(h http.Header, app core.ID, way core.OldWay) error {
	if err := w.Refusal(way); err != nil {
		return err
	}
	w.Went(h, app, way)
	return nil
}

// Went is Use after the fact, for answers that cannot be taken back: whoever asks for Refusal first and then does something
// that counts once.
func (w *Ways) Went(h http.Header, app core.ID, way core.OldWay) {
	w.Note(app, way)
	w.mark(h, way)
}

// Note counts a use whose answer cannot be marked.
func (w *Ways) Note(app core.ID, way core.OldWay) {
	w.went.Add(string(way), "answered")
	if app.Zero() {
		return // nobody's, like a personal token that was made from no app's page
	}
	now := w.clock.Now()
	w.tally.Note(use{app, way, core.DayOf(now).Unix()}, now)
}

// Refusal is nil until the way ends.
func (w *Ways) Refusal(way core.OldWay) error {
	end, ends := w.ends[way]
	if !ends || w.clock.Now().Before(end) {
		return nil
	}
	w.went.Add(string(way), "refused")
	return ended(way, end.Format("2 January 2006"))
}

// End is from when on a way is refused; zero: no day is set.
func (w *Ways) End(way core.OldWay) time.Time { return w.ends[way] }

// mark tells programs, and whoever reads their traffic. A request can go several ways: what was over first and what ends
// first counts.
func (w *Ways) mark(h http.Header, way core.OldWay) {
	explained := "<" + w.issuer + "/docs/errors/" + way.Slug() + ">"
	// RFC 9745 §2: since when. RFC 9745 §3: where that is explained.
	if since := way.Rules().Since.Unix(); !soonerDeprecated(h, since) {
		h.Set("Deprecation", "@"+strconv.FormatInt(since, 10))
	}
	h.Add("Link", explained+`; rel="deprecation"; type="text/html"`)
	end, ends := w.ends[way]
	if !ends {
		return
	}
	// RFC 8594 §3: until when. RFC 8594 §6: where that is explained.
	if before, err := http.ParseTime(h.Get("Sunset")); err != nil || end.Before(before) {
		h.Set("Sunset", end.UTC().Format(http.TimeFormat))
	}
	h.Add("Link", explained+`; rel="sunset"; type="text/html"`)
}

func soonerDeprecated(h http.Header, since int64) bool {
	value := h.Get("Deprecation")
	if value == "" {
		return false
	}
	before, err := strconv.ParseInt(value[1:], 10, 64)
	return err == nil && before <= since
}

func (w *Ways) add(ctx context.Context, sums map[use]uses.Sum) error {
	list := make([]core.OldUse, 0, len(sums))
	for u, sum := range sums {
		list = append(list, core.OldUse{AppID: u.app, Way: u.way, Day: time.Unix(u.day, 0).UTC(), Count: sum.Count, LastAt: sum.Last})
	}
	// In one order, so that nodes which add at the same time do not wait for each other in a circle.
	slices.SortFunc(list, func(a, b core.OldUse) int {
		return cmp.Or(bytes.Compare(a.AppID[:], b.AppID[:]), cmp.Compare(a.Way, b.Way), a.Day.Compare(b.Day))
	})
	return w.store.AddOldUses(ctx, list)
}

// Flush writes the counts that are waiting.
func (w *Ways) Flush(ctx context.Context) error { return w.tally.Flush(ctx) }

// Run flushes in the background until ctx ends.
func (w *Ways) Run(ctx context.Context) { uses.KeepEvery(ctx, flushEvery, w.Flush) }

// Figures is what an operator may want to know: uses by way and outcome, and the counts that wait or found no room.
func (w *Ways) Figures() (went *meter.Table, waiting int, dropped int64) {
	waiting, dropped = w.tally.Figures()
	return &w.went, waiting, dropped
}

// ended is the refusal of a way, in the words of what to do instead.
func ended(way core.OldWay, since string) *oauth.Error {
	switch way {
	case core.OldDraft5:
		return oauth.InvalidRequest("old_draft5", "requests in the grammar of draft 5 are refused since %s; send response_type or grant_type as RFC 6749 has them", since)
	case core.OldQueryCredentials:
		return oauth.InvalidRequest("old_query_credentials", "token requests with parameters in their address are refused since %s; send all of them in the form body", since)
	case core.OldQueryToken:
		return oauth.InvalidToken("old_query_token", "tokens in the address are refused since %s; send the token in the Authorization header", since).Got("?access_token=", "Authorization: Bearer")
	case core.OldTokenScheme:
		return oauth.InvalidToken("old_token_scheme", "the schemes Token and OAuth are refused since %s; send Authorization: Bearer and the token", since)
	case core.OldImplicit:
		return oauth.UnsupportedResponseType("old_implicit", "tokens in the redirect are refused since %s; send response_type=code and trade the code", since).Got("token", "code")
	case core.OldNoPKCE:
		return oauth.InvalidRequest("old_no_pkce", "authorization without PKCE is refused since %s; send code_challenge and code_challenge_method=S256", since).
			Got("no code_challenge", "code_challenge with S256")
	case core.OldNoState:
		return oauth.InvalidRequest("old_no_state", "authorization without state is refused since %s; send a state that only this browser knows, and compare it", since).Got("no state", "state")
	case core.OldHTTPRedirect:
		return oauth.InvalidRequest("old_http_redirect", "redirect URIs with plain http are refused since %s; register and send one with https", since)
	}
	return oauth.ServerError(fmt.Errorf("no words for the end of %s", way))
}
