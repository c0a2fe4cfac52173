package lossyfs

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
)

// What moves as a whole: a page from memory to disk, and a sector on the disk.
const (
	pageSize   = 4096
	sectorSize = 512
)

// Disk is the machine's disk together with the memory before it. The zero value is not usable; see New.
type Disk struct {
	mu     sync.Mutex
	rand   *rand.Rand
	root   *file
	inodes uint64
	lives  int // counts the cuts: what was opened in an earlier life is dead
	faults
}

// New makes an empty disk. The seed decides what a cut keeps.
func New(seed uint64) *Disk {
	d := &Disk{rand: rand.New(rand.NewPCG(seed, 2))}
	d.root = d.newFile(syscall.S_IFDIR | 0o755)
	d.root.path = "/."
	return d
}

// file is a file or a directory.
type file struct {
	ino  uint64
	mode uint32
	path string // for reports

	seen, kept []byte         // the contents in memory, and on the platter
	dirty      map[int64]bool // pages that the next fsync writes
	missed     map[int64]bool // pages that no fsync will write, because one failed

	names, keptNames map[string]*file
	changes          []change // of names, not yet on the platter
}

// change is one step of a directory, applied to either side.
type change func(names map[string]*file)

func (d *Disk) newFile(mode uint32) *file {
	d.inodes++
	f := &file{ino: d.inodes, mode: mode, dirty: map[int64]bool{}, missed: map[int64]bool{}}
	if f.isDir() {
		f.names, f.keptNames = map[string]*file{}, map[string]*file{}
	}
	return f
}

func (f *file) isDir() bool { return f.mode&syscall.S_IFMT == syscall.S_IFDIR }

func (f *file) rename(c change) {
	c(f.names)
	f.changes = append(f.changes, c)
}

// create makes a new name. mode says of what kind.
func (d *Disk) create(dir *file, name string, mode uint32) (*file, syscall.Errno) {
	if dir.names[name] != nil {
		return nil, syscall.EEXIST
	}
	if d.full {
		return nil, syscall.ENOSPC
	}
	f := d.newFile(mode)
	f.path = dir.path + "/" + name
	if dir == d.root {
		f.path = "/" + name
	}
	dir.rename(func(names map[string]*file) { names[name] = f })
	return f, 0
}

// write returns how much of data found its place.
func (d *Disk) write(f *file, data []byte, at int64) (int, syscall.Errno) {
	if end := at + int64(len(data)); end > int64(len(f.seen)) {
		if room := d.admit(f, len(data)); room < len(data) {
			if room == 0 {
				return 0, syscall.ENOSPC
			}
			data = data[:room]
		}
	}
	end := at + int64(len(data))
	if end > int64(len(f.seen)) {
		f.resize(end)
	}
	copy(f.seen[at:], data)
	for page := at / pageSize; page*pageSize < end; page++ {
		f.dirty[page] = true
	}
	return len(data), 0
}

// resize changes the size that programs see. The zeros of a file that grows have to be written like any data.
func (f *file) resize(size int64) {
	for page := int64(len(f.seen)) / pageSize; page*pageSize < size; page++ {
		f.dirty[page] = true
	}
	for _, pages := range []map[int64]bool{f.dirty, f.missed} {
		maps.DeleteFunc(pages, func(page int64, _ bool) bool { return page*pageSize >= size })
	}
	f.seen = sized(f.seen, size)
}

// sized cuts data off, or fills it up with zeros.
func sized(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size:size]
	}
	return append(data, make([]byte, size-int64(len(data)))...)
}

// sync brings a file's data, or a directory's names, to the platter.
func (d *Disk) sync(f *file) syscall.Errno {
	if d.syncFails(f) {
		for page := range f.dirty {
			f.missed[page] = true
		}
		clear(f.dirty)
		return syscall.EIO
	}
	if d.lies {
		return 0
	}
	f.kept = sized(f.kept, int64(len(f.seen)))
	for page := range f.dirty {
		f.writePage(page, pageSize)
		delete(f.missed, page)
	}
	clear(f.dirty)
	for _, c := range f.changes {
		c(f.keptNames)
	}
	f.changes = nil
	return 0
}

// writePage brings the first n bytes of a page to the platter.
func (f *file) writePage(page int64, n int) {
	from := page * pageSize
	to := min(from+int64(n), int64(len(f.seen)))
	f.kept = sized(f.kept, max(to, int64(len(f.kept))))
	copy(f.kept[from:to], f.seen[from:to])
}

// Cut is the moment at which the power goes: what is not on the platter is gone, and everything open is dead. With some,
// a random part of what was on its way arrived.
func (d *Disk) Cut(some bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lives++
	d.faults = faults{}
	all := collect(nil, d.root)
	if some {
		for _, f := range all {
			d.arrive(f)
		}
	}
	for _, f := range all {
		f.forget()
	}
}

// Evict takes from memory what an fsync failed to write: programs see what is on the platter instead, as they do when
// the kernel needs the memory for something else.
func (d *Disk) Evict() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range collect(nil, d.root) {
		for page := range f.missed {
			if f.dirty[page] {
				continue
			}
			from, to := page*pageSize, min((page+1)*pageSize, int64(len(f.seen)))
			clear(f.seen[from:to])
			if from < int64(len(f.kept)) {
				copy(f.seen[from:to], f.kept[from:])
			}
			delete(f.missed, page)
		}
	}
}

// collect adds everything that has a name on either side, always in the same order.
func collect(list []*file, f *file) []*file {
	if slices.Contains(list, f) {
		return list
	}
	list = append(list, f)
	for _, side := range []map[string]*file{f.names, f.keptNames} {
		for _, name := range slices.Sorted(maps.Keys(side)) {
			list = collect(list, side[name])
		}
	}
	return list
}

// arrive brings a random part of what a file waits for to the platter.
func (d *Disk) arrive(f *file) {
	for _, c := range f.changes[:d.rand.IntN(len(f.changes)+1)] {
		c(f.keptNames)
	}
	if len(f.seen) < len(f.kept) && d.rand.IntN(2) == 0 {
		f.kept = sized(f.kept, int64(len(f.seen)))
	}
	for _, page := range slices.Sorted(maps.Keys(f.dirty)) {
		switch d.rand.IntN(4) {
		case 0:
			f.writePage(page, pageSize)
		case 1:
			f.writePage(page, sectorSize*(1+d.rand.IntN(pageSize/sectorSize-1)))
		}
	}
}

// forget goes back to the platter.
func (f *file) forget() {
	f.seen = slices.Clone(f.kept)
	clear(f.dirty)
	clear(f.missed)
	f.changes = nil
	if f.isDir() {
		f.names = map[string]*file{}
		for name, other := range f.keptNames {
			f.names[name] = other
		}
	}
}
