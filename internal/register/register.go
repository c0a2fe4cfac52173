package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Path of the endpoint.
const Path = "/oauth/register"

// Room is the endpoint.
type Room struct {
	Strangers *apps.Strangers
	Issuer    string
}

// Routes of the room.
func (g *Room) Routes() []web.Route {
	one := Path + "/{client}"
	return []web.Route{
		{Method: "POST", Path: Path, Surface: web.JSONSurface, AnyOrigin: true, Handle: g.register},
		{Method: "GET", Path: one, Surface: web.JSONSurface, AnyOrigin: true, Handle: g.read},
		{Method: "PUT", Path: one, Surface: web.JSONSurface, AnyOrigin: true, Handle: g.change},
		{Method: "DELETE", Path: one, Surface: web.JSONSurface, AnyOrigin: true, Handle: g.end},
	}
}

func (g *Room) register(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	registered, err := g.Strangers.Register(r.Context(), body)
	switch {
	case errors.Is(err, core.ErrBusy):
		return full(err)
	case err != nil:
		return oauth.Unavailable(fmt.Errorf("register app: %w", err))
	}
	web.RecordOf(w).App = registered.App.ClientID
	return g.answer(w, http.StatusCreated, registered)
}

// fullFor is how long to wait when there is no room.
const fullFor = 10 * time.Minute

func full(cause error) error {
	return oauth.TooManyRequests("registrations_full", fullFor, "so many apps wait to be let in that no more are taken at the moment; wait as long as Retry-After says").Because(cause)
}

func readBody(r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		// RFC 7591 §3.1.
		return nil, oauth.InvalidClientMetadata("metadata_content_type", "a registration is a JSON object; send it with Content-Type: application/json").Got(oauth.Printable(r.Header.Get("Content-Type")), "application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, oauth.MaxBody+1))
	if err != nil {
		return nil, err // too large, or broken off
	}
	return body, nil
}

// read: RFC 7592 §2.1. The secret is not repeated: only its digest is kept.
func (g *Room) read(w http.ResponseWriter, r *http.Request) error {
	registered, err := g.holder(w, r)
	if err != nil {
		return err
	}
	return g.answer(w, http.StatusOK, registered)
}

func (g *Room) change(w http.ResponseWriter, r *http.Request) error {
	registered, err := g.holder(w, r)
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	registered, err = g.Strangers.ChangeRegistration(r.Context(), registered, body)
	if err != nil {
		return gone(err)
	}
	return g.answer(w, http.StatusOK, registered)
}

func (g *Room) end(w http.ResponseWriter, r *http.Request) error {
	registered, err := g.holder(w, r)
	if err != nil {
		return err
	}
	if err := g.Strangers.EndRegistration(r.Context(), registered); err != nil {
		return gone(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// holder finds the registration that the request's token is for. RFC 7592 §2: the same words for a wrong token, another app's and
// an app that does not exist.
func (g *Room) holder(w http.ResponseWriter, r *http.Request) (apps.Registered, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(r.Header["Authorization"]) != 1 {
		return apps.Registered{}, oauth.InvalidToken("registration_token_invalid", "send the registration_access_token of this app in the header Authorization: Bearer")
	}
	client := r.PathValue("client")
	registered, err := g.Strangers.Registration(r.Context(), client, token)
	if err != nil {
		return apps.Registered{}, gone(err)
	}
	web.RecordOf(w).App = client
	return registered, nil
}

func gone(err error) error {
	if errors.Is(err, core.ErrNotFound) {
		return oauth.InvalidToken("registration_token_invalid", "the registration_access_token is not the one of this app, or the app is gone; register it anew").Because(err)
	}
	return oauth.Unavailable(fmt.Errorf("manage registration: %w", err))
}

// document is RFC 7591 §3.2.1 and RFC 7592 §3, without null members.
type document struct {
	ClientID     string   `json:"client_id"`
	IssuedAt     int64    `json:"client_id_issued_at"`
	Secret       string   `json:"client_secret,omitempty"`
	SecretEnds   *int64   `json:"client_secret_expires_at,omitempty"` // required beside a secret; 0: never
	Token        string   `json:"registration_access_token,omitempty"`
	Manage       string   `json:"registration_client_uri,omitempty"`
	Name         string   `json:"client_name"`
	Homepage     string   `json:"client_uri,omitempty"`
	RedirectURIs []string `json:"redirect_uris"`
	Grants       []string `json:"grant_types"`
	Responses    []string `json:"response_types"`
	Method       string   `json:"token_endpoint_auth_method"`
	Application  string   `json:"application_type,omitempty"`
	Scope        string   `json:"scope"`
}

// answer tells what was registered, which may be less than was asked for.
func (g *Room) answer(w http.ResponseWriter, status int, r apps.Registered) error {
	d := document{
		ClientID: r.App.ClientID, IssuedAt: r.App.CreatedAt.Unix(), Name: r.App.Name, Homepage: r.App.HomepageURL, RedirectURIs: r.App.RedirectURIs,
		Grants: []string{"authorization_code", "refresh_token"}, Responses: []string{"code"},
		Method: r.Method, Application: r.ApplicationType, Scope: r.Scope.String(),
	}
	if r.Secret != "" {
		d.Secret, d.SecretEnds = r.Secret.Reveal(), new(int64)
	}
	if r.Token != "" {
		d.Token, d.Manage = r.Token.Reveal(), g.Issuer+Path+"/"+r.App.ClientID
	}
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("write registration: %w", err)
	}
	if status != http.StatusOK {
		w.Header()["Content-Type"] = []string{"application/json;charset=UTF-8"}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, err = w.Write(body)
		return err
	}
	return web.WriteJSON(w, body)
}
