package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"time"

	"launchpad/bench/drive"
)

// revoke ends keys that are in use, by the command line beside the server, and gives the longest time from the end of
// the command until every node refused what they made.
func (l *load) revoke(ctx context.Context, launch drive.Launch, n int) (longest time.Duration, err error) {
	for i := range 2 * n {
		app := []drive.App{l.facts.Apps.Machine, l.robot}[i%2]
		a, err := l.node().Issue(app)
		if err != nil || !a.OK() {
			return 0, fmt.Errorf("issue: %s %w", a, err)
		}
		_, kid := kidOf(a.Access)
		arguments := []string{"keys", "revoke", kid, "--data", launch.Data}
		if launch.Database != "" {
			arguments = append(arguments, "--database", launch.Database)
		}
		if said, err := exec.CommandContext(ctx, launch.Binary, arguments...).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("revoke: %w\n%s", err, said)
		}
		begun := time.Now()
		for _, node := range l.nodes {
			if err := l.refusing(node, a.Access, begun); err != nil {
				return 0, err
			}
		}
		longest = max(longest, time.Since(begun))
		// There is a successor at once.
		if a, err = l.node().Issue(app); err != nil || !a.OK() {
			return 0, fmt.Errorf("issue after a revocation: %s %w", a, err)
		}
		for _, node := range l.nodes {
			called, err := node.Call(a.Access, l.facts.Accounts[0].Slug)
			l.expect("used after a revocation", called, err, time.Now().Add(time.Minute))
		}
	}
	return longest, nil
}

// refusing asks a node until it refuses a token.
func (l *load) refusing(node *drive.Client, token string, since time.Time) error {
	for time.Since(since) < life/2 {
		a, err := node.Call(token, l.facts.Accounts[0].Slug)
		if err != nil {
			return err
		}
		if a.Status == http.StatusUnauthorized {
			return nil
		}
	}
	return fmt.Errorf("a revoked key's token is good after %s", time.Since(since))
}
