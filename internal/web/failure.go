package web

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"launchpad/oauth"
)

// Failure is an error for a person to read.
type Failure struct {
	Error *oauth.Error
	Trace string
	Asked bool // an app sent the person here with a request, and this is wrong with it
	Again *Again
}

func (Failure) Template() string         { return "failure" }
func (p Failure) Title() (string, []any) { return p.Kind().Heading, nil }

// FailureKind is what happened in the reader's eyes: messages, and what can be done about it here.
type FailureKind struct {
	Heading, Text string // no text: the error's own sentence says it
	Way           string // what the reader can do at once, if anything
	ForDeveloper  bool   // the reader is not who made the mistake; the sentence is for somebody else
	Home          bool   // the start page is a way on
}

var (
	ours    = FailureKind{Heading: "failure.heading_ours", Home: true}
	nowhere = FailureKind{Heading: "failure.heading_page", Home: true}
	tooOld  = FailureKind{Heading: "failure.heading_old", Text: "failure.text_old"}
	over    = FailureKind{Heading: "failure.heading_over"}
	asked   = FailureKind{Heading: "failure.heading_app", Text: "failure.text_app", ForDeveloper: true}
	gone    = FailureKind{Heading: "failure.heading_invitation", Home: true}
	role    = FailureKind{Heading: "failure.heading_role", Home: true}
	other   = FailureKind{Heading: "failure.heading", Home: true}

	tooFast     = FailureKind{Heading: "failure.heading_fast", Text: "failure.text_fast"}
	tried       = FailureKind{Heading: "failure.heading_tried", Text: "failure.text_tried", Way: "failure.way_tried"}
	triedHere   = FailureKind{Heading: "failure.heading_tried", Text: "failure.text_tried_here"}
	triedNearby = FailureKind{Heading: "failure.heading_tried", Text: "failure.text_tried_nearby", Way: "failure.way_tried"}
)

var failureKinds = map[string]FailureKind{
	"page_unknown": nowhere, "app_unknown": nowhere, "account_unknown": nowhere, "member_unknown": nowhere,
	"invitation_over": gone, "role_insufficient": role,
	"form_not_ours":    tooOld,
	"interaction_gone": over, "interaction_elsewhere": over, "decision_used": over,
	"too_many_requests": tooFast,
	"passwords_tried":   tried, "passwords_tried_here": triedHere, "passwords_tried_from_network": triedNearby,
	"client_unknown": asked, "client_id_missing": asked, "redirect_uri_missing": asked, "redirect_uri_mismatch": asked,
}

// Kind tells what happened by the error's slug.
func (p Failure) Kind() FailureKind {
	kind, known := failureKinds[p.Error.Slug]
	switch {
	case p.Error.Status >= http.StatusInternalServerError:
		return ours
	case known:
		return kind
	case p.Asked && p.Error.Code == "invalid_request":
		return asked
	}
	return other
}

// Again is a form to be sent once more: what was typed is kept, but for secrets.
type Again struct {
	Action  string
	Kept    []Pair
	Secrets []Secret
}

// Secret is a field to type anew: its label's message, and what a browser may fill in.
type Secret struct{ Name, Label, Autocomplete string }

// AgainOf keeps a form that was read.
func AgainOf(r *http.Request) *Again {
	again := &Again{Action: r.URL.RequestURI()}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		switch {
		case name == CSRFField: // the page has its own
		case secretField(name):
			again.Secrets = append(again.Secrets, secretOf(name, r.PostForm.Has("current_password")))
		default:
			for _, value := range r.PostForm[name] {
				again.Kept = append(again.Kept, Pair{name, value})
			}
		}
	}
	return again
}

func secretOf(name string, changes bool) Secret {
	switch {
	case name == "current_password":
		return Secret{name, "password.current", "current-password"}
	case changes:
		return Secret{name, "password.new", "new-password"}
	}
	return Secret{name, "signin.password", "on"} // an old one or a new one
}

// secretField tells by its name what is never sent back. A test looks that every form keeps to it.
func secretField(name string) bool { return strings.HasSuffix(name, "password") }

// Wait is how long the reader should wait: the message of the unit, and how many of it.
type Wait struct {
	Message string
	Count   int
}

// Wait is nil if waiting does not help.
func (p Failure) Wait() *Wait {
	wait := p.Error.RetryAfter
	switch {
	case p.Error.Status != http.StatusTooManyRequests:
		return nil
	case wait <= time.Minute:
		return &Wait{"failure.wait_seconds", int(wait / time.Second)}
	}
	return &Wait{"failure.wait_minutes", int((wait + time.Minute - 1) / time.Minute)}
}

// Explained reports whether the manual has more to say than the page itself.
func (p Failure) Explained() bool { return p.Error.Slug != "page_unknown" }

// Word is a piece of a sentence: prose, or a name as it is on the wire.
type Word struct {
	Text string
	Code bool
}

var wireName = regexp.MustCompile(`[a-z]+(?:_[a-z]+)+(?:=\S*\w)?`)

// Sentence is the description as a sentence.
func (p Failure) Sentence() []Word {
	text := p.Error.Description
	if text == "" {
		return nil
	}
	if at := wireName.FindStringIndex(text); at == nil || at[0] > 0 {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	text += "."
	var words []Word
	for _, at := range wireName.FindAllStringIndex(text, -1) {
		begin := len(text) - len(rest(text, words))
		words = append(words, Word{text[begin:at[0]], false}, Word{text[at[0]:at[1]], true})
	}
	return append(words, Word{rest(text, words), false})
}

// rest is what the words have not used up.
func rest(text string, words []Word) string {
	for _, w := range words {
		text = text[len(w.Text):]
	}
	return text
}

// Part is a piece of a text that may differ from the text beside it. One that is missing differs and has no text.
type Part struct {
	Text    string
	Differs bool
}

// Received is what arrived, its differences marked if there is one thing that it should have been.
func (p Failure) Received() []Part { return marked(p.Error.Received, p.Error.Expected) }

// Expected is what should have arrived, likewise, or all that could have.
func (p Failure) Expected() [][]Part {
	several := strings.Split(p.Error.Expected, " or ")
	if len(several) == 1 {
		return [][]Part{marked(p.Error.Expected, p.Error.Received)}
	}
	var list [][]Part
	for _, one := range several {
		list = append(list, []Part{{one, false}})
	}
	return list
}

// marked tells the parts of an address that differ from those of another. What is no address has no marks.
func marked(text, other string) []Part {
	mine, ok := uriParts(text)
	theirs, otherOK := uriParts(other)
	if !ok || !otherOK {
		return []Part{{text, false}}
	}
	var parts []Part
	for i := range mine {
		if mine[i] != "" || theirs[i] != "" {
			parts = append(parts, Part{mine[i], mine[i] != theirs[i]})
		}
	}
	return parts
}

// uriParts cuts an absolute URI into scheme, host, port, path, query and fragment, each with its sign; together they
// are the text again, letter by letter.
func uriParts(text string) (parts [6]string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || !u.IsAbs() || strings.ContainsAny(text, " ") {
		return parts, false
	}
	text, parts[5] = cutBefore(text, "#")
	text, parts[4] = cutBefore(text, "?")
	scheme := len(u.Scheme) + len(":")
	if strings.HasPrefix(text[scheme:], "//") {
		scheme += len("//")
	}
	parts[0], text = text[:scheme], text[scheme:]
	if !strings.HasSuffix(parts[0], "//") {
		parts[3] = text
		return parts, true
	}
	parts[1], parts[3] = cutBefore(text, "/")
	if port := ":" + u.Port(); port != ":" && strings.HasSuffix(parts[1], port) {
		parts[1], parts[2] = strings.TrimSuffix(parts[1], port), port
	}
	return parts, true
}

func cutBefore(text, sign string) (before, from string) {
	if at := strings.Index(text, sign); at >= 0 {
		return text[:at], text[at:]
	}
	return text, ""
}
