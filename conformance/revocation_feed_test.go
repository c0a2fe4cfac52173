package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

const feedPath = "/oauth/revocations"

// anAPI makes the machine app one that may introspect, and so read the feed.
func anAPI(s *lptest.Server) lptest.App {
	s.Machine.App = s.Switch(s.Machine, apps.Switches{ClientCredentials: true, Introspection: true})
	return s.Machine
}

// feedEvent is one event of a stream.
type feedEvent struct{ name, id, data string }

// of is what a notice is about.
func (e feedEvent) of() (of, id string) {
	var n struct{ Of, ID string }
	_ = json.Unmarshal([]byte(e.data), &n)
	return n.Of, n.ID
}

type feedStream struct {
	t      testing.TB
	status int
	header http.Header
	end    context.CancelFunc
	events chan feedEvent // closed with the stream
}

// openFeed reads the feed on from an id.
func openFeed(t testing.TB, s *lptest.Server, app lptest.App, lastID string) *feedStream {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(end)
	r := s.Request("GET", feedPath, "").WithContext(ctx)
	r.SetBasicAuth(app.ClientID, app.Secret)
	r.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	f := &feedStream{t: t, status: res.StatusCode, header: res.Header, end: end, events: make(chan feedEvent, 10_000)}
	go func() {
		defer res.Body.Close()
		defer close(f.events)
		var e feedEvent
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				f.events <- e
				e = feedEvent{}
			}
		}
	}()
	return f
}

// next gives the next event; ok is false at the end of the stream.
func (f *feedStream) next() (e feedEvent, ok bool) {
	f.t.Helper()
	select {
	case e, ok = <-f.events:
		return e, ok
	case <-time.After(10 * time.Second):
		f.t.Fatal("the feed says nothing")
		return e, false
	}
}

// until reads to an event of a name.
func (f *feedStream) until(name string) (before []feedEvent, e feedEvent) {
	f.t.Helper()
	for beats := 0; beats < 10; {
		e, ok := f.next()
		if !ok {
			f.t.Fatalf("the feed ended before %s", name)
		}
		if e.name == name {
			return before, e
		}
		if e.name == "current" {
			beats++
		}
		before = append(before, e)
	}
	f.t.Fatalf("the feed never says %s", name)
	return before, e
}

// ended reads to the end of the stream.
func (f *feedStream) ended() (before []feedEvent) {
	f.t.Helper()
	for {
		e, ok := f.next()
		if !ok {
			return before
		}
		before = append(before, e)
	}
}

func pollFeed(s *lptest.Server, app lptest.App, after string) lptest.Answer {
	r := s.Request("GET", feedPath+"?after="+after, "")
	r.SetBasicAuth(app.ClientID, app.Secret)
	r.Header.Set("Accept", "application/json")
	return s.Do(r)
}

// RFC 7662 §2.1: who may ask about every app's tokens may hear of them, and nobody else.
func TestOnlyAPIsReadTheRevocationFeed(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wantError(t, s.Do(s.Request("GET", feedPath, "")), 401, "invalid_client")
		wantError(t, s.Do(s.Request("GET", feedPath+"?client_id="+s.Web.ClientID+"&client_secret="+s.Web.Secret, "")), 401, "invalid_client")
		wantError(t, pollFeed(s, s.Web, ""), 403, "access_denied")
		wrong := anAPI(s)
		wrong.Secret = "wrong"
		wantError(t, pollFeed(s, wrong, ""), 401, "invalid_client")
		for _, place := range []string{"x", "-1", "1", "01.0123456789abcdef", "1.short", "9999999999999999999.0123456789abcdef"} {
			wantError(t, pollFeed(s, s.Machine, place), 400, "invalid_request")
		}
		wantError(t, pollFeed(s, s.Machine, "1&after=2"), 400, "invalid_request")
		a := pollFeed(s, s.Machine, "")
		wantStatus(t, a, 200)
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", a.Header)
		}
	})
}

// AT18: whatever ends or changes is told in ids that stand in the token itself, and before whoever ended it is answered.
func TestTheRevocationFeedNamesWhatEnded(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ctx, api := t.Context(), anAPI(s)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		about := func(token string) lptest.Answer {
			return s.PostAs(api, "/oauth/introspect", lptest.Form("token", token))
		}
		family := func(a lptest.Answer, member string) string {
			root, _ := a.JSON["lp_authorization"].(map[string]any)
			id, _ := root[member].(string)
			return id
		}
		stream := openFeed(t, s, api, "")
		stream.until("current")
		want := func(what, name, of, id string) {
			t.Helper()
			_, e := stream.until(name)
			if gotOf, gotID := e.of(); gotOf != of || gotID != id || id == "" && of != "everything" {
				t.Errorf("%s: %s, want %s %s", what, e.data, of, id)
			}
		}
		jwt := s.NewApp("Sample JWT", core.KindMachine)
		jwt.App = s.Switch(jwt, apps.Switches{ClientCredentials: true, TokenFormat: core.FormatJWT})
		want("a switched app", "changed", "app", jwt.ID.String())

		token := s.Token(jwt, "grant_type", "client_credentials").Text("access_token")
		before := about(token)
		s.PostAs(jwt, "/oauth/revoke", lptest.Form("token", token))
		want("a revoked JWT", "revoked", "token", before.Text("jti"))

		person := s.Tokens(s.Web)
		before = about(person.Text("access_token"))
		s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", person.Text("refresh_token")))
		want("a revoked authorization", "revoked", "authorization", family(before, "id"))

		_, shown, err := s.Acts().CreatePersonalToken(ctx, s.Person, s.Web.App, apps.TokenDraft{Name: "Script", Reach: core.Reach{All: true}})
		must(err)
		before = about(shown.Reveal())
		s.Do(s.Request("POST", "/oauth/revoke", "token="+shown.Reveal()))
		want("a personal token", "revoked", "token", before.Text("jti"))

		before = about(s.Tokens(s.Web).Text("access_token"))
		again := s.Web.Request()
		again.Set("prompt", "consent")
		s.SignedIn(s.Person.Email).Authorize(again, lptest.Choice{Accounts: []string{s.First.ID.String()}})
		want("a grant given again", "changed", "grant", family(before, "grant"))
		grant, err := s.Store.Grant(ctx, s.Person.ID, s.Web.ID)
		must(err)
		must(s.Store.RevokeGrant(ctx, grant.ID, s.Person.ID, s.Clock.Now()))
		want("a grant taken back", "revoked", "grant", family(before, "grant"))

		before = about(s.Tokens(s.Public).Text("access_token"))
		if slugs, _ := before.JSON["launchpad_account_slugs"].(map[string]any); slugs[s.First.ID.String()] != s.First.Slug {
			t.Errorf("introspection: %s", before.Body)
		}
		heir := s.NewPerson("heir@example.com", false)
		must(s.Store.AddMember(ctx, heir.ID, s.Second.ID, core.RoleMember, s.Person.ID, s.Clock.Now()))
		want("somebody joined", "changed", "subject", heir.ID.String())

		must(s.Acts().Delete(ctx, s.Person, jwt.ID))
		want("a deleted app", "revoked", "app", jwt.ID.String())
		must(s.Store.LockIdentity(ctx, s.Person.ID, core.ID{}, s.Clock.Now()))
		want("a locked person", "revoked", "subject", before.Text("sub"))
	})
}

// revokeMany revokes tokens from many sides at once and says which.
func revokeMany(t *testing.T, s *lptest.Server, n int) (ids map[string]bool, wait func()) {
	tokens := make([]string, n)
	ids = map[string]bool{}
	for i := range tokens {
		tokens[i] = s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
		ids[s.PostAs(s.Machine, "/oauth/introspect", lptest.Form("token", tokens[i])).Text("jti")] = true
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < n; i += 4 {
				if a := s.PostAs(s.Machine, "/oauth/revoke", lptest.Form("token", tokens[i])); a.Status != 200 {
					t.Errorf("revoke: %d %s", a.Status, a.Body)
				}
			}
		})
	}
	return ids, all.Wait
}

// AT18: a reader that is cut off again and again, and goes on from the last id that it saw, misses nothing.
func TestTheRevocationFeedLosesNothingWhereReadersAreCutOff(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		missingAfterCuts(t, s, s)
	})
}

// AT18: nor does one that finds another node each time.
func TestTheRevocationFeedGoesOnAtAnyNode(t *testing.T) {
	eachPair(t, missingAfterCuts)
}

func missingAfterCuts(t *testing.T, a, b *lptest.Server) {
	api := anAPI(a)
	b.CatchUp()
	missing, wait := revokeMany(t, a, 60)
	last := ""
	for round := 0; len(missing) > 0; round++ {
		if round > 2000 {
			t.Fatalf("%d revocations are never told", len(missing))
		}
		stream := openFeed(t, []*lptest.Server{a, b}[round%2], api, last)
		if stream.status != 200 {
			t.Fatalf("status %d", stream.status)
		}
		for range 2 + round%5 {
			e, ok := stream.next()
			if !ok {
				break
			}
			if e.id != "" {
				last = e.id
			}
			if e.name == "reset" {
				t.Fatal("a reader was told to start over")
			}
			if _, id := e.of(); e.name == "revoked" {
				delete(missing, id)
			}
		}
		stream.end()
	}
	wait()
}

// AT18: a transaction that was open while younger ones got their numbers is told, also to whoever has those already.
func TestTheRevocationFeedTellsOfALateWriter(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *lptest.Server) {
		api := anAPI(a)
		b.CatchUp()
		ids, wait := revokeMany(t, a, 20)
		stream := openFeed(t, b, api, "")
		commit, id := heldRevocation(t, a, a.Tokens(a.Web).Text("access_token"))
		wait()
		for len(ids) > 0 {
			e, ok := stream.next()
			if !ok {
				t.Fatal("the feed ended")
			}
			_, of := e.of()
			delete(ids, of)
		}
		_, beat := stream.until("current")
		commit()
		for _, reader := range []*feedStream{stream, openFeed(t, a, api, beat.id), openFeed(t, b, api, beat.id)} {
			for told := ""; told != id; {
				e, ok := reader.next()
				if !ok {
					t.Fatal("the feed ended")
				}
				_, told = e.of()
			}
		}
	})
}

// AT18, OP07: a reader whose place is no more is told so, and then everything that still matters.
func TestTheRevocationFeedSaysWhenAPlaceIsGone(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		api := anAPI(s)
		revoke := func() string {
			token := s.Token(api, "grant_type", "client_credentials").Text("access_token")
			id := s.PostAs(api, "/oauth/introspect", lptest.Form("token", token)).Text("jti")
			wantStatus(t, s.PostAs(api, "/oauth/revoke", lptest.Form("token", token)), 200)
			return id
		}
		wantGone := func(place string, tells ...string) {
			t.Helper()
			a := pollFeed(s, api, place)
			wantError(t, a, 410, "invalid_request")
			stream := openFeed(t, s, api, place)
			stream.until("reset")
			told, _ := stream.until("current")
			if all := stringsOf(told); !strings.Contains(all, tells[0]) {
				t.Errorf("after a reset: %s, want %s", all, tells[0])
			}
			stream.end()
		}
		first := revoke()
		place := lastPlace(t, s, api, numbered(t, s, api, first))
		wantGone(strings.Replace(place, ".", "0.", 1), first) // a number that is not there yet
		wantGone(place[:strings.Index(place, ".")]+".0123456789abcdef", first)
		wantStatus(t, pollFeed(s, api, place), 200)

		s.Clock.Advance(5 * time.Hour)
		wantStatus(t, pollFeed(s, api, place), 200) // long ago, but nothing was missed
		revokeLater := revoke()
		numbered(t, s, api, revokeLater)
		s.Clock.Advance(5 * time.Hour)
		last := revoke()
		wantGone(place, last)
	})
}

// numbered waits until a revocation has its number and gives the reader's place behind it.
func numbered(t *testing.T, s *lptest.Server, api lptest.App, id string) string {
	t.Helper()
	stream := openFeed(t, s, api, "")
	defer stream.end()
	told := false
	for begun := time.Now(); time.Since(begun) < 10*time.Second; {
		e, ok := stream.next()
		if !ok {
			break
		}
		_, of := e.of()
		told = told || of == id
		if told && e.id != "" && e.id != "0" {
			if a := pollFeed(s, api, e.id); !strings.Contains(a.Body, id) {
				return e.id
			}
		}
	}
	t.Fatal("it never gets a number")
	return ""
}

// lastPlace reads on until nothing comes.
func lastPlace(t *testing.T, s *lptest.Server, api lptest.App, place string) string {
	t.Helper()
	for {
		a := pollFeed(s, api, place)
		wantStatus(t, a, 200)
		if events, _ := a.JSON["events"].([]any); len(events) == 0 && a.Text("next") == place {
			return place
		}
		place = a.Text("next")
	}
}

func stringsOf(events []feedEvent) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString(e.name + " " + e.data + "\n")
	}
	return b.String()
}

// AT18: who polls is told the same, in pages.
func TestTheRevocationFeedCanBePolled(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		api := anAPI(s)
		missing, wait := revokeMany(t, s, 40)
		next := ""
		for round := 0; len(missing) > 0; round++ {
			if round == 1 {
				wait()
			}
			a := pollFeed(s, api, next)
			wantStatus(t, a, 200)
			for id := range missing {
				if strings.Contains(a.Body, id) {
					delete(missing, id)
				}
			}
			if round > 1 && a.JSON["more"] == false && len(missing) > 0 {
				t.Fatalf("everything was acknowledged, and %d are not told: %s", len(missing), a.Body)
			}
			next = a.Text("next")
		}
	})
}

// AT18, CA08: a stream ends with the right to read it, having told so, and with the server.
func TestTheRevocationFeedEndsWithItsReadersRight(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		api := anAPI(s)
		stream := openFeed(t, s, api, "")
		stream.until("current")
		s.Switch(api, apps.Switches{ClientCredentials: true})
		if told := stringsOf(stream.ended()); !strings.Contains(told, api.ID.String()) {
			t.Errorf("the last words were %q", told)
		}
		wantError(t, pollFeed(s, api, ""), 403, "access_denied")

		s.Switch(api, apps.Switches{ClientCredentials: true, Introspection: true})
		draining := openFeed(t, s, api, "")
		draining.until("current")
		s.Drain()
		draining.ended()
		if late := openFeed(t, s, api, ""); late.status != 503 {
			t.Errorf("a stream of a server that ends: %d, want 503", late.status)
		}
	})
}

// AT18: Restarted, the server goes on where the reader was.
func TestTheRevocationFeedGoesOnAfterARestart(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		api := anAPI(s)
		stream := openFeed(t, s, api, "")
		_, e := stream.until("current")
		ids, wait := revokeMany(t, s, 10)
		wait()
		stream.end()
		stream.ended()
		s.Restart()
		again := openFeed(t, s, api, e.id)
		told, _ := again.until("current")
		for id := range ids {
			if !strings.Contains(stringsOf(told), id) {
				t.Errorf("%s is not told after the restart", id)
			}
		}
		again.end()
		again.ended()
	})
}
