package resource

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// message is one Server-Sent Event.
type message struct{ name, id, data string }

// messageBytes bounds a line and a whole message.
const messageBytes = 64 << 10

var errLongMessage = errors.New("the feed sent a message that is too long")

// messages reads Server-Sent Events (WHATWG HTML, "Server-sent events") and calls each; it ends with the stream, or with the
// first error of each. alive is called for every line, comments too.
func messages(stream io.Reader, alive func(), each func(message) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 0, 4<<10), messageBytes)
	lines.Split(splitLines)
	var m message
	var data []string
	size, first := 0, true
	for lines.Scan() {
		alive()
		line := lines.Text()
		if first {
			line, first = strings.TrimPrefix(line, "\ufeff"), false
		}
		if line == "" {
			m.data = strings.Join(data, "\n")
			// Without data it is no event, but its id counts.
			if len(data) > 0 || m.id != "" {
				if err := each(m); err != nil {
					return err
				}
			}
			m, data, size = message{}, nil, 0
			continue
		}
		if size += len(line); size > messageBytes {
			return errLongMessage
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			m.name = value
		case "data":
			data = append(data, value)
		case "id":
			if !strings.Contains(value, "\x00") {
				m.id = value
			}
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return errLongMessage
	}
	return lines.Err()
}

// splitLines ends lines at LF, CRLF or CR. What is left at the end of the stream was cut off and is no line.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	for i, c := range data {
		switch {
		case c == '\n':
			return i + 1, data[:i], nil
		case c == '\r' && i+1 < len(data):
			if data[i+1] == '\n' {
				return i + 2, data[:i], nil
			}
			return i + 1, data[:i], nil
		case c == '\r' && atEOF:
			return i + 1, data[:i], nil
		}
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}
