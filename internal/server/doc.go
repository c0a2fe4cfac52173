// Package server puts the house together: the one list of rooms, the surfaces that write their errors, the limits
// that every request meets, and the life of the process.
//
// It owns what holds for every route, so that no room can forget it. It may import everything below.
package server
