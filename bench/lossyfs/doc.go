// Package lossyfs is a file system that forgets, and fails, like a real disk: for tests of what survives a power cut.
//
// A Disk lives in memory and has two sides: what programs see, and what is on the platter. Data goes over with fsync or
// fdatasync of its file, page by page; a name with fsync of its directory. Neither takes the other along: a synced file
// whose name was not synced is gone. Cut goes back to the platter. It may leave a random part of what was on its way:
// pages whole or torn at a sector, sizes, and the first few of a directory's changes, which a journal keeps in order.
//
// Failing works as on Linux (the discovery that became known as fsyncgate): an fsync that fails tells it once. The pages
// count as written from then on, programs still see them, and the next fsync does not write them, unless somebody
// wrote to them again. They are gone with the power, or, after Evict, at once. On a full disk a write that needs
// space is cut in half, and those after it, and new names, get ENOSPC until Release.
//
// Mount shows a Disk through FUSE. Files are read and written past the kernel's cache, except those named …-shm, which
// SQLite maps into memory and which need no durability. Modes are durable at once; renames and links stay in their
// directory; there are no owners, times or symbolic links.
package lossyfs
