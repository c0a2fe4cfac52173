package main

import (
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// describeHost says where and how the figures were made.
func describeHost(b *bench) string {
	return fmt.Sprintf("Measured %s on %s, %d cores, Linux %s, %s, %s, data on %s, load average %s at the start, by\n`%s`.\n",
		time.Now().UTC().Format("2 January 2006"), processor(), runtime.NumCPU(), firstField("/proc/sys/kernel/osrelease"),
		runtime.Version(), b.storage, fileSystem(b.dir), firstField("/proc/loadavg"), commandLine(os.Args[1:]))
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "an unnamed processor"
}

func firstField(file string) string {
	text, err := os.ReadFile(file)
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}

// fileSystem matters because some acknowledge without a disk.
func fileSystem(dir string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "an unknown file system"
	}
	known := map[int64]string{0xEF53: "ext4", 0x58465342: "xfs", 0x9123683E: "btrfs", 0x01021994: "tmpfs (memory!)", 0x794C7630: "overlayfs"}
	if name, ok := known[int64(s.Type)]; ok {
		return name
	}
	return fmt.Sprintf("file system %#x", s.Type)
}

// commandLine leaves out the password of a database.
func commandLine(arguments []string) string {
	line := "go run ./bench"
	for _, a := range arguments {
		if at := strings.Index(a, "postgres"); at >= 0 && strings.Contains(a, "://") {
			if u, err := url.Parse(a[at:]); err == nil {
				a = a[:at] + u.Redacted()
			}
		}
		line += " " + a
	}
	return line
}
