// Package meter keeps numbers about work: how often, how long, how many at once.
//
// It owns counting without waiting, and without names: whoever works owns the meter, and the server reads it and says
// what it is called (server/metrics.go). So rooms count without knowing who looks. It knows nobody.
package meter
