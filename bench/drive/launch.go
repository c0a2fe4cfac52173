package drive

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// readyWithin is how long a start may take before it counts as failed.
const readyWithin = 30 * time.Second

// Launch says how to start the demo. Starting it again with the same values goes on with the same data.
type Launch struct {
	Binary   string
	Listen   string // must stay the same: the issuer follows from it, and tokens are bound to the issuer
	Data     string
	Database string // postgres://… or empty for the embedded database
	Log      string // file that the server's log is appended to
	NodeOf   string // issuer whose further node is started, beside the demo that made the data; else the demo itself
	Config   string // configuration file; a further node has no API without one
}

// Beside says how to start a further node of a running demo, on the same database and master key.
func (l Launch) Beside(demo *Server) (Launch, error) {
	var err error
	l.NodeOf = demo.Facts.Issuer
	l.Listen, err = freeAddress()
	return l, err
}

// Server is a running demo.
type Server struct {
	Facts Facts
	Ready time.Duration // from the start of the process until it said that it was ready

	process *exec.Cmd
	exited  chan struct{}
}

// Start starts the demo and waits until it is ready.
func (l Launch) Start(ctx context.Context) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	begun := time.Now()
	s, line, err := l.spawn()
	if err != nil {
		return nil, err
	}
	select {
	case text := <-line:
		s.Ready = time.Since(begun)
		if l.NodeOf != "" {
			return s, nil
		}
		if err := json.Unmarshal(text, &s.Facts); err != nil {
			s.Kill()
			return nil, fmt.Errorf("start server: it said %q instead of its credentials; its log is %s", text, l.Log)
		}
		return s, nil
	case <-ctx.Done():
		s.Kill()
		return nil, fmt.Errorf("start server: not ready: %w; its log is %s", ctx.Err(), l.Log)
	}
}

// StartAndStrike starts the demo and ends it after a while, ready or not.
func (l Launch) StartAndStrike(after time.Duration, strike func(*Server) error) error {
	s, _, err := l.spawn()
	if err != nil {
		return err
	}
	time.Sleep(after)
	return strike(s)
}

// spawn starts the process. Its first line of output comes through the channel, empty if it ends without one.
func (l Launch) spawn() (*Server, <-chan []byte, error) {
	log, err := os.OpenFile(l.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("start server: %w", err)
	}
	defer log.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start server: %w", err)
	}
	defer write.Close()
	args := []string{"demo", "--output", "json"}
	if l.NodeOf != "" {
		args = []string{"serve", "--issuer", l.NodeOf}
	}
	if l.Config != "" {
		args = append(args, "--config", l.Config)
	}
	args = append(args, "--listen", l.Listen, "--data", l.Data)
	if l.Database != "" {
		args = append(args, "--database", l.Database)
	}
	s := &Server{process: exec.Command(l.Binary, args...), exited: make(chan struct{})}
	s.process.Stdout, s.process.Stderr = write, log
	if err := s.process.Start(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("start server: %w", err), read.Close())
	}
	go func() {
		_ = s.process.Wait() // that it was killed is no news
		close(s.exited)
	}()
	line := make(chan []byte, 1)
	go func() {
		defer read.Close()
		text, _ := bufio.NewReader(read).ReadBytes('\n')
		line <- text
	}()
	return s, line, nil
}

// Stop makes the process stand still, wherever it is, and Continue lets it go on.
func (s *Server) Stop() error { return s.process.Process.Signal(syscall.SIGSTOP) }

// Continue undoes Stop.
func (s *Server) Continue() error { return s.process.Process.Signal(syscall.SIGCONT) }

// Kill ends the process as a crash would, and waits until it is gone. A process that ended before is fine.
func (s *Server) Kill() {
	_ = s.process.Process.Signal(syscall.SIGKILL)
	<-s.exited
}
