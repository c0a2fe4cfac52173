package gateway

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// The body that a server hands out is an error once it is over: whoever knows its end may not ask it again.
func TestABodyThatIsOverIsNotReadAgain(t *testing.T) {
	over := iotest.ErrReader(errors.New("read when it was over"))
	for name, c := range map[string]struct {
		first io.Reader
		left  int64
	}{
		"the end comes with the last byte":  {iotest.DataErrReader(iotest.OneByteReader(strings.NewReader("abc"))), -1},
		"the end comes after the last byte": {iotest.OneByteReader(strings.NewReader("abc")), -1},
		"a length":                          {endless{strings.NewReader("abc")}, 3},
		"a length, byte by byte":            {endless{iotest.OneByteReader(strings.NewReader("abc"))}, 3},
	} {
		sent := &body{ReadCloser: io.NopCloser(&thenOver{c.first, over}), left: c.left}
		got, err := io.ReadAll(sent)
		again, errAgain := io.ReadAll(sent)
		if string(got) != "abc" || err != nil || len(again) > 0 || errAgain != nil || sent.broken.Load() != nil {
			t.Errorf("%s: %q %v, again %q %v", name, got, err, again, errAgain)
		}
	}
}

// thenOver reads from first until that has ended.
type thenOver struct{ first, over io.Reader }

func (r *thenOver) Read(p []byte) (int, error) {
	n, err := r.first.Read(p)
	if err == io.EOF {
		r.first = r.over
	}
	return n, err
}

// endless never says that it ends: what is read after its last byte is an error at once.
type endless struct{ io.Reader }

func (r endless) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("read after the last byte")
	}
	return n, err
}
