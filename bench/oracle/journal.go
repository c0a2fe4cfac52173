package oracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"launchpad/bench/drive"
)

// phase of a request.
type phase string

const (
	intent  phase = "intent"  // about to be sent
	ack     phase = "ack"     // answered as it should be: the server's word
	refused phase = "refused" // answered otherwise
	unknown phase = "unknown" // no answer, half an answer, or a 5xx
)

// entry is one line of a journal. An intent says what is asked, its outcome what came back.
type entry struct {
	N     int       `json:"n"` // of the request; intent and outcome share it
	Phase phase     `json:"phase"`
	At    time.Time `json:"at"`
	Cycle int       `json:"cycle"`

	Act       act         `json:"act,omitempty"`
	Subject   string      `json:"subject,omitempty"` // what the act is about
	App       string      `json:"app,omitempty"`     // client_id, or an app's id for acts of the portal
	Sent      string      `json:"sent,omitempty"`    // the secret that is presented
	Form      *drive.Form `json:"form,omitempty"`    // of the portal, to be sent again if its answer is lost
	Reach     string      `json:"reach,omitempty"`   // of a consent: an account's id, or all
	MayRefuse bool        `json:"may_refuse,omitempty"`

	Code     string     `json:"code,omitempty"`
	Access   string     `json:"access,omitempty"`
	Refresh  string     `json:"refresh,omitempty"`
	Scope    string     `json:"scope,omitempty"`
	Personal string     `json:"personal,omitempty"`
	Cookies  string     `json:"cookies,omitempty"`
	NewApp   *drive.App `json:"new_app,omitempty"`
	Why      string     `json:"why,omitempty"`
}

// journal is one client's file.
type journal struct {
	file *os.File
	n    int
}

func openJournal(dir, name string) (*journal, error) {
	file, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &journal{file: file}, nil
}

// write appends a line and waits until it is on the disk: an intent must be there before its request is sent.
func (j *journal) write(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// readJournal calls each for every request from an offset on, and returns where it stopped.
func readJournal(path string, from int64, each func(asked, outcome entry)) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return from, fmt.Errorf("read journal: %w", err)
	}
	defer file.Close()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return from, fmt.Errorf("read journal: %w", err)
	}
	var asked entry
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return from, nil
		}
		if err != nil {
			return from, fmt.Errorf("read journal: %w", err)
		}
		var e entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return from, fmt.Errorf("read journal %s: %w", path, err)
		}
		from += int64(len(line))
		switch {
		case e.Phase == intent:
			asked = e
		case e.N != asked.N:
			return from, fmt.Errorf("read journal %s: outcome %d follows intent %d", path, e.N, asked.N)
		default:
			each(asked, e)
		}
	}
}
