// Package durable makes files and directories that survive a power cut: data is on the disk only after fsync of its
// file, a name only after fsync of its directory.
//
// It knows nothing of what it writes, and imports nothing of the house.
package durable
