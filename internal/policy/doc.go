// Package policy answers who may do what to what, in one place and without I/O.
//
// It owns rules that more than one room asks about. It may import F0.
package policy
