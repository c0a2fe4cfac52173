package lossyfs

import "strings"

// faults is what is wrong with a disk, and what happened to it since the last cut.
type faults struct {
	syncs, writes int // so far

	failSync   int // the number of the fsync that fails; 0: none
	failAlways bool
	fillAt     int // the number of the write that fills the disk; 0: none
	full       bool
	lies       bool

	hit string // what met the fault first
}

// FailSync makes the n-th fsync from now fail, or every one from the n-th on.
func (d *Disk) FailSync(n int, always bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failSync, d.failAlways, d.hit = d.syncs+n, always, ""
}

// Fill lets the disk be full from the n-th write on that needs space, counted from now.
func (d *Disk) Fill(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fillAt, d.hit = d.writes+n, ""
}

// Release ends all faults.
func (d *Disk) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failSync, d.fillAt, d.full, d.lies = 0, 0, false, false
}

// Lie makes every fsync succeed without doing anything, until the next cut.
func (d *Disk) Lie() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lies = true
}

// Hit says what met the fault first, or nothing.
func (d *Disk) Hit() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hit
}

func (d *Disk) syncFails(f *file) bool {
	d.syncs++
	fails := d.failSync > 0 && (d.syncs == d.failSync || d.failAlways && d.syncs > d.failSync)
	if fails {
		d.met("fsync of " + f.path)
	}
	return fails
}

// admit says how many of the n bytes of a write that needs space find some.
func (d *Disk) admit(f *file, n int) int {
	d.writes++
	switch {
	case d.full:
		return 0
	case d.fillAt > 0 && d.writes >= d.fillAt:
		d.full = true
		d.met("write to " + f.path)
		return n / 2
	}
	return n
}

func (d *Disk) met(what string) {
	if d.hit == "" {
		d.hit = strings.Replace(what, " /", " ", 1)
	}
}
