package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// cpuTime is user and system time together.
type cpuTime = time.Duration

// tick is the unit of /proc/PID/stat. The kernel scales its finer count to it, so only the rounding is coarse.
const tick = 10 * time.Millisecond

// stat is what is needed of /proc/PID/stat.
type stat struct {
	parent   int
	own      cpuTime
	children cpuTime // of those that ended and were waited for
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(text))
}

// parseStat counts the fields from behind the program's name, which may hold blanks and parentheses itself.
func parseStat(text string) (stat, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("stat has %d fields", len(fields))
	}
	var numbers [5]int64
	for i, at := range [...]int{1, 11, 12, 13, 14} {
		n, err := strconv.ParseInt(fields[at], 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("parse stat: %w", err)
		}
		numbers[i] = n
	}
	return stat{
		parent:   int(numbers[0]),
		own:      time.Duration(numbers[1]+numbers[2]) * tick,
		children: time.Duration(numbers[3]+numbers[4]) * tick,
	}, nil
}

// usage is the CPU time of one process.
func (p *process) usage() (cpuTime, error) {
	s, err := readStat(p.command.Process.Pid)
	return s.own, err
}

// treeUsage is the CPU time of a process and all its children, living or ended.
func treeUsage(pid int) (cpuTime, error) {
	root, err := readStat(pid)
	if err != nil {
		return 0, err
	}
	total := root.own + root.children
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		child, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		s, err := readStat(child)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // it ended meanwhile
		case err != nil:
			return 0, err
		case s.parent == pid:
			total += s.own
		}
	}
	return total, nil
}

// residentBytes is the memory of a process that is really there.
func (p *process) residentBytes() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("status has no VmRSS")
}
