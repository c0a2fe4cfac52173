// Command doorkeeper lets a real Doorkeeper issue apps and tokens, imports its database beside a running demo, and then is
// the old clients: they do what they always did.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"

	"launchpad/bench/drive"
)

func main() {
	var source, database string
	flag.StringVar(&source, "source", "", "postgres://… `server` on which Doorkeeper's databases may be made")
	flag.StringVar(&database, "database", "", "postgres://… `server` for Launchpad's own; default: the embedded one")
	flag.Parse()
	drive.Main("doorkeeper", func(ctx context.Context) (bool, error) {
		for _, hashed := range []bool{false, true} {
			good, err := drive.OnStage(ctx, "doorkeeper", "", database, func(dir string, launch drive.Launch) (bool, error) {
				return true, move(ctx, dir, launch, source, hashed)
			})
			if err != nil || !good {
				return false, fmt.Errorf("hashed %t: %w", hashed, err)
			}
			fmt.Printf("doorkeeper: moved, with secrets hashed: %t\n", hashed)
		}
		return true, nil
	})
}

// tokens is an answer of either server.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
}

// clients is what the old clients hold; app.rb prints it.
type clients struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`

	First   tokens `json:"first"` // refreshed into Lost, whose answer nobody has used yet
	Lost    tokens `json:"lost"`
	Wide    tokens `json:"wide"` // of somebody else, with more scopes
	Revoked tokens `json:"revoked"`
	Machine tokens `json:"machine"` // client_credentials
}

func move(ctx context.Context, dir string, launch drive.Launch, source string, hashed bool) (err error) {
	_, old, err := drive.Prepare(ctx, dir, launch.Binary, source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, old.Drop(context.WithoutCancel(ctx))) }()
	held, err := issue(ctx, old.Database, hashed)
	if err != nil {
		return err
	}
	server, err := launch.Start(ctx)
	if err != nil {
		return err
	}
	defer server.Kill()
	s := site{server.Facts, held}
	if err := s.refuses("before the import", held.First, held.Machine); err != nil {
		return err
	}
	args := []string{"doorkeeper", old.Database, "--users-query", "SELECT id, email, name, encrypted_password FROM users", "--everybody",
		"--scope", "public=dashboards:read", "--scope", "write=dashboards:write"}
	if hashed {
		args = append(args, "--tokens", "hashed", "--secrets", "hashed")
	}
	if err := imports(ctx, launch, server.Facts, map[string]int{"person": 2, "app": 1, "token": 4}, append(args, "--dry-run")...); err != nil {
		return errors.Join(fmt.Errorf("dry run:"), err)
	}
	if err := s.refuses("after the dry run", held.First, held.Machine); err != nil {
		return err
	}
	if err := imports(ctx, launch, server.Facts, map[string]int{"person": 2, "app": 1, "token": 4}, args...); err != nil {
		return err
	}
	if err := s.goesOn(); err != nil {
		return err
	}
	if err := imports(ctx, launch, server.Facts, map[string]int{"person": 0, "app": 0, "token": 0}, args...); err != nil {
		return errors.Join(fmt.Errorf("a second time:"), err)
	}
	return s.refuses("after the second import", held.Revoked)
}

// issue runs the Rails application.
func issue(ctx context.Context, database string, hashed bool) (held clients, err error) {
	command := exec.CommandContext(ctx, "/usr/bin/ruby", "e2e/doorkeeper/app.rb")
	command.Env = append(os.Environ(), "DATABASE_URL="+strings.Replace(database, "postgres://", "postgresql://", 1))
	if hashed {
		command.Env = append(command.Env, "HASHED=1")
	}
	command.Stderr = os.Stderr
	said, err := command.Output()
	if err != nil {
		return held, fmt.Errorf("app.rb: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return held, json.Unmarshal([]byte(lines[len(lines)-1]), &held)
}

// imports runs the command and compares how many rows of each kind were new.
func imports(ctx context.Context, launch drive.Launch, f drive.Facts, want map[string]int, args ...string) error {
	command, err := launch.Import(ctx, f, args...)
	if err != nil {
		return err
	}
	said, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("import: %w\n%s", err, said)
	}
	report, err := command.Report()
	if err != nil {
		return err
	}
	for kind, n := range want {
		if got := report[kind]; got.New != n || got.Read == 0 {
			return fmt.Errorf("import: %+v of kind %s, want %d new\n%s", got, kind, n, said)
		}
	}
	return nil
}

// site is the new server, and what its old clients hold.
type site struct {
	drive.Facts
	held clients
}

// goesOn is the whole promise.
func (s site) goesOn() error {
	for _, t := range []tokens{s.held.First, s.held.Lost, s.held.Wide, s.held.Machine} {
		if status, err := s.call(t.Access); err != nil || status != http.StatusOK {
			return errors.Join(fmt.Errorf("an old access token calls the API: %d", status), err)
		}
	}
	// First was refreshed into Lost, which nobody had used there: the first use, which is here, ends First, as it would have there.
	if err := s.refuses("after the import", s.held.Revoked, s.held.First, tokens{Access: s.held.Lost.Refresh, Refresh: s.held.Lost.Access}); err != nil {
		return err
	}
	if err := s.refreshes(s.held.Lost.Refresh); err != nil {
		return err
	}
	// Processes of one client, all at once.
	failed := make([]error, 5)
	var all sync.WaitGroup
	for i := range failed {
		all.Go(func() { failed[i] = s.refreshes(s.held.Wide.Refresh) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// refreshes: an old refresh token, and its successor after it.
func (s site) refreshes(token string) error {
	for range 2 {
		status, t, err := s.refresh(token)
		if err != nil || status != http.StatusOK {
			return errors.Join(fmt.Errorf("an old refresh token refreshes: %d %s", status, t.Error), err)
		}
		if status, err := s.call(t.Access); err != nil || status != http.StatusOK {
			return errors.Join(fmt.Errorf("what it was refreshed into calls the API: %d", status), err)
		}
		token = t.Refresh
	}
	return nil
}

func (s site) refuses(when string, all ...tokens) error {
	for _, t := range all {
		if status, err := s.call(t.Access); err != nil || status != http.StatusUnauthorized {
			return errors.Join(fmt.Errorf("%s, an access token that is no good: %d, want 401", when, status), err)
		}
		if t.Refresh == "" {
			continue
		}
		if status, answer, err := s.refresh(t.Refresh); err != nil || status < 400 || status >= 500 {
			return errors.Join(fmt.Errorf("%s, a refresh token that is no good: %d %+v, want a refusal", when, status, answer), err)
		}
	}
	return nil
}

func (s site) call(token string) (int, error) {
	r, err := http.NewRequest("GET", s.API, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	status, _, err := send(r)
	return status, err
}

func (s site) refresh(token string) (int, tokens, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {s.held.ClientID}, "client_secret": {s.held.ClientSecret}}
	r, err := http.NewRequest("POST", s.Issuer+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, tokens{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(r)
}

func send(r *http.Request) (status int, t tokens, err error) {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, t, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	_ = json.Unmarshal(body, &t) // what the API says is none
	return answer.StatusCode, t, err
}
