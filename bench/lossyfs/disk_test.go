package lossyfs

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

// bench is a disk without FUSE before it.
type bench struct {
	*testing.T
	*Disk
}

func newBench(t *testing.T) bench { return bench{t, New(1)} }

func (b bench) check(errno syscall.Errno) {
	b.Helper()
	if errno != 0 {
		b.Fatal(errno)
	}
}

// file finds a file by its name, or makes it.
func (b bench) file(name string) *file {
	b.Helper()
	f := b.root.names[name]
	if f == nil {
		var errno syscall.Errno
		f, errno = b.create(b.root, name, syscall.S_IFREG)
		b.check(errno)
	}
	return f
}

func (b bench) put(name, text string, at int64) {
	b.Helper()
	_, errno := b.write(b.file(name), []byte(text), at)
	b.check(errno)
}

// putSynced writes so that it is kept. Its name may still be lost.
func (b bench) putSynced(name, text string, at int64) {
	b.Helper()
	b.put(name, text, at)
	b.check(b.sync(b.file(name)))
}

func (b bench) syncNames() {
	b.Helper()
	b.check(b.sync(b.root))
}

// holds compares a file's contents, without its zeros.
func (b bench) holds(name, want string) {
	b.Helper()
	got := "nothing"
	if f := b.root.names[name]; f != nil {
		got = string(bytes.ReplaceAll(f.seen, []byte{0}, nil))
	}
	if got != want {
		b.Errorf("%s holds %q, want %q", name, got, want)
	}
}

func TestACutKeepsOnlyWhatWasSynced(t *testing.T) {
	b := newBench(t)
	b.putSynced("nameless", "data", 0)
	b.Cut(false)
	b.holds("nameless", "nothing")

	b.putSynced("file", "first", 0)
	b.syncNames()
	b.put("file", "SECOND", 0)
	b.put("file", "far", 3*pageSize)
	b.put("empty", "data", 0)
	b.syncNames() // not the data
	b.holds("file", "SECONDfar")
	b.Cut(false)
	b.holds("file", "first")
	b.holds("empty", "")
}

func TestNamesGoOverWithTheirDirectory(t *testing.T) {
	b := newBench(t)
	b.putSynced("old", "data", 0)
	b.syncNames()
	move := func(names map[string]*file) { names["new"] = names["old"]; delete(names, "old") }
	b.root.rename(move)
	b.holds("old", "nothing")
	b.holds("new", "data")
	b.Cut(false)
	b.holds("old", "data")
	b.holds("new", "nothing")

	b.root.rename(move)
	b.syncNames()
	b.root.rename(func(names map[string]*file) { delete(names, "new") })
	b.holds("new", "nothing")
	b.Cut(false)
	b.holds("old", "nothing")
	b.holds("new", "data")
}

func TestSizesNeedASyncToo(t *testing.T) {
	b := newBench(t)
	b.putSynced("file", strings.Repeat("x", 2*pageSize), 0)
	b.syncNames()
	b.file("file").resize(100)
	b.holds("file", strings.Repeat("x", 100))
	b.Cut(false)
	b.holds("file", strings.Repeat("x", 2*pageSize))

	b.file("file").resize(100)
	b.putSynced("file", "end", 3*pageSize) // zeros between
	b.Cut(false)
	b.holds("file", strings.Repeat("x", 100)+"end")
}

// Each page arrives whole, torn at a sector, or not at all, and a directory's changes in their order.
func TestACutMayKeepSome(t *testing.T) {
	const pages = 64
	b := newBench(t)
	b.putSynced("file", strings.Repeat("o", pages*pageSize), 0)
	b.syncNames()
	b.put("file", strings.Repeat("n", pages*pageSize), 0)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		b.put(name, "data", 0)
	}
	b.Cut(true)
	found := map[string]int{}
	for page := range pages {
		got := b.file("file").seen[page*pageSize:][:pageSize]
		switch n := bytes.Count(got, []byte("n")); {
		case n == 0:
			found["lost"]++
		case n == pageSize:
			found["whole"]++
		case n%sectorSize == 0 && bytes.HasPrefix(got, bytes.Repeat([]byte("n"), n)):
			found["torn"]++
		default:
			found["wrong"]++
		}
	}
	if found["lost"] == 0 || found["whole"] == 0 || found["torn"] == 0 || found["wrong"] > 0 {
		t.Errorf("pages: %v", found)
	}
	missing := false
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		there := b.root.names[name] != nil
		if there && missing {
			t.Errorf("%s was kept, though not what was made before it", name)
		}
		missing = missing || !there
	}
}

// An fsync that failed does not say so twice, and what it should have written is not there.
func TestAFailedSyncForgets(t *testing.T) {
	b := newBench(t)
	b.putSynced("file", "old", 0)
	b.syncNames()
	b.FailSync(1, false)
	b.put("file", "new", 0)
	if errno := b.sync(b.file("file")); errno != syscall.EIO {
		t.Errorf("fsync: %v, want %v", errno, syscall.EIO)
	}
	if hit := b.Hit(); hit != "fsync of file" {
		t.Errorf("hit is %q", hit)
	}
	b.check(b.sync(b.file("file"))) // as if nothing had happened
	b.holds("file", "new")
	b.Evict()
	b.holds("file", "old")

	b.putSynced("file", "again", 0)
	b.Cut(false)
	b.holds("file", "again")

	b.FailSync(2, true)
	b.check(b.sync(b.root))
	for range 3 {
		if errno := b.sync(b.root); errno != syscall.EIO {
			t.Errorf("fsync: %v, want %v", errno, syscall.EIO)
		}
	}
	b.Release()
	b.check(b.sync(b.root))
}

func TestAFullDiskTakesHalfAWrite(t *testing.T) {
	b := newBench(t)
	b.put("file", "12345678", 0)
	b.Fill(2)
	b.put("file", "x", 0) // needs no space
	b.put("file", "ab", 8)
	if n, errno := b.write(b.file("file"), []byte("cdef"), 10); n != 2 || errno != 0 {
		t.Errorf("write: %d bytes and %v, want 2", n, errno)
	}
	if n, errno := b.write(b.file("file"), []byte("ef"), 12); n != 0 || errno != syscall.ENOSPC {
		t.Errorf("write: %d bytes and %v, want %v", n, errno, syscall.ENOSPC)
	}
	if _, errno := b.create(b.root, "other", syscall.S_IFREG); errno != syscall.ENOSPC {
		t.Errorf("create: %v, want %v", errno, syscall.ENOSPC)
	}
	b.Release()
	b.put("file", "gh", 12)
	b.holds("file", "x2345678abcdgh")
}

func TestADiskThatLiesKeepsNothing(t *testing.T) {
	b := newBench(t)
	b.Lie()
	b.putSynced("file", "data", 0)
	b.syncNames()
	b.holds("file", "data")
	b.Cut(false)
	b.holds("file", "nothing")
}
