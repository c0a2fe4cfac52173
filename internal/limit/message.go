package limit

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// A message is a version, and for each counter the rule, the length of the key and the key without the zeros at its end,
// the count, and what is left of the window.

const (
	messageVersion = 1
	saidMost       = 8 + 1 + len(Key{}) + 2*binary.MaxVarintLen32
	messageMost    = 1 + mostTold*saidMost
)

var errMessage = errors.New("a message of another node is malformed")

func writeMessage(list []said) []byte {
	b := append(make([]byte, 0, messageMost), messageVersion)
	for _, s := range list {
		key := bytes.TrimRight(s.key[:], "\x00")
		b = binary.BigEndian.AppendUint64(b, s.rule)
		b = append(b, byte(len(key)))
		b = append(b, key...)
		b = binary.AppendUvarint(b, uint64(s.count))
		b = binary.AppendUvarint(b, uint64(s.left))
	}
	return b
}

// readMessage takes what writeMessage writes, and nothing else.
func readMessage(b []byte) ([]said, error) {
	if len(b) == 0 || len(b) > messageMost || b[0] != messageVersion {
		return nil, errMessage
	}
	var list []said
	for b = b[1:]; len(b) > 0; {
		var s said
		if b = s.read(b); b == nil || len(list) == mostTold {
			return nil, errMessage
		}
		list = append(list, s)
	}
	return list, nil
}

// read gives what follows, or nil if it is malformed.
func (s *said) read(b []byte) []byte {
	if len(b) < 9 || int(b[8]) > len(s.key) || len(b) < 9+int(b[8]) {
		return nil
	}
	s.rule = binary.BigEndian.Uint64(b)
	end := 9 + int(b[8])
	if copy(s.key[:], b[9:end]) > 0 && b[end-1] == 0 {
		return nil
	}
	return number32(number32(b[end:], &s.count), &s.left)
}

// number32 reads a number in its shortest form.
func number32(b []byte, to *uint32) []byte {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > 1<<32-1 || size > 1 && b[size-1] == 0 {
		return nil
	}
	*to = uint32(n)
	return b[size:]
}
