package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"launchpad/bench/lossyfs"
)

// machine is a disk and the server that runs on it.
type machine struct {
	binary string
	dir    string
	config string
	listen string
	log    *os.File
	api    *httptest.Server
	disk   *lossyfs.Disk
	mount  *lossyfs.Mount

	process *exec.Cmd
	lines   chan string
	exited  chan struct{}
}

// configuration of the server: one API, for tokens to be tried on.
const configuration = `
sign_up = "open"

[[scope]]
name  = "dashboards:read"
words = "Your dashboards"

[[api]]
prefix   = "/v3/"
upstream = %q
  [[api.route]]
  method = "GET"
  path   = "/v3/dashboards"
  scope  = "dashboards:read"
`

func newMachine(binary, dir string, seed uint64) (*machine, error) {
	m := &machine{binary: binary, dir: dir, config: filepath.Join(dir, "launchpad.toml"), disk: lossyfs.New(seed)}
	m.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return m, err
	}
	m.listen = free.Addr().String()
	err = errors.Join(free.Close(), os.MkdirAll(m.diskDir(), 0o700), os.WriteFile(m.config, fmt.Appendf(nil, configuration, m.api.URL), 0o600))
	if err != nil {
		return m, err
	}
	if m.log, err = os.Create(filepath.Join(dir, "server.log")); err != nil {
		return m, err
	}
	m.mount, err = m.disk.Mount(m.diskDir())
	return m, err
}

func (m *machine) diskDir() string { return filepath.Join(m.dir, "disk") }

func (m *machine) close() error {
	m.kill()
	m.api.Close()
	var err error
	if m.mount != nil {
		err = m.mount.Unmount()
	}
	return errors.Join(err, m.log.Close())
}

// patience is how long a start, and an end, may take.
const patience = 30 * time.Second

var errNotStarted = errors.New("the process ended before it was ready")

// start starts the server and waits until it is ready.
func (m *machine) start() error {
	m.process = exec.Command(m.binary, "serve", "--config", m.config, "--listen", m.listen, "--data", filepath.Join(m.diskDir(), "data"))
	m.process.Stderr = m.log
	out, err := m.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := m.process.Start(); err != nil {
		return err
	}
	lines, exited := make(chan string, 100), make(chan struct{})
	m.lines, m.exited = lines, exited
	go func() {
		for text := bufio.NewScanner(out); text.Scan(); {
			lines <- text.Text()
		}
		close(lines)
		_ = m.process.Wait() // its status is of no interest
		close(exited)
	}()
	_, err = m.hear("Launchpad is ready")
	return err
}

// hear waits for a line with a text.
func (m *machine) hear(text string) (string, error) {
	late := time.After(patience)
	for {
		select {
		case line, open := <-m.lines:
			if !open {
				<-m.exited
				return "", errNotStarted
			}
			if strings.Contains(line, text) {
				return strings.TrimSpace(line), nil
			}
		case <-late:
			return "", fmt.Errorf("the server never said %q", text)
		}
	}
}

func (m *machine) kill() {
	if m.process != nil && m.process.Process != nil {
		_ = m.process.Process.Kill()
		<-m.exited
	}
}

// ends reports whether the process ends by itself.
func (m *machine) ends() bool {
	select {
	case <-m.exited:
		return true
	case <-time.After(patience):
		return false
	}
}

// stop asks the process to end.
func (m *machine) stop() error {
	_ = m.process.Process.Signal(syscall.SIGTERM) // it may have ended before
	if !m.ends() {
		return errors.New("the process does not end")
	}
	return nil
}

// mend ends the fault, and sometimes lets the kernel forget what it could not write.
func (m *machine) mend(chance *rand.Rand) {
	m.disk.Release()
	if chance.IntN(2) == 0 {
		m.disk.Evict()
	}
}

// cut takes the power and gives it back.
func (m *machine) cut() error {
	m.disk.Cut(false)
	m.kill()
	err := m.mount.Unmount()
	if err == nil {
		m.mount, err = m.disk.Mount(m.diskDir())
	}
	return err
}
