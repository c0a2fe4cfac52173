package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// reloads reads the configuration anew at every SIGHUP, until ctx ends. A process whose configuration was made up keeps
// to what SIGHUP does otherwise.
func (p *process) reloads(ctx context.Context) (stop func()) {
	if p.again == nil {
		return func() {}
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
				p.say(p.reload())
			}
		}
	}()
	return func() { signal.Stop(hangups) }
}

// say tells log and terminal what became of it.
func (p *process) say(only []string, err error) {
	switch {
	case err != nil:
		slog.Error("the configuration was not taken over; the old one stays", "cause", err)
		fmt.Fprintln(os.Stdout, "Not reloaded, the old configuration stays:", err)
	case len(only) > 0:
		slog.Warn("the APIs were reloaded; what else has changed takes effect at the next start", "settings", strings.Join(only, ", "))
		fmt.Fprintln(os.Stdout, "The APIs were reloaded. At the next start only:", strings.Join(only, ", "))
	default:
		slog.Info("the APIs were reloaded")
		fmt.Fprintln(os.Stdout, "The APIs were reloaded.")
	}
}

// reload takes the APIs over and names what has changed beside them. Whatever is wrong with the configuration, nothing
// of it is taken.
func (p *process) reload() (only []string, err error) {
	c, err := p.again()
	if err != nil {
		return nil, err
	}
	if err := c.Finish(); err != nil {
		return nil, err
	}
	if err := c.NeedsStart(&p.config); err != nil {
		return nil, err
	}
	list, err := apis(c)
	if err != nil {
		return nil, err
	}
	if err := p.server.LoadAPIs(list); err != nil {
		return nil, c.Located(err)
	}
	return p.config.Unlike(&c), nil
}
