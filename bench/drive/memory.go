package drive

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory is what a process has of the computer's, in bytes.
type Memory struct{ Now, Most int64 }

// Memory reads it.
func (s *Server) Memory() (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64) // most lines are others
		switch name {
		case "VmRSS":
			m.Now = kilobytes << 10
		case "VmHWM":
			m.Most = kilobytes << 10
		}
	}
	if m.Now == 0 || m.Most == 0 {
		return m, fmt.Errorf("%d has no memory", s.process.Process.Pid)
	}
	return m, nil
}
