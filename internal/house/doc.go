// Package house holds the rules of the house as tests: which floor a package is on, what it may import, and what
// must not be forgotten when something is added. It has no code of its own.
package house
