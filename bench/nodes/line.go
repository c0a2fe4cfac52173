package main

import (
	"net"
	"sync"
	"time"
)

// line is the way of the second node to the database, and can be disturbed.
type line struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	open  *sync.Cond
	state state
	conns map[net.Conn]bool
}

type state int

const (
	flows  state = iota
	stalls       // bytes wait, in both directions; new connections are taken and wait as well
	isCut        // connections are reset and new ones refused
)

func newLine(target string) (*line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &line{listener: listener, target: target, conns: map[net.Conn]bool{}}
	l.open = sync.NewCond(&l.mu)
	go l.accept()
	return l, nil
}

func (l *line) address() string { return l.listener.Addr().String() }

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.carry(near)
	}
}

func (l *line) carry(near net.Conn) {
	defer l.drop(near)
	if !l.keep(near) {
		return
	}
	far, err := net.DialTimeout("tcp", l.target, 5*time.Second)
	if err != nil {
		return
	}
	defer l.drop(far)
	if !l.keep(far) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.copy(near, far); near.Close(); far.Close() })
	both.Go(func() { l.copy(far, near); near.Close(); far.Close() })
	both.Wait()
}

func (l *line) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && l.pass() {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

// pass waits until bytes may go on, and says whether they may at all.
func (l *line) pass() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.state == stalls {
		l.open.Wait()
	}
	return l.state == flows
}

func (l *line) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == isCut {
		return false
	}
	l.conns[c] = true
	return true
}

func (l *line) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	if tcp, ok := c.(*net.TCPConn); ok && l.state == isCut {
		_ = tcp.SetLinger(0) // a reset, not an orderly end
	}
	c.Close()
}

// set changes how the line is.
func (l *line) set(s state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state = s; s == isCut {
		for c := range l.conns {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			c.Close()
		}
	}
	l.open.Broadcast()
}

func (l *line) close() {
	l.listener.Close()
	l.set(isCut)
}
