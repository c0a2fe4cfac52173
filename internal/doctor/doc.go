// Package doctor looks at a running deployment from outside, as an agent, a stock library and a browser would, and says
// what each known family of clients would stumble over.
//
// It owns the list of checks, the families of clients, the requests that are made to find out, and the report. It has no
// database and no configuration, sends no secret and registers nothing: whatever it sends must be refused. It may know
// core, for the clock, and no room.
package doctor
