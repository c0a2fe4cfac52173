package main

import "strconv"

// changing renders a form whose last value changes from request to request, in a buffer that is used again.
type changing struct {
	head   []byte // up to the value of Content-Length
	form   string // up to the value that changes
	buffer []byte
}

func (c *changing) with(value []byte) []byte {
	b := append(c.buffer[:0], c.head...)
	b = strconv.AppendInt(b, int64(len(c.form)+len(value)), 10)
	b = append(b, "\r\n\r\n"...)
	b = append(b, c.form...)
	b = append(b, value...)
	c.buffer = b
	return b
}
