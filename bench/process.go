package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a server that was started for the run.
type process struct {
	address string
	command *exec.Cmd
	output  *bufio.Reader
	log     *os.File // what it says on standard error; it has no name any more
}

// How long a server may take to come up and to end.
const (
	startPatience = 30 * time.Second
	stopPatience  = 30 * time.Second
)

// start starts a program. It is killed with ctx, and asked to end by stop.
func start(ctx context.Context, address, program string, arguments ...string) (*process, error) {
	p := &process{address: address, command: exec.CommandContext(ctx, program, arguments...)}
	var err error
	if p.log, err = unnamedFile(); err != nil {
		return nil, err
	}
	p.command.Stderr = p.log
	p.command.WaitDelay = time.Second
	// What interrupts this program at a terminal must not interrupt the servers beside it: a measurement that
	// is cut short would look like one that failed.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.output = bufio.NewReader(output)
	return p, p.command.Start()
}

// unnamedFile is a file that goes with the process: a log of millions of requests does not fit into memory.
func unnamedFile() (*os.File, error) {
	file, err := os.CreateTemp("", "launchpad-bench-log-")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name())
}

// complaints is the end of what it said.
func (p *process) complaints() []byte {
	const most = 4 << 10
	info, err := p.log.Stat()
	if err != nil {
		return nil
	}
	text := make([]byte, min(most, info.Size()))
	_, _ = p.log.ReadAt(text, info.Size()-int64(len(text)))
	return text
}

// line reads the JSON line that the program prints when it is ready.
func (p *process) line(into any) error {
	line, err := p.output.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read first line: %w", err)
	}
	return json.Unmarshal(line, into)
}

// answers waits, with hardly a pause, until a path is answered.
func (p *process) answers(ctx context.Context, path string) error {
	until := time.Now().Add(startPatience)
	for {
		err := p.ask(path)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return p.failed(errors.Join(err, ctx.Err()))
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func (p *process) ask(path string) error {
	c, err := dial(p.address)
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.exchange(get(p.address, path))
	return err
}

// failed ends the process and adds what it complained about.
func (p *process) failed(err error) error {
	p.kill()
	return fmt.Errorf("%s: %w\n%s", p.command.Path, err, p.complaints())
}

// stop asks the process to end and waits for it.
func (p *process) stop() error {
	late := time.AfterFunc(stopPatience, func() { _ = p.command.Process.Kill() })
	defer late.Stop()
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, p.output)
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", p.command.Path, err, p.complaints())
	}
	return nil
}

// kill ends the process without asking. On one that has ended it does nothing.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
