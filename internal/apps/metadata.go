package apps

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// What an app that comes by itself says of itself: the body of a registration, or its document. RFC 7591 §2. All of it is
// written by strangers; what is not known is ignored, and what is known must make sense. Errors are *oauth.Error.

// Metadata is what an app may say, as far as we listen.
type Metadata struct {
	ClientID        string
	Name            string
	Homepage        string
	RedirectURIs    []string
	AuthMethod      string // "": it says nothing
	ApplicationType string
	Scope           oauth.Scope

	members map[string]json.RawMessage
}

// Bounds of a document.
const (
	deepest          = 8
	longestScope     = 4000
	mostRegisterURIs = maxRedirectURIs
)

// webAddresses are the members that hold addresses. None is fetched or linked to, and yet none may be what a later version would
// be led astray by: each is checked as if it were.
var webAddresses = []string{
	"client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri", "sector_identifier_uri", "initiate_login_uri",
	"backchannel_logout_uri", "frontchannel_logout_uri", "backchannel_client_notification_endpoint",
}

// webAddressLists are those that hold several.
var webAddressLists = []string{"post_logout_redirect_uris", "request_uris"}

// ReadMetadata reads what an app says of itself. acceptable decides about addresses.
func ReadMetadata(body []byte, acceptable func(address string) error) (Metadata, error) {
	members, err := readMembers(body)
	if err != nil {
		return Metadata{}, oauth.InvalidClientMetadata("metadata_malformed", "what was sent is not a plain JSON object: %v", err)
	}
	m := Metadata{members: members}
	var grants, responses []string
	var scope string
	for _, field := range []struct {
		name string
		into any
	}{
		{"client_id", &m.ClientID}, {"client_name", &m.Name}, {"redirect_uris", &m.RedirectURIs}, {"token_endpoint_auth_method", &m.AuthMethod},
		{"application_type", &m.ApplicationType}, {"scope", &scope}, {"grant_types", &grants}, {"response_types", &responses},
	} {
		if err := m.read(field.name, field.into); err != nil {
			return m, err
		}
	}
	if err := m.checkAddresses(acceptable); err != nil {
		return m, err
	}
	if err := m.read("client_uri", &m.Homepage); err != nil {
		return m, err
	}
	// RFC 7591 §2: how an app gets tokens. What is more than we give to strangers is left out of the answer.
	if len(grants) > 0 && !slices.Contains(grants, "authorization_code") {
		return m, oauth.InvalidClientMetadata("metadata_grant_types", "an app that comes by itself acts for people who let it in: grant_types must have authorization_code").Got(oauth.Printable(fmt.Sprint(grants)), "authorization_code")
	}
	if len(responses) > 0 && !slices.Contains(responses, "code") {
		return m, oauth.InvalidClientMetadata("metadata_response_types", "response_types must have code").Got(oauth.Printable(fmt.Sprint(responses)), "code")
	}
	if len(scope) <= longestScope {
		m.Scope, _ = oauth.ParseScope(scope) // what is none is what nobody asked for
	}
	return m, m.checkRedirects()
}

// has reports whether a member says anything. Empty texts and null say nothing.
func (m Metadata) has(name string) bool {
	raw, there := m.members[name]
	return there && !bytes.Equal(raw, []byte("null")) && !bytes.Equal(raw, []byte(`""`))
}

func (m Metadata) read(name string, into any) error {
	if !m.has(name) {
		return nil
	}
	if err := json.Unmarshal(m.members[name], into); err != nil {
		return oauth.InvalidClientMetadata("metadata_type", "%s is not of the type that it must be", name).Because(err)
	}
	return nil
}

func (m Metadata) checkAddresses(acceptable func(string) error) error {
	for _, name := range webAddresses {
		var address string
		if err := m.read(name, &address); err != nil {
			return err
		}
		if address == "" {
			continue
		}
		if err := acceptable(address); err != nil {
			return oauth.InvalidClientMetadata("metadata_address", "%s cannot be taken: %v; send a public https address, or leave it out", name, err)
		}
	}
	for _, name := range webAddressLists {
		var list []string
		if err := m.read(name, &list); err != nil {
			return err
		}
		for _, address := range list {
			if err := acceptable(address); err != nil {
				return oauth.InvalidClientMetadata("metadata_address", "an address in %s cannot be taken: %v; send public https addresses, or leave it out", name, err)
			}
		}
	}
	return nil
}

func (m Metadata) checkRedirects() error {
	switch {
	case len(m.RedirectURIs) == 0:
		return oauth.InvalidRedirectURI("redirect_uris_missing", "redirect_uris is missing or empty; send the addresses to which people are sent back")
	case len(m.RedirectURIs) > mostRegisterURIs:
		return oauth.InvalidRedirectURI("redirect_uris_many", "there are %d redirect_uris, and at most %d are taken", len(m.RedirectURIs), mostRegisterURIs)
	case m.ApplicationType != "" && m.ApplicationType != "web" && m.ApplicationType != "native":
		return oauth.InvalidClientMetadata("metadata_application_type", "application_type must be web or native").Got(oauth.Printable(m.ApplicationType), "web or native")
	}
	rules := core.KindAgent.Rules()
	for _, uri := range m.RedirectURIs {
		class, err := oauth.CheckAgentRedirectURI(uri)
		switch {
		case err != nil:
			return err
		case !rules.Takes(class):
			return oauth.InvalidRedirectURI("redirect_uri_unacceptable", "this redirect URI cannot be registered: it must begin with https, be http on this computer, or have a scheme of the app's own").Got(oauth.Printable(uri), "https")
		case m.ApplicationType == "web" && (class == oauth.RedirectPrivate || class == oauth.RedirectUnowned):
			return oauth.InvalidRedirectURI("redirect_uri_of_web_app", "an app of the application_type web has no scheme of its own; register it as native").Got(oauth.Printable(uri), "https")
		}
	}
	return nil
}

// readMembers reads one object whose members each come once. Readers differ in which of two they take, and in whether they tell
// large letters from small ones.
func readMembers(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("it does not begin with {")
	}
	if err := plainObject(decoder, 1); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, errors.New("it does not parse")
	}
	return members, nil
}

// plainObject reads to the end of an object.
func plainObject(decoder *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.New("it does not parse")
		}
		if token == json.Delim('}') {
			return nil
		}
		name, _ := token.(string)
		if seen[name] {
			return fmt.Errorf("the member %s comes twice", oauth.Printable(name))
		}
		seen[name] = true
		if token, err = decoder.Token(); err != nil {
			return errors.New("it does not parse")
		}
		if err := plainValue(decoder, token, depth); err != nil {
			return err
		}
	}
}

// plainValue reads what begins with a token to its end.
func plainValue(decoder *json.Decoder, token json.Token, depth int) error {
	if _, nested := token.(json.Delim); nested && depth == deepest {
		return fmt.Errorf("it is nested more than %d levels deep", deepest)
	}
	switch token {
	case json.Delim('{'):
		return plainObject(decoder, depth+1)
	case json.Delim('['):
		for {
			token, err := decoder.Token()
			if err != nil {
				return errors.New("it does not parse")
			}
			if token == json.Delim(']') {
				return nil
			}
			if err := plainValue(decoder, token, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
