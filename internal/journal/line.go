package journal

import (
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Line is a line in the making, in the spelling of log/slog. Written by hand: the library's way costs four times as
// much, once for every request.
type Line []byte

// Begin begins a line; b is memory to use again.
func Begin(b []byte, at time.Time, level slog.Level, message string) Line {
	l := append(b[:0], `{"time":"`...)
	l = appendTime(l, at)
	l = append(l, `","level":"`...)
	l = append(l, level.String()...)
	return Line(append(l, '"')).Text("msg", message)
}

// Text adds a member. Names are ours and are written as they are.
func (l Line) Text(name, value string) Line {
	l = append(l.name(name), '"')
	return append(appendEscaped(l, value), '"')
}

// Raw adds members that were made before, by Members.
func (l Line) Raw(members string) Line { return append(l, members...) }

// Members spells members that many lines share, once; pairs are names and values.
func Members(pairs ...string) string {
	var l Line
	for i := 0; i+1 < len(pairs); i += 2 {
		l = l.Text(pairs[i], pairs[i+1])
	}
	return string(l)
}

// Number adds a member.
func (l Line) Number(name string, value int64) Line {
	return strconv.AppendInt(l.name(name), value, 10)
}

// Millis adds a duration in milliseconds, to the microsecond.
func (l Line) Millis(name string, d time.Duration) Line {
	micros := int64(max(0, d/time.Microsecond))
	l = strconv.AppendInt(l.name(name), micros/1000, 10)
	return appendDigits(append(l, '.'), micros%1000, 3)
}

// End makes it a line.
func (l Line) End() []byte { return append(l, "}\n"...) }

// second is a second as RFC 3339 spells it, up to its fraction.
type second struct {
	unix    int64
	spelled string
}

// newest is the last that was asked for: thousands of lines share one, and spelling it costs as much as the rest of a line.
var newest atomic.Pointer[second]

// appendTime spells a time to the microsecond, always with as many digits, so that lines stand below each other.
func appendTime(b []byte, at time.Time) []byte {
	s := newest.Load()
	if s == nil || s.unix != at.Unix() {
		s = &second{at.Unix(), at.UTC().Format("2006-01-02T15:04:05.")}
		newest.Store(s)
	}
	return append(appendDigits(append(b, s.spelled...), int64(at.Nanosecond()/1000), 6), 'Z')
}

// appendDigits writes a number of at most so many digits, with zeros before it.
func appendDigits(b []byte, n int64, digits int) []byte {
	for range digits {
		b = append(b, '0')
	}
	for at := len(b) - 1; n > 0; at-- {
		b[at] = byte('0' + n%10)
		n /= 10
	}
	return b
}

func (l Line) name(name string) Line {
	l = append(l, ',', '"')
	l = append(l, name...)
	return append(l, '"', ':')
}

const hex = "0123456789abcdef"

// appendEscaped leaves printable ASCII as it is and spells everything else: line ends and quotes, which would make lines
// and members of their own, and what a terminal obeys or shows as something else.
func appendEscaped(b []byte, s string) []byte {
	plain := 0
	for plain < len(s) && printable(s[plain]) {
		plain++
	}
	b = append(b, s[:plain]...)
	for _, r := range s[plain:] {
		switch {
		case r < utf8.RuneSelf && printable(byte(r)):
			b = append(b, byte(r))
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r > 0xffff:
			// RFC 8259 §7: beyond the basic plane, a pair of surrogates.
			b = appendUnit(appendUnit(b, 0xd800+(r-0x10000)>>10), 0xdc00+(r-0x10000)&0x3ff)
		default:
			b = appendUnit(b, r)
		}
	}
	return b
}

func printable(c byte) bool { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' }

func appendUnit(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
}
