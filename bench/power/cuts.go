package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"launchpad/bench/drive"
	"launchpad/bench/lossyfs"
)

const (
	killsFirst = 0.25 // the process dies alone, and the power goes after it has started again and answered
	keepsSome  = 0.5
)

// cuts is the disaster.
type cuts struct {
	disk  *lossyfs.Disk
	mount *lossyfs.Mount
	dir   string
	rand  *rand.Rand
	lies  bool // the disk, while the load runs

	killed bool // the last strike took the process only
}

func newCuts(seed uint64) *cuts {
	return &cuts{disk: lossyfs.New(seed), rand: rand.New(rand.NewPCG(seed, 3))}
}

func (c *cuts) Prepare(l *drive.Launch) error {
	c.dir = filepath.Join(filepath.Dir(l.Data), "disk")
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return fmt.Errorf("prepare disk: %w", err)
	}
	// A directory on the disk, not the disk: its own name has to be kept, too.
	l.Data = filepath.Join(c.dir, "data")
	var err error
	c.mount, err = c.disk.Mount(c.dir)
	return err
}

func (c *cuts) Loading() {
	if c.lies {
		c.disk.Lie()
	}
}

func (c *cuts) Strike(server *drive.Server) error {
	c.killed = !c.killed && !c.lies && c.rand.Float64() < killsFirst
	if c.killed {
		server.Kill()
		return nil
	}
	// The disk first: whatever the server still answers, it answers without a disk.
	c.disk.Cut(c.rand.Float64() < keepsSome)
	server.Kill()
	if err := c.mount.Unmount(); err != nil {
		return err
	}
	var err error
	c.mount, err = c.disk.Mount(c.dir)
	return err
}

func (c *cuts) Returns() bool { return c.killed }

// End leaves a copy of what the disk holds where it was mounted, for those who look for what went wrong.
func (c *cuts) End() error {
	copied := c.dir + ".copy"
	err := os.CopyFS(copied, os.DirFS(c.dir))
	return errors.Join(err, c.mount.Unmount(), os.Remove(c.dir), os.Rename(copied, c.dir))
}
