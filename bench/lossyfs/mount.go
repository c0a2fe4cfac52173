package lossyfs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mount is a disk at a place in the file tree.
type Mount struct {
	server *fuse.Server
}

// Mount shows the disk in an empty directory. It needs /dev/fuse, and root or fusermount3.
func (d *Disk) Mount(dir string) (*Mount, error) {
	d.mu.Lock()
	root := &node{disk: d, file: d.root, life: d.lives}
	d.mu.Unlock()
	server, err := fs.Mount(dir, root, &fs.Options{
		RootStableAttr: &fs.StableAttr{Mode: syscall.S_IFDIR, Ino: root.file.ino},
		MountOptions:   fuse.MountOptions{DirectMount: true, FsName: "lossyfs", Name: "lossyfs"},
	})
	if err != nil {
		return nil, fmt.Errorf("mount a FUSE file system (this needs /dev/fuse, and root or fusermount3): %w", err)
	}
	return &Mount{server}, nil
}

// How long Unmount waits for programs that were just killed to let go.
const (
	unmountTries = 100
	unmountPause = 20 * time.Millisecond
)

// Unmount takes it away again, once nobody has a file of it open.
func (m *Mount) Unmount() error {
	var err error
	for range unmountTries {
		if err = m.server.Unmount(); err == nil {
			return nil
		}
		time.Sleep(unmountPause)
	}
	return fmt.Errorf("unmount: %w", err)
}

// node is a file as FUSE sees it.
type node struct {
	fs.Inode
	disk *Disk
	file *file
	life int
}

// What a node can do. Each takes the disk's lock and asks first whether the power went since.
var (
	_ fs.NodeLookuper  = (*node)(nil)
	_ fs.NodeReaddirer = (*node)(nil)
	_ fs.NodeGetattrer = (*node)(nil)
	_ fs.NodeSetattrer = (*node)(nil)
	_ fs.NodeCreater   = (*node)(nil)
	_ fs.NodeMkdirer   = (*node)(nil)
	_ fs.NodeLinker    = (*node)(nil)
	_ fs.NodeRenamer   = (*node)(nil)
	_ fs.NodeUnlinker  = (*node)(nil)
	_ fs.NodeOpener    = (*node)(nil)
	_ fs.NodeReader    = (*node)(nil)
	_ fs.NodeWriter    = (*node)(nil)
	_ fs.NodeFlusher   = (*node)(nil)
	_ fs.NodeFsyncer   = (*node)(nil)
)

// enter locks the disk. The caller unlocks it in any case.
func (n *node) enter() syscall.Errno {
	n.disk.mu.Lock()
	if n.life != n.disk.lives {
		return syscall.EIO
	}
	return 0
}

func (n *node) leave() { n.disk.mu.Unlock() }

// show gives FUSE the node of a file that lies in this directory.
func (n *node) show(ctx context.Context, f *file, out *fuse.EntryOut) *fs.Inode {
	describe(f, &out.Attr)
	child := &node{disk: n.disk, file: f, life: n.life}
	return n.NewInode(ctx, child, fs.StableAttr{Mode: f.mode & syscall.S_IFMT, Ino: f.ino})
}

func describe(f *file, out *fuse.Attr) {
	out.Ino, out.Mode, out.Size, out.Nlink = f.ino, f.mode, uint64(len(f.seen)), 1
	out.Blocks, out.Blksize = (out.Size+511)/512, pageSize
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return nil, errno
	}
	f := n.file.names[name]
	if f == nil {
		return nil, syscall.ENOENT
	}
	return n.show(ctx, f, out), 0
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return nil, errno
	}
	var list []fuse.DirEntry
	for _, name := range slices.Sorted(maps.Keys(n.file.names)) {
		f := n.file.names[name]
		list = append(list, fuse.DirEntry{Name: name, Mode: f.mode, Ino: f.ino})
	}
	return fs.NewListDirStream(list), 0
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return errno
	}
	describe(n.file, &out.Attr)
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return errno
	}
	if size, ok := in.GetSize(); ok {
		n.file.resize(int64(size))
	}
	if mode, ok := in.GetMode(); ok {
		n.file.mode = n.file.mode&syscall.S_IFMT | mode&0o7777
	}
	describe(n.file, &out.Attr)
	return 0
}

func (n *node) Create(ctx context.Context, name string, _ uint32, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	defer n.leave()
	errno := n.enter()
	if errno != 0 {
		return nil, nil, 0, errno
	}
	f, errno := n.disk.create(n.file, name, syscall.S_IFREG|mode&0o7777)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	return n.show(ctx, f, out), nil, openFlags(f), 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	defer n.leave()
	errno := n.enter()
	if errno != 0 {
		return nil, errno
	}
	f, errno := n.disk.create(n.file, name, syscall.S_IFDIR|mode&0o7777)
	if errno != 0 {
		return nil, errno
	}
	return n.show(ctx, f, out), 0
}

// Link gives a file a second name. A full disk has no room for it.
func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	defer n.leave()
	f := target.(*node).file
	switch errno := n.enter(); {
	case errno != 0:
		return nil, errno
	case n.file.names[name] != nil:
		return nil, syscall.EEXIST
	case n.disk.full:
		return nil, syscall.ENOSPC
	}
	n.file.rename(func(names map[string]*file) { names[name] = f })
	return n.show(ctx, f, out), 0
}

func (n *node) Rename(_ context.Context, from string, parent fs.InodeEmbedder, to string, flags uint32) syscall.Errno {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return errno
	}
	f := n.file.names[from]
	switch {
	case f == nil:
		return syscall.ENOENT
	case parent.(*node).file != n.file:
		return syscall.EXDEV
	case flags != 0:
		return syscall.EINVAL
	}
	f.path = strings.TrimSuffix(f.path, from) + to
	n.file.rename(func(names map[string]*file) { delete(names, from); names[to] = f })
	return 0
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return errno
	}
	n.file.rename(func(names map[string]*file) { delete(names, name) })
	return 0
}

func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	defer n.leave()
	errno := n.enter()
	return nil, openFlags(n.file), errno
}

// openFlags: what is mapped into memory must go through the kernel's cache.
func openFlags(f *file) uint32 {
	if strings.HasSuffix(f.path, "-shm") {
		return 0
	}
	return fuse.FOPEN_DIRECT_IO
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, into []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return nil, errno
	}
	if at >= int64(len(n.file.seen)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(into[:copy(into, n.file.seen[at:])]), 0
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, data []byte, at int64) (uint32, syscall.Errno) {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return 0, errno
	}
	written, errno := n.disk.write(n.file, data, at)
	return uint32(written), errno
}

// Flush is what a close tells. It makes nothing durable.
func (n *node) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	defer n.leave()
	if errno := n.enter(); errno != 0 {
		return errno
	}
	return n.disk.sync(n.file)
}
