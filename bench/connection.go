package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A lean HTTP/1.1 client: what it does not spend, the servers can use. It knows just what the two servers send:
// keep-alive answers with a Content-Length.

// connection is one keep-alive connection. It is used by one goroutine.
type connection struct {
	socket net.Conn
	buffer []byte
	filled int
	uses   int
}

// answer points into its connection's buffer, so it is good until the next exchange.
type answer struct {
	status int
	head   []byte
	body   []byte
}

// refused is an answer that is neither a success nor the redirect that the authorization endpoint succeeds with.
type refused struct {
	status int
	body   string
}

func (r refused) Error() string { return fmt.Sprintf("answered %d: %s", r.status, r.body) }

func dial(address string) (*connection, error) {
	socket, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{socket: socket, buffer: make([]byte, 16<<10)}, nil
}

func (c *connection) close() { _ = c.socket.Close() }

// Setting a deadline costs as much as a small part of a request, so it is done once for many.
const (
	patience   = 5 * time.Minute
	extendEach = 500
)

// exchange sends a request and reads its answer. Whatever is not a success is an error.
func (c *connection) exchange(request []byte) (answer, error) {
	if c.uses%extendEach == 0 {
		if err := c.socket.SetDeadline(time.Now().Add(patience)); err != nil {
			return answer{}, err
		}
	}
	c.uses++
	if _, err := c.socket.Write(request); err != nil {
		return answer{}, err
	}
	a, err := c.read()
	if err != nil {
		return a, err
	}
	if a.status/100 != 2 && a.status != http.StatusFound {
		return a, refused{a.status, string(a.body)}
	}
	return a, nil
}

func (c *connection) read() (answer, error) {
	c.filled = 0
	end := -1
	for end < 0 {
		if err := c.fill(); err != nil {
			return answer{}, err
		}
		end = bytes.Index(c.buffer[:c.filled], []byte("\r\n\r\n"))
	}
	a := answer{head: c.buffer[:end+2]}
	length, err := a.parse()
	if err != nil {
		return a, err
	}
	whole := end + 4 + length
	for c.filled < whole {
		if err := c.fill(); err != nil {
			return a, err
		}
	}
	if c.filled > whole {
		return a, errors.New("more came than the answer")
	}
	a.head, a.body = c.buffer[:end+2], c.buffer[end+4:whole]
	return a, nil
}

func (c *connection) fill() error {
	if c.filled == len(c.buffer) {
		c.buffer = append(c.buffer, make([]byte, len(c.buffer))...)
	}
	n, err := c.socket.Read(c.buffer[c.filled:])
	c.filled += n
	return err
}

// parse reads the status and returns the length of the body.
func (a *answer) parse() (length int, err error) {
	const statusLine = len("HTTP/1.1 200 ")
	if len(a.head) < statusLine {
		return 0, fmt.Errorf("malformed status line %q", a.head)
	}
	if a.status, err = strconv.Atoi(string(a.head[9:12])); err != nil {
		return 0, fmt.Errorf("malformed status line %q", a.head[:statusLine])
	}
	if a.status == http.StatusNoContent {
		return 0, nil
	}
	value := a.header("Content-Length")
	if value == nil {
		return 0, fmt.Errorf("answered %d without Content-Length", a.status)
	}
	return strconv.Atoi(string(value))
}

// header gives the value of a header, spelled as net/http spells it, or nil.
func (a *answer) header(name string) []byte {
	return between(a.head, "\r\n"+name+": ", "\r\n")
}

// member gives the value of a JSON member that is a string without escapes, or nil.
func (a *answer) member(name string) []byte {
	return between(a.body, `"`+name+`":"`, `"`)
}

func between(text []byte, before, after string) []byte {
	_, rest, found := bytes.Cut(text, []byte(before))
	if !found {
		return nil
	}
	value, _, found := bytes.Cut(rest, []byte(after))
	if !found {
		return nil
	}
	return value
}

// Requests are rendered once, before anything is measured.

func get(host, path string, headers ...string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\n" + head(host, headers) + "\r\n")
}

func post(host, path, form string, headers ...string) []byte {
	return append(postHead(host, path, headers...), strconv.Itoa(len(form))+"\r\n\r\n"+form...)
}

// postHead ends where the length of the form goes.
func postHead(host, path string, headers ...string) []byte {
	return []byte("POST " + path + " HTTP/1.1\r\n" + head(host, headers) +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
}

func head(host string, headers []string) string {
	lines := append([]string{"Host: " + host, "User-Agent: bench", "Accept: */*"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n"
}
